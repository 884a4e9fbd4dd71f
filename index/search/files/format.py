"""The file format that all kinds of snapshots share: block 0, sections, checksums.

    block 0     magic, format version, length of the header, the header (JSON), SHA-256 of all these
    sections    as the kind of snapshot defines (`index.search.codes.format`, `index.search.vectors.format`)
    sums        uint32, one checksum for each block before it

Each section begins at a multiple of 16 KiB, the length of a block. All numbers are little-endian. Only the header
determines the places of the sections, so there is no second source that could contradict it. Format 1.

The items of a snapshot are its *rows*: row 0 is the item with the smallest id. A row is never moved or removed in
place; erasing it clears its byte in the section `alive`.
"""

import hashlib
import json
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from index.errors import DamagedSnapshot

BLOCK_BYTES: Final = 1 << 14
"""Bytes per checksum of 4 bytes. A block is verified on its first use in 7 us."""

FORMAT: Final = 1

_FRONT: Final = struct.Struct("<8sII")
_DIGEST_BYTES: Final = 32
_MAX_NUMBER: Final = (1 << 64) - 1
_SUM_BYTES: Final = 4

RandomBytes = Callable[[int], bytes]
"""Function that returns the given number of random bytes."""

_Header = TypeVar("_Header")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexIdentity:
    """The properties that all files of one index share. Its field names are stored.

    Attributes:
        family: the code family with its version ("pdq-1", "anchored-1").
        epoch: one life of the database; a restored backup begins a new one.
        key_id: identifies the key that the rows depend on (`RowFormat.key_id`).
    """

    family: str
    epoch: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the file: offset and length in bytes, and bytes per item."""

    offset: int
    length: int
    item_bytes: int

    @property
    def first_block(self) -> int:
        """The block in which the section begins."""
        return self.offset // BLOCK_BYTES

    @property
    def blocks(self) -> range:
        """The numbers of the section's blocks."""
        return range(self.first_block, self.first_block + -(-self.length // BLOCK_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHeader(ABC):
    """The header in block 0 of a snapshot. It never changes after the file was written. Its field names are stored.

    Attributes:
        identity: family, epoch and key.
        sequence: position in the change log up to which the snapshot holds every change.
        count: number of rows, all alive when the file was written.
        checksum: `id_checksum` of the ids of all rows.
        nonce: random uint32 that enters every checksum, so that blocks of another snapshot do not pass.
    """

    identity: IndexIdentity
    sequence: int
    count: int
    checksum: int
    nonce: int

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Bytes per item and number of items of each section but the checksums, in the file's order."""

    @property
    def sections(self) -> dict[str, Section]:
        """The position of each section, in the file's order."""
        out = {}
        offset = BLOCK_BYTES
        for name, (width, items) in self.parts.items():
            out[name] = Section(offset=offset, length=width * items, item_bytes=width)
            offset += -(-width * items // BLOCK_BYTES) * BLOCK_BYTES
        length = _SUM_BYTES * (offset // BLOCK_BYTES)
        out["sums"] = Section(offset=offset, length=length, item_bytes=_SUM_BYTES)
        return out

    @property
    def length(self) -> int:
        """The file's length in bytes."""
        sums = self.sections["sums"]
        return sums.offset + sums.length

    def block_sum(self, data: memoryview | bytes, number: int) -> int:
        """Return the checksum of block `number`: CRC-32 that starts at a value of this snapshot and this block.

        It protects against damage, not against forgery: it detects every burst up to 32 bits, and of other damage all
        but 1 in 2**32, including a block that was moved or taken from another snapshot.
        """
        return zlib.crc32(data, (self.nonce + number) & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDigests:
    """The exact bytes of a snapshot file, as the manifest records them. Its field names are stored.

    Attributes:
        length: the file's length in bytes.
        header: SHA-256 of block 0, as hex.
        sums: SHA-256 of all checksums, as hex.
    """

    length: int
    header: str
    sums: str


def encode_front(magic: bytes, header: SnapshotHeader) -> bytes:
    """Return block 0: the kind of snapshot in 8 bytes, the format, the header and its SHA-256."""
    body = json.dumps(asdict(header), sort_keys=True, separators=(",", ":")).encode()
    front = _FRONT.pack(magic, FORMAT, len(body)) + body
    return (front + hashlib.sha256(front).digest()).ljust(BLOCK_BYTES, b"\0")


def decode_front(magic: bytes, block: bytes, parse: Callable[[Any], _Header]) -> _Header:
    """Read block 0 as `encode_front` writes it.

    Args:
        magic: the kind of snapshot that is expected.
        block: block 0.
        parse: makes the header of the JSON value; may raise `ValueError` and the errors of a value of another shape.

    Raises:
        DamagedSnapshot: `encode_front` did not write the block, or it belongs to another kind of snapshot.
    """
    if len(block) != BLOCK_BYTES:
        raise DamagedSnapshot("a snapshot is shorter than its header")
    found, version, size = _FRONT.unpack_from(block)
    if found != magic:
        raise DamagedSnapshot("a file is not a snapshot")
    if version != FORMAT:
        raise DamagedSnapshot(f"a snapshot has format {version}, this version reads {FORMAT}")
    end = _FRONT.size + size
    if hashlib.sha256(block[:end]).digest() != block[end : end + _DIGEST_BYTES]:
        raise DamagedSnapshot("a snapshot's header does not match its checksum")
    try:
        return parse(json.loads(block[_FRONT.size : end]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise DamagedSnapshot("a snapshot's header does not describe one") from None


def check_fields(numbers: Iterable[object], texts: Iterable[object]) -> None:
    """Raise `ValueError` unless all numbers are integers from 0 to 2**64 - 1 and all texts are strings."""
    if not all(type(number) is int and 0 <= number <= _MAX_NUMBER for number in numbers):
        raise ValueError("a number is not a natural one")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a name is not a text")
