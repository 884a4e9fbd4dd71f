"""The mapped snapshot of an index of vectors, and how one query runs over it.

1. Subtract the snapshot's centre from the query, and compute the query's sketch.
2. Compute how many bits may differ so that a vector within the radius is missed with a probability of at most
   `miss_probability` (`sketches`, with the proof). If that is half of all bits or more, sketches exclude too little:
   compare all vectors instead.
3. Find every row whose sketch differs in no more bits. This is a range search, so no number of near rows is cut off. If
   these are more than a sixteenth of all rows, compare all vectors instead.
4. Measure the rows found, and the strays, by their vectors.

All steps run on mapped memory: 2 KB + 96 bytes for a vector of 512 numbers, shared by all processes.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import faiss
import numpy as np

from index.arrays import F32, I32, I64, U8, U32
from index.errors import DamagedSnapshot
from index.search.files import (
    ErasingWrites,
    IndexIdentity,
    MappedSnapshot,
    RandomBytes,
    RowHits,
    Rows,
    SnapshotDigests,
    joined_hits,
    map_file,
)
from index.search.vectors.exact import DISTANCE_SCALE, found_rows, hits_of_query, near_rows, scan
from index.search.vectors.format import VectorHeader, decode_vectors
from index.search.vectors.sketches import max_angle, max_differing_bits

_SCAN_SHARE: Final = 16
"""Above N / 16 candidates comparing all is cheaper: 0.3 us a row out of order, some 0.05 to 0.08 us in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorProfile:
    """The layout of an index of vectors, and how it is searched.

    Attributes:
        bits: number of planes, a multiple of 64 (FAISS compares words).
        scan_up_to: vectors in a snapshot up to which all are compared (20,000 of 512 numbers: 1.7 ms).
        miss_probability: largest probability that a vector within the radius is not found.
        compact_after: number of changes in the overlay from which `needs_compaction` is True. Each batch copies the
            overlay, 10 MB at 5,000 vectors of 512 numbers, and each query compares all of it: 0.4 ms.
        merge_ratio: see `files.maintenance.select_merges`.
    """

    bits: int
    scan_up_to: int = 20_000
    miss_probability: float = 1e-4
    compact_after: int = 5_000
    merge_ratio: int = 8


class VectorSnapshot(MappedSnapshot):
    """A mapped snapshot of vectors."""

    def __init__(self, path: Path, header: VectorHeader, data: U8, descriptor: int) -> None:
        super().__init__(path, header, data, descriptor)
        dimension, bits = header.dimension, header.bits
        self._bits = bits
        self._vectors: F32 = self._section("codes", "<f4").reshape(-1, dimension)
        self._sketches: U8 = self._section("sketches", "u1").reshape(-1, bits // 8)
        self._planes: F32 = self._section("planes", "<f4").reshape(bits, dimension)
        self._centre: F32 = self._section("centre", "<f4")
        self._strays: U32 = self._section("strays", "<u4")
        self._profile = VectorProfile(bits=bits)
        self._counter = threading.Lock()
        self._fallback_scans = 0

    @classmethod
    def open(
        cls,
        path: Path,
        identity: IndexIdentity,
        digests: SnapshotDigests | None,
        *,
        profile: VectorProfile,
        dimension: int,
    ) -> "VectorSnapshot":
        """Map a file and make the checks of `open` (`files.snapshot`, 1.).

        Args:
            path: the file.
            identity: family, epoch and key.
            digests: digests of the file, or None for a file that was just written.
            profile: determines how the file is searched.
            dimension: numbers in a vector; a file of another dimension is damage, because FAISS would read beyond it.
        """
        header, data, descriptor = map_file(path, identity, decode_vectors)
        if header.dimension != dimension:
            os.close(descriptor)
            raise DamagedSnapshot("a snapshot's vectors have another dimension")
        snapshot = cls(path, header, data, descriptor)
        snapshot._check_digests(digests)
        snapshot._profile = profile
        return snapshot

    @property
    def stored_rows(self) -> Rows:
        """The vectors."""
        return self._vectors

    @property
    def fallback_scans(self) -> int:
        """Number of queries for which sketches excluded too little."""
        return self._fallback_scans

    def recall_at(self, distance: int) -> float:
        """Return the recall, which is the same at any distance within the radius of the query."""
        del distance
        return 1.0 if self._is_scanned else 1 - self._profile.miss_probability

    def erasing_writes(self, rows: I64, random_bytes: RandomBytes) -> ErasingWrites:
        """Turn the rows' vectors and sketches into zeros; there are no tables that could reveal them."""
        del random_bytes
        sections = [self.header.sections[name] for name in ("codes", "sketches")]
        return ErasingWrites(
            zeros=tuple(
                (section.offset + section.item_bytes * row, section.item_bytes)
                for section in sections
                for row in rows.tolist()
            )
        )

    @property
    def _is_scanned(self) -> bool:
        return self.header.count <= self._profile.scan_up_to

    def _search(self, queries: Rows, radius: int, _doubtful: Rows | None) -> RowHits:
        parts = [hits_of_query(number, *self._near(query, radius)) for number, query in enumerate(queries)]
        return joined_hits(parts)

    def _check_tables(self) -> None:
        if int(self._strays.max(initial=0)) >= self.header.count:
            raise DamagedSnapshot("a stray row does not exist")
        if not (np.isfinite(self._planes).all() and np.isfinite(self._centre).all()):
            raise DamagedSnapshot("the planes of a snapshot are no planes")

    def _near(self, query: F32, radius: int) -> tuple[I64, I32]:
        """Search for one query (1. to 4.)."""
        if not self._is_scanned:
            rows = self._candidates(query, radius)
            if rows is not None:
                if not self.verifier.complete:
                    self.verifier.ensure_items("codes", rows)
                return near_rows(self._vectors, rows, query, radius)  # 4.
            with self._counter:
                self._fallback_scans += 1
        if not self.verifier.complete:
            self.verifier.ensure_section("codes")
        return scan(self._vectors, query, radius)

    def _candidates(self, query: F32, radius: int) -> I64 | None:
        """Return the rows to measure (1. to 3.), or None if all are to be compared."""
        if not self.verifier.complete:
            for section in ("sketches", "planes", "centre", "strays"):
                self.verifier.ensure_section(section)
        centred = query - self._centre[:-1]  # 1.
        angle = max_angle(
            float(np.linalg.norm(centred)), float(self._centre[-1]), 1 - radius / DISTANCE_SCALE
        )  # 2.
        max_bits = max_differing_bits(self._bits, angle, self._profile.miss_probability)
        if 2 * max_bits >= self._bits:
            return None
        sketch = np.packbits(self._planes @ centred > 0)
        faiss.omp_set_num_threads(1)
        found = faiss.RangeSearchResult(1)
        faiss.hamming_range_search(  # type: ignore[attr-defined]  # 3.
            faiss.swig_ptr(sketch),
            faiss.swig_ptr(self._sketches),
            1,
            len(self._sketches),
            max_bits + 1,
            len(sketch),
            found,
        )
        rows = found_rows(found)
        if len(rows) * _SCAN_SHARE > len(self._sketches):
            return None
        if not len(self._strays):
            return rows
        if int(self._strays.max()) >= len(self._sketches):
            raise DamagedSnapshot("a stray row does not exist")
        return np.union1d(rows, self._strays.astype(np.int64))
