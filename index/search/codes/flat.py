"""The first engine: FAISS `IndexBinaryFlat` over everything, exact at any radius.

It is the small registry's index, the delta of larger ones, and what every other engine is compared with.
Writers copy, then swap one reference: a search that runs beside a writer keeps the index it started with
(adding to a FAISS index that another thread searches is a segmentation fault, design.md section 6).
"""

import threading
from dataclasses import dataclass

import faiss
import numpy as np

from index.arrays import I32, I64, U8
from index.errors import NotReady
from index.search.engine import (
    CODE_BYTES,
    EXACT_RADIUS_BITS,
    PROPOSE_RADIUS_BITS,
    Changes,
    EngineStatus,
    Hits,
    check_changes,
    check_query,
    id_checksum,
    sorted_hits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Everything a search needs, swapped as one reference."""

    sequence: int
    ids: I64
    codes: U8
    index: faiss.IndexBinaryFlat
    checksum: int


def _state(sequence: int, ids: I64, codes: U8) -> _State:
    index = faiss.IndexBinaryFlat(CODE_BYTES * 8)
    if len(ids):
        index.add(np.ascontiguousarray(codes))
    return _State(sequence=sequence, ids=ids, codes=codes, index=index, checksum=id_checksum(ids))


class FlatEngine:
    """A `HashEngine` that scans all codes: about 1.3 ms for a query over a million, 32 bytes a code twice."""

    def __init__(self) -> None:
        self._writer = threading.Lock()
        self._state: _State | None = _state(0, np.empty(0, np.int64), np.empty((0, CODE_BYTES), np.uint8))

    def apply(self, changes: Changes) -> None:
        """Adds and removes codes by building the next state beside the present one."""
        check_changes(changes)
        with self._writer:
            old = self._current()
            if not len(changes.add_ids) and not len(changes.remove_ids):
                self._state = _State(
                    sequence=changes.sequence,
                    ids=old.ids,
                    codes=old.codes,
                    index=old.index,
                    checksum=old.checksum,
                )
                return
            gone = np.concatenate([changes.remove_ids, changes.add_ids])
            keep = ~np.isin(old.ids, gone)
            new = ~np.isin(changes.add_ids, changes.remove_ids)
            self._state = _state(
                changes.sequence,
                np.concatenate([old.ids[keep], changes.add_ids[new]]),
                np.concatenate([old.codes[keep], changes.add_codes[new]]),
            )

    @property
    def can_rebuild(self) -> bool:
        """Is always true: nobody else holds this index."""
        return True

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replaces what is held."""
        check_changes(Changes(sequence=sequence, add_ids=ids, add_codes=codes))
        with self._writer:
            self._current()
            self._state = _state(sequence, ids, codes)

    def verify(self) -> None:
        """Has no files."""

    def search(self, codes: U8, radius: int) -> Hits:
        """Finds all codes within `radius` bits (0 to 31)."""
        check_query(codes, radius, EXACT_RADIUS_BITS)
        return self._scan(codes, radius)

    def propose(self, codes: U8, radius: int) -> Hits:
        """Finds all codes within `radius` bits (0 to 64): a scan misses nothing."""
        check_query(codes, radius, PROPOSE_RADIUS_BITS)
        return self._scan(codes, radius)

    def meeting_probability(self, distance: int) -> float:
        """Is 1 up to the radius of `propose` and 0 beyond it."""
        return 1.0 if distance <= PROPOSE_RADIUS_BITS else 0.0

    def status(self) -> EngineStatus:
        """Tells what the engine holds."""
        state = self._current()
        return EngineStatus(sequence=state.sequence, size=len(state.ids), checksum=state.checksum)

    def close(self) -> None:
        """Drops the codes."""
        with self._writer:
            self._state = None

    def _current(self) -> _State:
        if self._state is None:
            raise NotReady("the engine is closed")
        return self._state

    def _scan(self, codes: U8, radius: int) -> Hits:
        state = self._current()
        # OpenMP's thread count belongs to the calling thread; without this 3/4 of a query is spinning.
        faiss.omp_set_num_threads(1)
        limits, distances, rows = state.index.range_search(np.ascontiguousarray(codes), radius + 1)
        queries = np.repeat(np.arange(len(codes), dtype=np.int32), np.diff(limits.astype(np.int64)))
        found: I32 = distances.astype(np.int32)
        return sorted_hits(queries, state.ids[rows], found)
