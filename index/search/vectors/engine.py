"""The engine of face templates: unit vectors, found by the angle between them, in files that all processes share.

Its rows are float32 vectors of unit length seen as bytes, uint8 [n, 4 * dimension]; radius and distances are
whole millionths of 1 - cosine. Everything that `filed` says of files, writers, erasure and damage holds.
`propose` meets every vector within the radius with probability 1 - 1e-4 (`VectorProfile.miss`), one that is
well within it practically always, and everything that lies in no large snapshot with certainty.

`InvalidQuery` is raised for vectors that are not finite or not of unit length, by `propose`, `apply` and
`rebuild`: nothing that cannot be compared is ever held or asked for in silence.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Final, Self

from index.arrays import F32, I64, U8
from index.search.engine import FLOAT_BYTES, Role
from index.search.files import BLOCK_BYTES, Disk, FiledIndex, Identity, Pin, Rows, Scanner, Settings
from index.search.vectors.exact import FURTHEST, FlatVectors, as_vectors, check_unit
from index.search.vectors.format import write_vectors
from index.search.vectors.sketches import cut_for, draw_planes
from index.search.vectors.snapshot import VectorProfile, VectorSnapshot

_SEED_BYTES: Final = 32

MAX_DIMENSIONS: Final = BLOCK_BYTES // FLOAT_BYTES
"""A vector fits a block of the file."""

SMALL: Final = VectorProfile(bits=256)
"""Up to 128 dimensions: 32 bytes a face. With the centre off, dlib's impostors differ in half of all bits."""

LARGE: Final = VectorProfile(bits=768)
"""Beyond: 96 bytes a face. At a threshold of .46 with impostors of 0 +- .1, 512 bits leave 5 times the candidates."""

_SMALL_DIMENSIONS: Final = 128


class VectorForm:
    """Implements `Form` for unit vectors of one dimension."""

    furthest = FURTHEST

    def __init__(self, dimension: int, key: bytes, profile: VectorProfile) -> None:
        if not 0 < dimension <= MAX_DIMENSIONS or profile.bits <= 0 or profile.bits % 64:
            raise ValueError("a vector has a dimension, and its sketch whole words")
        self.row_bytes = FLOAT_BYTES * dimension
        digest = hashlib.blake2b(key, digest_size=8, person=b"takedown vectors").hexdigest()
        self.key_id = f"{digest}-{dimension}"
        self._profile = profile
        cut_for(profile.bits, 0.0, profile.miss)  # 0.1 s, once: not in the first query

    def check(self, codes: U8) -> None:
        """Raises `InvalidQuery` unless every row is a finite vector of unit length."""
        check_unit(codes)

    def stored(self, codes: U8) -> Rows:
        """Reads float32 [n, dimension]."""
        return as_vectors(codes)

    def scanner(self, ids: I64, codes: U8) -> Scanner:
        """Compares with all of a few vectors."""
        return FlatVectors(ids, as_vectors(codes))

    def open(self, path: Path, identity: Identity, pin: Pin | None) -> VectorSnapshot:
        """Maps a snapshot of vectors."""
        return VectorSnapshot.open(path, identity, pin, profile=self._profile)

    def write(
        self,
        path: Path,
        *,
        identity: Identity,
        sequence: int,
        ids: I64,
        rows: Rows,
        disk: Disk,
        stop: Callable[[], bool],
    ) -> None:
        """Writes a snapshot with this process's planes."""
        write = partial(write_vectors, path, identity=identity, sequence=sequence, ids=ids, vectors=rows)
        write(planes=self._planes, disk=disk, stop=stop)

    @cached_property
    def _planes(self) -> F32:
        """Drawn by the first writing: who could guess them could look for vectors that crowd a query."""
        return draw_planes(self._profile.bits, self.row_bytes // FLOAT_BYTES, os.urandom(_SEED_BYTES))


class VectorEngine(FiledIndex):
    """A `ProposingEngine` of unit vectors over files."""

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
        """Opens an index's folder; raises as `FiledIndex._open` tells, and `ValueError` for a dimension of none.

        Args:
            folder: the index's own folder; one for each engine's vectors.
            role: `WRITER` for at most one process of the machine.
            family: whose vectors these are: those of two engines are never compared.
            epoch: the database's present life.
            dimension: numbers in a vector, 4096 at most; files of another dimension are another index's.
            key: identifies the deployment's secret (its rotation of the vectors): files of another one are not
                ours. No bit in the files depends on it.
            profile: layout; by default the dimension's own.
            discard: begin with an empty index and remove the files that stand there (writer only).
            disk: changes the files; tests break it.
        """
        chosen = profile or (SMALL if dimension <= _SMALL_DIMENSIONS else LARGE)
        form = VectorForm(dimension, key, chosen)
        settings = Settings(
            identity=Identity(family=family, epoch=epoch, key_id=form.key_id),
            form=form,
            compact_after=chosen.compact_after,
            merge_ratio=chosen.merge_ratio,
        )
        return cls._open(folder, settings, role=role, discard=discard, disk=disk)
