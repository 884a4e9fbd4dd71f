"""The format of a snapshot file of vectors. `index.search.files.format` holds the common part.

    codes       float32 [n, dimension], the vectors
    sketches    uint8 [n, bits / 8], on which side of the planes each vector lies (`sketches`)
    planes      float32 [bits, dimension], drawn by the process that wrote the file
    centre      float32 [dimension + 1], the point that the planes go through, and the smallest distance from it of
                any row but the strays
    strays      uint32, the rows that lie closer to the centre
    ids         int64 [n], ascending
    alive       uint8 [n], 1, or 0 once erased

Erasure overwrites a row's `codes` and `sketches` with zeros. `centre` is the mean of at least 256 vectors and does not
reveal one of them.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.arrays import F32, I64
from index.search.contract import id_checksum
from index.search.files import (
    AnyArray,
    Disk,
    IndexIdentity,
    SnapshotHeader,
    check_fields,
    decode_front,
    encode_front,
    write_blocks,
)
from index.search.vectors.sketches import distances_from, sketches

_MAGIC: Final = b"TKDNVECT"

_ROWS_PER_STRAY: Final = 1000
"""Rows for each stray, which is compared without its sketch: 0.3 ms of a query at a million rows."""

_MIN_ROWS_FOR_MEAN: Final = 256
"""Rows from which their mean is stored: a mean of few would reveal them. With fewer, planes go through the origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorHeader(SnapshotHeader):
    """The header of a snapshot of vectors. Its field names are stored.

    Attributes:
        dimension: numbers in a vector.
        bits: number of planes.
        strays: number of rows that are compared without their sketch.
    """

    dimension: int
    bits: int
    strays: int

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Bytes per item and number of items of each section."""
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
    """Return the header in block 0; raise `DamagedSnapshot` for a block that `write_vectors` did not write."""
    return decode_front(_MAGIC, block, _parse_header)


def write_vectors(
    path: Path,
    *,
    identity: IndexIdentity,
    planes: F32,
    sequence: int,
    ids: I64,
    vectors: F32,
    disk: Disk,
    is_cancelled: Callable[[], bool],
) -> None:
    """Sketch the vectors and write the file; raise as `write_blocks` does.

    Args:
        path: name of the file.
        identity: family, epoch and key.
        planes: float32 [bits, dimension] (`draw_planes`), bits a multiple of 8.
        sequence: position in the change log.
        ids: int64 [n], ascending and unique.
        vectors: float32 [n, dimension], of unit length, in the order of `ids`.
        disk: does the writing.
        is_cancelled: see `write_blocks`.
    """
    count, dimension = vectors.shape
    centre = np.zeros(dimension, np.float32)
    if count >= _MIN_ROWS_FOR_MEAN:
        centre = vectors.mean(axis=0, dtype=np.float32)
    lengths = distances_from(vectors, centre)
    stray_count = count // _ROWS_PER_STRAY
    min_length = np.partition(lengths, stray_count)[stray_count]
    strays = np.flatnonzero(lengths < min_length).astype(np.uint32)
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

    def sections() -> Iterator[Iterable[AnyArray]]:
        yield [vectors]
        yield sketches(vectors, centre, planes)
        yield [planes]
        yield [centre, np.array([min_length], np.float32)]
        yield [strays]
        yield [ids]
        yield [np.ones(count, np.uint8)]

    write_blocks(path, header, encode_front(_MAGIC, header), sections(), disk=disk, is_cancelled=is_cancelled)


def _parse_header(fields: Any) -> VectorHeader:
    """Return the header of a JSON value; raise `ValueError`, or the errors of a value of another shape."""
    identity = fields.pop("identity")
    header = VectorHeader(identity=IndexIdentity(**identity), **fields)
    check_fields(fields.values(), identity.values())
    if (
        not (header.dimension and header.count and header.bits)
        or header.bits % 64
        or header.strays > header.count
    ):
        raise ValueError("a snapshot of vectors holds vectors")
    return header
