"""What all kinds of snapshot files share: block 0, sections, check sums.

    block 0     magic, format version, length of the description, the description (JSON), SHA-256 of all that
    sections    as the kind of snapshot says (`index.search.codes.format`, `index.search.vectors.format`)
    sums        uint32, one check sum for each block before it

Each section begins with a block of 16 KiB. All numbers are little-endian. Where the sections lie follows from
the description alone, so that there is no second statement that could contradict the first. Format 1.
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
"""Bytes under one check sum. Verified on first use in 7 us; 4 bytes of sums in 16,384."""

FORMAT: Final = 1

_FRONT: Final = struct.Struct("<8sII")
_DIGEST_BYTES: Final = 32
_MAX_NUMBER: Final = (1 << 64) - 1
_SUM_BYTES: Final = 4

RandomBytes = Callable[[int], bytes]
"""Returns that many random bytes."""

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What all files of one index agree on.

    Attributes:
        family: which codes these are, with the version that made them ("pdq-1", "anchored-1").
        epoch: one life of the database; a restored backup begins a new one.
        key_id: which bit order the codes are in (`Permutation.key_id`).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Description(ABC):
    """What block 0 of any snapshot says; it never changes after the file was written.

    Attributes:
        identity: family, epoch and key.
        sequence: position in the change log of the last change within.
        count: rows, all alive when the file was written.
        checksum: `id_checksum` of the ids of all rows.
        nonce: random uint32 that enters every check sum: blocks of another snapshot do not pass for ours.
    """

    identity: Identity
    sequence: int
    count: int
    checksum: int
    nonce: int

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """The sections in the file's order, but for the check sums: bytes per item, and items."""

    @property
    def sections(self) -> dict[str, Section]:
        """Where each section lies, in the file's order."""
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
        """The check sum of block `number`: CRC-32 begun at a value of this snapshot and this place.

        Against damage, not against forgery: it catches every burst up to 32 bits and other damage but for
        1 in 2**32, among them a block moved to another place or taken from another snapshot.
        """
        return zlib.crc32(data, (self.nonce + number) & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What the manifest says about a file, so that no older copy passes for it: length and two SHA-256."""

    length: int
    header: str
    sums: str


def encode_front(magic: bytes, header: Description) -> bytes:
    """Writes block 0: the kind of snapshot in 8 bytes, the format, the description and its SHA-256."""
    body = json.dumps(asdict(header), sort_keys=True, separators=(",", ":")).encode()
    front = _FRONT.pack(magic, FORMAT, len(body)) + body
    return (front + hashlib.sha256(front).digest()).ljust(BLOCK_BYTES, b"\0")


def decode_front(magic: bytes, block: bytes, parsed: Callable[[Any], _Read]) -> _Read:
    """Reads what `encode_front` wrote; `parsed` may raise what the form of the fields provokes.

    Raises `DamagedSnapshot` for anything else, and for a snapshot of another kind.
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
        return parsed(json.loads(block[_FRONT.size : end]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise DamagedSnapshot("a snapshot's header does not describe one") from None


def check_fields(numbers: Iterable[object], texts: Iterable[object]) -> None:
    """Raises `ValueError` unless all numbers are natural ones below 2**64 and all texts are texts."""
    if not all(type(number) is int and 0 <= number <= _MAX_NUMBER for number in numbers):
        raise ValueError("a number is not a natural one")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a name is not a text")
