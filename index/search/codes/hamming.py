"""The kernel: all rows whose code lies within a Hamming distance of a query, by NumPy over flat arrays.

Steps of a search, each over a block of queries at once:

1. Form the look-ups: each chunk's key XOR every mask within its radius (`plans`, with the proof of
   exactness).
2. Read where the buckets begin and end. The number of candidates is now known, and none has been fetched.
3. Where a query has more candidates than an eighth of the codes, scan all codes for it instead: a flooded or
   degenerate bucket costs a scan and never an answer (counted in `fallback_scans`).
4. Fetch the candidates' rows and codes, count differing bits, keep what is within the radius.
5. Drop rows that were met through several chunks. Few pass step 4, so this is cheap.

What makes it fast in NumPy: `take(mode="clip")` (no bounds check, no buffering; clipping cannot happen as
long as the tables are intact, and `guard` sees to that), one `take` over all chunks' tables,
`bitwise_count`, and summing four byte counts by one multiplication.
"""

import threading
from typing import Final, Protocol

import numpy as np

from index.arrays import I32, I64, U8, U32, U64
from index.search.codes.plans import Plan, Probes, probes_of, slots_of
from index.search.files import Found, joined

_QUERY_BLOCK: Final = 64
"""Queries handled at once: 64 x 2,116 look-ups (m12) are 1 MB of slots."""

_BLOCK_CANDIDATES: Final = 1 << 20
"""A block with more candidates is halved, so that memory stays below some 80 MB whatever is asked."""

_PIECE: Final = 1 << 15
"""Codes fetched or scanned in one step: 1 MB, half of this machine's second-level cache."""

_SCAN_SHARE: Final = 8
"""Above N / 8 candidates a scan is cheaper: 4 ns a code in order, about 30 ns a candidate out of order."""

_BYTE_SUM: Final = np.uint32(0x01010101)


class Guard(Protocol):
    """Vouches for the bytes that a search is about to use; raises `DamagedSnapshot` where they are bad.

    `complete` turns true when all bytes have been vouched for; the kernel then stops asking.
    """

    complete: bool

    def need(self, section: str, items: I64) -> None:
        """Vouches for the items (by number) of one section: `offsets`, `entries` or `codes`."""
        ...

    def need_all(self, section: str) -> None:
        """Vouches for a whole section."""
        ...


class Kernel:
    """Searches permuted codes through a plan's tables. Immutable but for its counter; any thread may call.

    Args:
        plan: how the codes are cut into chunks.
        words: uint64 [n, 4], permuted codes (mapped or in memory).
        offsets: uint32 [plan.slots + 1], where each bucket begins in `entries`.
        entries: uint32 [chunks * (n + decoys)], rows.
        guard: vouches for mapped bytes.
    """

    def __init__(self, *, plan: Plan, words: U64, offsets: U32, entries: U32, guard: Guard) -> None:
        self.plan = plan
        self.fallback_scans = 0
        self._words = words
        self._offsets = offsets
        self._entries = entries
        self._guard = guard
        self._counter = threading.Lock()

    def find(self, queries: U64, radius: int) -> Found:
        """Finds rows within `radius` bits of permuted queries uint64 [q, 4]: all, up to the exact radius."""
        if not self.plan.widths:
            return joined([self._scan(queries, np.arange(len(queries)), radius)])
        probes = probes_of(self.plan, min(radius, self.plan.exact_radius))
        blocks = range(0, len(queries), _QUERY_BLOCK)
        return joined(
            [self._block(queries, i, min(i + _QUERY_BLOCK, len(queries)), probes, radius) for i in blocks]
        )

    def candidates(self, queries: U64) -> I64:
        """Counts the codes that a search at the full radius compares with each query: int64 [q]."""
        probes = probes_of(self.plan, self.plan.exact_radius)
        slots = slots_of(self.plan, queries).take(probes.chunks, axis=1) ^ probes.masks
        counts: I64 = self._buckets(slots.ravel())[1].reshape(len(queries), -1).sum(axis=1)
        return counts

    def _block(self, queries: U64, first: int, last: int, probes: Probes, radius: int) -> Found:
        """Steps 1 to 5 for the queries `first` to `last`."""
        heads = slots_of(self.plan, queries[first:last])
        slots = (heads.take(probes.chunks, axis=1) ^ probes.masks).ravel()  # 1.
        starts, counts = self._buckets(slots)  # 2.
        totals = counts.reshape(last - first, -1).sum(axis=1)
        if last - first > 1 and int(totals.sum()) > _BLOCK_CANDIDATES:
            middle = (first + last) // 2
            halves = (first, middle), (middle, last)
            return joined([self._block(queries, i, j, probes, radius) for i, j in halves])
        parts = []
        crowded = totals * _SCAN_SHARE > len(self._words)
        if crowded.any():  # 3.
            parts.append(self._scan(queries, first + np.flatnonzero(crowded), radius))
            counts = np.where(np.repeat(crowded, len(probes.masks)), 0, counts)
            totals = np.where(crowded, 0, totals)
            with self._counter:
                self.fallback_scans += int(crowded.sum())
        owners = np.repeat(np.arange(first, last), totals)
        parts.append(self._compare(queries, owners, ranges(starts, counts), radius))  # 4.
        return _distinct(joined(parts), len(self._words))  # 5.

    def _buckets(self, slots: I64) -> tuple[I64, I64]:
        """Reads where each bucket begins and how many entries it has."""
        if not self._guard.complete:
            self._guard.need("offsets", slots)
            self._guard.need("offsets", slots + 1)
        starts = self._offsets.take(slots, mode="clip").astype(np.int64)
        return starts, self._offsets.take(slots + 1, mode="clip") - starts

    def _compare(self, queries: U64, owners: I64, positions: I64, radius: int) -> Found:
        """Compares each entry's code with its query."""
        parts = []
        for start in range(0, len(positions), _PIECE):
            piece = positions[start : start + _PIECE]
            if not self._guard.complete:
                self._guard.need("entries", piece)
            rows = self._entries.take(piece, mode="clip")
            if not self._guard.complete:
                self._guard.need("codes", rows.astype(np.int64))
            owner = owners[start : start + _PIECE]
            codes = self._words.take(rows, axis=0, mode="clip")
            codes ^= queries.take(owner, axis=0, mode="clip")
            near, distances = _within(codes, radius)
            if len(near):
                parts.append(
                    Found(
                        queries=owner[near].astype(np.int32),
                        rows=rows[near].astype(np.int64),
                        distances=distances,
                    )
                )
        return joined(parts)

    def _scan(self, queries: U64, which: I64, radius: int) -> Found:
        """Compares the queries numbered `which` with every code."""
        self._guard.need_all("codes")
        parts = []
        for query in which.tolist():
            tiles = np.tile(queries[query], (min(_PIECE, len(self._words)), 1))
            for start in range(0, len(self._words), _PIECE):
                codes = self._words[start : start + _PIECE]
                near, distances = _within(codes ^ tiles[: len(codes)], radius)
                if len(near):
                    owner = np.full(len(near), query, np.int32)
                    parts.append(Found(queries=owner, rows=near + start, distances=distances))
        return joined(parts)


def ranges(starts: I64, counts: I64) -> I64:
    """Concatenates the ranges [start, start + count)."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(int(ends[-1]) if len(ends) else 0)


def _within(differences: U64, radius: int) -> tuple[I64, I32]:
    """Finds the rows of uint64 [n, 4] XORs with at most `radius` (<= 64) bits set, and how many those are.

    Multiplying four byte counts by 0x01010101 leaves their sum modulo 256 in the highest byte. The sum is at
    most 256, so only a complete complement (256 bits) looks near when it is not; the second count drops it.
    """
    counts: U8 = np.bitwise_count(differences)
    near = np.flatnonzero(counts.view(np.uint32).ravel() * _BYTE_SUM < np.uint32((radius + 1) << 24))
    distances = counts[near].sum(axis=1, dtype=np.int32)
    true = distances <= radius
    return near[true], distances[true]


def _distinct(found: Found, count: int) -> Found:
    """Keeps each (query, row) once."""
    if not len(found.rows):
        return found
    _, first = np.unique(found.queries.astype(np.int64) * count + found.rows, return_index=True)
    return Found(queries=found.queries[first], rows=found.rows[first], distances=found.distances[first])
