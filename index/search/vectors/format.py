"""What stands where in a snapshot file of vectors.

    block 0     as in every snapshot (`snapshot_format`), with a magic of its own
    codes       float32 [n, dimension], the vectors
    sketches    uint8 [n, bits / 8], on which side of the planes each lies (`vectors_planes`)
    planes      float32 [bits, dimension], drawn anew by each process that writes
    centre      float32 [dimension + 1], what the planes go through, and the least distance from it but for strays
    strays      uint32, rows that lie closer to the centre
    ids         int64 [n], ascending
    alive       uint8 [n], 1, or 0 once erased
    sums        uint32, one check sum for each block before it

Erasure makes zeros of a row's `codes` and `sketches`. `centre` is the mean of many: it tells nothing of one.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.arrays import F32, I64
from index.search.engine import id_checksum
from index.search.files import (
    Description,
    Disk,
    Identity,
    Part,
    check_fields,
    decode_front,
    encode_front,
    write_blocks,
)
from index.search.vectors.sketches import distances_from, sketches

_MAGIC: Final = b"TKDNVECT"
_ROWS_PER_STRAY: Final = 1000
"""Rows for each that is compared without its sketch: 0.3 ms of a query at a million."""

_CENTRED_FROM: Final = 256
"""Rows whose mean is stored: a mean of few would tell them. Fewer get planes through the origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorHeader(Description):
    """The description of a snapshot of vectors.

    Attributes:
        dimension: numbers in a vector.
        bits: planes.
        strays: rows that are compared without their sketch.
    """

    dimension: int
    bits: int
    strays: int

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """As the module's docstring shows them."""
        return {
            "codes": (4 * self.dimension, self.count),
            "sketches": (self.bits // 8, self.count),
            "planes": (4 * self.dimension, self.bits),
            "centre": (4, self.dimension + 1),
            "strays": (4, self.strays),
            "ids": (8, self.count),
            "alive": (1, self.count),
        }


def decode_vectors(block: bytes) -> VectorHeader:
    """Reads block 0; raises `DamagedSnapshot` for anything that `write_vectors` did not write."""
    return decode_front(_MAGIC, block, _parsed)


def write_vectors(
    path: Path,
    *,
    identity: Identity,
    planes: F32,
    sequence: int,
    ids: I64,
    vectors: F32,
    disk: Disk,
    stop: Callable[[], bool],
) -> None:
    """Sketches the vectors and writes the file; raises as `write_blocks` does.

    Args:
        path: where the file shall stand.
        identity: family, epoch and key.
        planes: float32 [bits, dimension] (`draw_planes`), a multiple of 8.
        sequence: position in the change log.
        ids: int64 [n], ascending and unique.
        vectors: float32 [n, dimension], of unit length, in the order of `ids`.
        disk: does the writing.
        stop: see `write_blocks`.
    """
    count, dimension = vectors.shape
    centre = np.zeros(dimension, np.float32)
    if count >= _CENTRED_FROM:
        centre = vectors.mean(axis=0, dtype=np.float32)
    lengths = distances_from(vectors, centre)
    closest = count // _ROWS_PER_STRAY
    floor = np.partition(lengths, closest)[closest]
    strays = np.flatnonzero(lengths < floor).astype(np.uint32)
    header = VectorHeader(
        identity=identity,
        sequence=sequence,
        count=count,
        checksum=id_checksum(ids),
        nonce=secrets.randbits(32),
        dimension=dimension,
        bits=len(planes),
        strays=len(strays),
    )

    def sections() -> Iterator[Iterable[Part]]:
        yield [vectors]
        yield sketches(vectors, centre, planes)
        yield [planes]
        yield [centre, np.array([floor], np.float32)]
        yield [strays]
        yield [ids]
        yield [np.ones(count, np.uint8)]

    write_blocks(path, header, encode_front(_MAGIC, header), sections(), disk=disk, stop=stop)


def _parsed(fields: Any) -> VectorHeader:
    """Reads the description; raises what its form provokes, and `ValueError` for values of another kind."""
    identity = fields.pop("identity")
    header = VectorHeader(identity=Identity(**identity), **fields)
    check_fields(fields.values(), identity.values())
    if not header.dimension or not header.count or header.bits % 8 or header.strays > header.count:
        raise ValueError("a snapshot of vectors holds vectors")
    return header
