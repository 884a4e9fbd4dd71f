"""The engine in memory: FAISS `IndexBinaryFlat` over all codes, exact at any radius.

It is the reference that every other engine is compared with (`tests/congruence`), the search over the codes that are
in no file yet, and the smallest example of an engine.

Writers build a copy, then replace one reference: a concurrent search keeps the index that it began with. Adding to a
FAISS index that another thread searches is a segmentation fault.
"""

import threading
from dataclasses import dataclass

import faiss
import numpy as np

from index.arrays import I32, I64, U8
from index.errors import NotReady
from index.search.contract import (
    CODE_BYTES,
    EXACT_RADIUS_BITS,
    MAX_RADIUS_BITS,
    Changes,
    EngineStatus,
    Hits,
    Role,
    check_changes,
    check_doubtful,
    check_query,
    id_checksum,
    sorted_hits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FlatState:
    """The data that a search needs, replaced as one reference."""

    sequence: int
    ids: I64
    codes: U8
    index: faiss.IndexBinaryFlat
    checksum: int


def _state_of(sequence: int, ids: I64, codes: U8) -> _FlatState:
    index = faiss.IndexBinaryFlat(CODE_BYTES * 8)
    if len(ids):
        index.add(np.ascontiguousarray(codes))
    return _FlatState(sequence=sequence, ids=ids, codes=codes, index=index, checksum=id_checksum(ids))


class FlatEngine:
    """A `SearchEngine` that compares all codes: about 1.3 ms for a query over a million; twice 32 bytes a code."""

    def __init__(self) -> None:
        self._writer = threading.Lock()
        self._state: _FlatState | None = _state_of(
            0, np.empty(0, np.int64), np.empty((0, CODE_BYTES), np.uint8)
        )

    def apply(self, changes: Changes) -> None:
        """Add and remove codes by building a new state beside the current one."""
        check_changes(changes)
        with self._writer:
            old = self._current()
            if not len(changes.add_ids) and not len(changes.remove_ids):
                self._state = _FlatState(
                    sequence=changes.sequence,
                    ids=old.ids,
                    codes=old.codes,
                    index=old.index,
                    checksum=old.checksum,
                )
                return
            replaced = np.concatenate([changes.remove_ids, changes.add_ids])
            keep = ~np.isin(old.ids, replaced)
            new = ~np.isin(changes.add_ids, changes.remove_ids)
            self._state = _state_of(
                changes.sequence,
                np.concatenate([old.ids[keep], changes.add_ids[new]]),
                np.concatenate([old.codes[keep], changes.add_codes[new]]),
            )

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replace all content."""
        check_changes(Changes(sequence=sequence, add_ids=ids, add_codes=codes))
        with self._writer:
            self._current()
            self._state = _state_of(sequence, ids, codes)

    def search(self, codes: U8, radius: int) -> Hits:
        """Find all codes within `radius` bits (0 to 31)."""
        check_query(codes, radius, EXACT_RADIUS_BITS)
        return self._scan(codes, radius)

    def propose(self, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Find all codes within `radius` bits (0 to 72): comparing all misses nothing, whichever bits are doubtful."""
        check_query(codes, radius, MAX_RADIUS_BITS)
        check_doubtful(codes, doubtful)
        return self._scan(codes, radius)

    def recall_at(self, distance: int) -> float:
        """Return 1 up to the largest radius of `propose` and 0 beyond it."""
        return 1.0 if distance <= MAX_RADIUS_BITS else 0.0

    def status(self) -> EngineStatus:
        """Return sequence, count and checksum."""
        state = self._current()
        return EngineStatus(sequence=state.sequence, size=len(state.ids), checksum=state.checksum)

    def verify(self) -> None:
        """Do nothing: there are no files."""

    @property
    def role(self) -> Role:
        """The role `WRITER`, because no other process holds this index."""
        return Role.WRITER

    def check_files(self) -> None:
        """Do nothing: there are no files."""

    def try_become_writer(self) -> bool:
        """Return True."""
        return True

    def refresh(self) -> bool:
        """Return False: no other process publishes files."""
        return False

    def erase(self, ids: I64) -> None:
        """Remove ids. There are no files to overwrite."""
        self.apply(Changes(sequence=self._current().sequence, remove_ids=ids))

    @property
    def needs_compaction(self) -> bool:
        """False, because there are no files."""
        return False

    def compact(self) -> bool:
        """Return False: there are no files."""
        return False

    def close(self) -> None:
        """Drop the codes."""
        with self._writer:
            self._state = None

    def _current(self) -> _FlatState:
        if self._state is None:
            raise NotReady("the engine is closed")
        return self._state

    def _scan(self, codes: U8, radius: int) -> Hits:
        state = self._current()
        # OpenMP's thread count belongs to the calling thread. Without this, 3/4 of a query is spent spinning.
        faiss.omp_set_num_threads(1)
        limits, distances, rows = state.index.range_search(np.ascontiguousarray(codes), radius + 1)
        queries = np.repeat(np.arange(len(codes), dtype=np.int32), np.diff(limits.astype(np.int64)))
        found: I32 = distances.astype(np.int32)
        return sorted_hits(queries, state.ids[rows], found)
