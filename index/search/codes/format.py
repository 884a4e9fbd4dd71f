"""What stands where in a snapshot file of codes, and writing one. `index.search.files` holds what all kinds share.

codes       uint64 [n, 4], permuted
entries     uint32 [chunks * (n + decoys)], the tables' rows (`tables`)
offsets     uint32 [slots + 1], where each bucket begins
ids         int64 [n], ascending
alive       uint8 [n], 1, or 0 once erased
"""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.arrays import I64, U32, U64
from index.search.codes.plans import Plan
from index.search.codes.tables import chunk_entries, decoys_for
from index.search.engine import id_checksum
from index.search.files import (
    Description,
    Disk,
    Identity,
    Part,
    RandomBytes,
    check_fields,
    decode_front,
    encode_front,
    write_blocks,
)

_MAGIC: Final = b"TKDNSNAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Description):
    """The description of a snapshot of codes.

    Attributes:
        plan: how the tables are cut.
        decoys: entries in each chunk's table that belong to no code.
    """

    plan: Plan
    decoys: int

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """As the module's docstring shows them."""
        entries = len(self.plan.widths) * (self.count + self.decoys)
        return {
            "codes": (32, self.count),
            "entries": (4, entries),
            "offsets": (4, self.plan.slots + 1),
            "ids": (8, self.count),
            "alive": (1, self.count),
        }


def encode(header: Header) -> bytes:
    """Writes block 0 of a snapshot of codes."""
    return encode_front(_MAGIC, header)


def decode(block: bytes) -> Header:
    """Reads block 0 of a snapshot of codes; raises `DamagedSnapshot` for anything that `encode` did not write."""
    return decode_front(_MAGIC, block, _parsed)


def write_snapshot(
    path: Path,
    *,
    identity: Identity,
    plan: Plan,
    sequence: int,
    ids: I64,
    words: U64,
    disk: Disk,
    random_bytes: RandomBytes = os.urandom,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Builds the tables and writes a snapshot of codes; raises as `write_blocks` does.

    Args:
        path: where the file shall stand.
        identity: family, epoch and key.
        plan: how to cut the tables.
        sequence: position in the change log.
        ids: int64 [n], ascending and unique.
        words: uint64 [n, 4], permuted codes in the order of `ids`.
        disk: does the writing.
        random_bytes: source of the decoys.
        stop: see `write_blocks`.
    """
    header = Header(
        identity=identity,
        plan=plan,
        sequence=sequence,
        count=len(ids),
        decoys=decoys_for(plan, len(ids)),
        checksum=id_checksum(ids),
        nonce=secrets.randbits(32),
    )
    write_blocks(
        path, header, encode(header), _sections(plan, words, ids, random_bytes), disk=disk, stop=stop
    )


def _sections(plan: Plan, words: U64, ids: I64, random_bytes: RandomBytes) -> Iterator[Iterable[Part]]:
    """The sections of a snapshot of codes; one chunk's table at a time is in memory."""
    yield [words]
    sizes: list[U32] = []
    yield _entries(plan, words, random_bytes, sizes)
    offsets = np.zeros(plan.slots + 1, np.uint32)
    np.cumsum(np.concatenate(sizes) if sizes else np.empty(0), out=offsets[1:], dtype=np.uint32)
    yield [offsets]
    yield [ids]
    yield [np.ones(len(ids), np.uint8)]


def _entries(plan: Plan, words: U64, random_bytes: RandomBytes, sizes: list[U32]) -> Iterator[U32]:
    for entries, chunk_sizes in chunk_entries(plan, words, random_bytes):
        sizes.append(chunk_sizes)
        yield entries


def _parsed(fields: Any) -> Header:
    """Reads the description; raises what its form provokes, and `ValueError` for values of another kind."""
    plan, identity = fields.pop("plan"), fields.pop("identity")
    header = Header(
        identity=Identity(**identity),
        plan=Plan(name=plan["name"], widths=tuple(plan["widths"]), radii=tuple(plan["radii"])),
        **fields,
    )
    check_fields((*plan["widths"], *plan["radii"], *fields.values()), (plan["name"], *identity.values()))
    return header
