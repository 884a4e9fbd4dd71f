"""The engine of face templates: unit vectors, found by the angle between them, in files that all processes share.

A vector crosses the contract as bytes: float32 of unit length, uint8 [n, 4 * dimension]. Radius and distances are whole
millionths of 1 - cosine. All that `index.search.files` says about files, writers, erasure and damage holds. `propose`
finds every vector within the radius with a probability of 1 - 1e-4 (`VectorProfile.miss_probability`). It finds vectors
well within the radius practically always, and vectors that lie in no large snapshot with certainty.

`propose`, `apply` and `rebuild` raise `InvalidQuery` for vectors that are not finite or not of unit length: the engine
never holds or searches a vector that cannot be compared.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Final, Self

from index.arrays import F32, I64, U8
from index.search.contract import FLOAT_BYTES, Role
from index.search.files import (
    BLOCK_BYTES,
    Disk,
    FileEngine,
    FileEngineSettings,
    IndexIdentity,
    MemoryScan,
    Rows,
    SnapshotDigests,
)
from index.search.vectors.exact import MAX_RADIUS, VectorScan, as_vectors, check_unit
from index.search.vectors.format import write_vectors
from index.search.vectors.sketches import draw_planes, max_differing_bits
from index.search.vectors.snapshot import VectorProfile, VectorSnapshot

_SEED_BYTES: Final = 32

MAX_DIMENSIONS: Final = BLOCK_BYTES // FLOAT_BYTES
"""Maximum dimension, because a vector must fit into one block of the file."""

SMALL: Final = VectorProfile(bits=256)
"""Profile up to 128 dimensions: 32 bytes per face. From the centre, dlib's impostors differ in half of all bits."""

LARGE: Final = VectorProfile(bits=768)
"""Profile above 128 dimensions: 96 bytes per face. At a threshold of 0.46 with impostors of 0 +- 0.1, 512 bits would
leave 5 times the candidates."""

_MAX_SMALL_DIMENSIONS: Final = 128


class VectorRowFormat:
    """Implementation of `RowFormat` for unit vectors of one dimension."""

    max_radius = MAX_RADIUS

    def __init__(self, dimension: int, key: bytes, profile: VectorProfile) -> None:
        if not 0 < dimension <= MAX_DIMENSIONS or profile.bits <= 0 or profile.bits % 64:
            raise ValueError("a vector has a dimension, and its sketch whole words")
        self.row_bytes = FLOAT_BYTES * dimension
        self.has_bits = False
        digest = hashlib.blake2b(key, digest_size=8, person=b"takedown vectors").hexdigest()
        self.key_id = f"{digest}-{dimension}"
        self._profile = profile
        # Fill the cache here, which takes 0.1 s once, and not in the first query.
        max_differing_bits(profile.bits, 0.0, profile.miss_probability)

    def check(self, codes: U8) -> None:
        """Raise `InvalidQuery` unless every row is a finite vector of unit length."""
        check_unit(codes)

    def to_rows(self, codes: U8) -> Rows:
        """Return float32 [n, dimension]."""
        return as_vectors(codes)

    def memory_scan(self, ids: I64, codes: U8) -> MemoryScan:
        """Return a search that compares all given vectors."""
        return VectorScan(ids, as_vectors(codes))

    def open(self, path: Path, identity: IndexIdentity, digests: SnapshotDigests | None) -> VectorSnapshot:
        """Map a snapshot of vectors."""
        dimension = self.row_bytes // FLOAT_BYTES
        return VectorSnapshot.open(path, identity, digests, profile=self._profile, dimension=dimension)

    def write(
        self,
        path: Path,
        *,
        identity: IndexIdentity,
        sequence: int,
        ids: I64,
        rows: Rows,
        disk: Disk,
        is_cancelled: Callable[[], bool],
    ) -> None:
        """Write a snapshot with this process's planes."""
        write = partial(write_vectors, path, identity=identity, sequence=sequence, ids=ids, vectors=rows)
        write(planes=self._planes, disk=disk, is_cancelled=is_cancelled)

    @cached_property
    def _planes(self) -> F32:
        """Planes, drawn at the first write. A client that could guess them could find vectors that flood a query."""
        return draw_planes(self._profile.bits, self.row_bytes // FLOAT_BYTES, os.urandom(_SEED_BYTES))


class VectorEngine(FileEngine):
    """A `SearchEngine` of unit vectors over files."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        role: Role,
        family: str,
        epoch: str,
        dimension: int,
        key: bytes = b"",
        profile: VectorProfile | None = None,
        discard: bool = False,
        disk: Disk | None = None,
    ) -> Self:
        """Open an index's folder; raise as `FileEngine._open` does, and `ValueError` for an impossible dimension.

        Args:
            folder: the index's own folder; one for each face engine.
            role: `WRITER` for at most one process of the machine.
            family: name of the face engine's code family: vectors of two engines are never compared.
            epoch: id of the database's current life.
            dimension: numbers in a vector, 1 to 4096; files of another dimension belong to another index.
            key: identifies the deployment's secret (its rotation of the vectors): files of another secret belong to
                another index. No bit in the files depends on it.
            profile: layout of the files; by default the dimension's own.
            discard: begin with an empty index and remove all files of the folder (writer only).
            disk: file operations; tests replace them by failing ones.
        """
        chosen = profile or (SMALL if dimension <= _MAX_SMALL_DIMENSIONS else LARGE)
        row_format = VectorRowFormat(dimension, key, chosen)
        settings = FileEngineSettings(
            identity=IndexIdentity(family=family, epoch=epoch, key_id=row_format.key_id),
            row_format=row_format,
            compact_after=chosen.compact_after,
            merge_ratio=chosen.merge_ratio,
        )
        return cls._open(folder, settings, role=role, discard=discard, disk=disk)
