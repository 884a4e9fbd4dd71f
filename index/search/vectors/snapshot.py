"""The snapshot of an index of vectors, and how one query runs over it.

1. Take the snapshot's centre off the query, and see on which side of the planes it lies.
2. Allow so many differing bits that a vector within the radius is missed with probability `miss` at most
   (`vectors_planes`, with the proof). Where nearly half of all bits would be allowed, sketches tell nothing:
   compare all vectors instead.
3. Fetch every row whose sketch differs in no more bits: a range search, so that no crowd of near rows is ever
   cut off. Where that is a sixteenth of all rows, compare all instead.
4. Measure the rows found, and the strays, by their vectors.

All of it runs on mapped memory: 2 KB + 96 bytes a vector of 512, shared by all processes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import faiss
import numpy as np

from index.arrays import F32, I32, I64, U8, U32
from index.errors import DamagedSnapshot
from index.search.files import Found, Identity, MappedSnapshot, Pin, Rows, joined, map_file
from index.search.vectors.exact import MILLION, found_by, labels_of, nearest_of, scan
from index.search.vectors.format import VectorHeader, decode_vectors
from index.search.vectors.sketches import cut_for, greatest_angle

_SCAN_SHARE: Final = 16
"""Above N / 16 candidates a scan is cheaper: 0.3 us a row out of order, some 0.05 to 0.08 us in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorProfile:
    """How an index of vectors lays out its files and searches them.

    Attributes:
        bits: planes, a multiple of 64 (FAISS compares words).
        scan_up_to: vectors in a snapshot up to which all are compared (20,000 of 512: 1.7 ms).
        miss: the greatest probability that a vector within the radius is not met.
        compact_after: changes in the overlay from which on `needs_compaction` is true. Each batch copies the
            overlay, 10 MB at 5,000 vectors of 512, and each query scans it: 0.4 ms.
        merge_ratio: see `compaction.select`.
    """

    bits: int
    scan_up_to: int = 20_000
    miss: float = 1e-4
    compact_after: int = 5_000
    merge_ratio: int = 8


class VectorSnapshot(MappedSnapshot):
    """A mapped snapshot of vectors."""

    def __init__(self, path: Path, header: VectorHeader, data: U8, descriptor: int) -> None:
        super().__init__(path, header, data, descriptor)
        dimension, bits = header.dimension, header.bits
        self._header = header
        self._vectors: F32 = self._part("codes", "<f4").reshape(-1, dimension)
        self._sketches: U8 = self._part("sketches", "u1").reshape(-1, bits // 8)
        self._planes: F32 = self._part("planes", "<f4").reshape(bits, dimension)
        self._centre: F32 = self._part("centre", "<f4")
        self._strays: U32 = self._part("strays", "<u4")
        self._profile = VectorProfile(bits=bits)
        self._counter = threading.Lock()
        self._fallback_scans = 0

    @classmethod
    def open(
        cls, path: Path, identity: Identity, pin: Pin | None, *, profile: VectorProfile
    ) -> "VectorSnapshot":
        """Maps a file and makes the checks of `mapped`'s step 1; `profile` says how it is searched."""
        snapshot = cls(path, *map_file(path, identity, decode_vectors))
        snapshot._check_pin(pin)
        snapshot._profile = profile
        return snapshot

    @property
    def stored(self) -> Rows:
        """The vectors."""
        return self._vectors

    @property
    def fallback_scans(self) -> int:
        """Queries of which the sketches told too little."""
        return self._fallback_scans

    def meeting_probability(self, distance: int) -> float:
        """The same at any distance within the radius that was asked for."""
        del distance
        return 1.0 if self._is_scanned else 1 - self._profile.miss

    def writes_to_erase(
        self, rows: I64, random_bytes: Callable[[int], bytes]
    ) -> tuple[list[tuple[int, bytes]], list[tuple[int, int]]]:
        """Makes zeros of the rows' vectors and sketches; no table tells where they lay."""
        del random_bytes
        parts = [self._header.sections[name] for name in ("codes", "sketches")]
        zeros = [
            (part.offset + part.item_bytes * row, part.item_bytes) for part in parts for row in rows.tolist()
        ]
        return [], zeros

    @property
    def _is_scanned(self) -> bool:
        return self._header.count <= self._profile.scan_up_to

    def _search(self, queries: Rows, radius: int) -> Found:
        parts = [found_by(number, *self._near(query, radius)) for number, query in enumerate(queries)]
        return joined(parts)

    def _near(self, query: F32, radius: int) -> tuple[I64, I32]:
        """Steps 1 to 4 for one query."""
        if not self._is_scanned:
            rows = self._candidates(query, radius)
            if rows is not None:
                if not self.guard.complete:
                    self.guard.need("codes", rows)
                return nearest_of(self._vectors, rows, query, radius)  # 4.
            with self._counter:
                self._fallback_scans += 1
        if not self.guard.complete:
            self.guard.need_all("codes")
        return scan(self._vectors, query, radius)

    def _candidates(self, query: F32, radius: int) -> I64 | None:
        """Steps 1 to 3; None where all are to be compared."""
        if not self.guard.complete:
            for section in ("sketches", "planes", "centre", "strays"):
                self.guard.need_all(section)
        centred = query - self._centre[:-1]  # 1.
        share = greatest_angle(
            float(np.linalg.norm(centred)), float(self._centre[-1]), 1 - radius / MILLION
        )  # 2.
        cut = cut_for(self._header.bits, share, self._profile.miss)
        if 2 * cut >= self._header.bits:
            return None
        sketch = np.packbits(self._planes @ centred > 0)
        faiss.omp_set_num_threads(1)
        found = faiss.RangeSearchResult(1)
        faiss.hamming_range_search(  # type: ignore[attr-defined]  # 3.
            faiss.swig_ptr(sketch),
            faiss.swig_ptr(self._sketches),
            1,
            len(self._sketches),
            cut + 1,
            len(sketch),
            found,
        )
        rows = labels_of(found)
        if len(rows) * _SCAN_SHARE > len(self._sketches):
            return None
        if not len(self._strays):
            return rows
        if int(self._strays.max()) >= len(self._sketches):
            raise DamagedSnapshot("a stray row does not exist")
        return np.union1d(rows, self._strays.astype(np.int64))
