"""The search kernel: find all rows whose code is within a Hamming distance of a query, by NumPy over flat arrays.

Steps of a search, each over a block of queries at once:

1. Form the look-ups: each chunk's key XOR every mask within its radius (`plans` proves exactness). Where a query tells
   its doubtful bits, and the plan looks up one key a chunk, also the keys with one doubtful bit flipped.
2. Read where the buckets begin and end. The number of candidates is now known, and none has been fetched. Crowded
   buckets of flipped keys are left out: they hold most of the candidates and few of the hits (`_CROWD_OVER_MEAN`).
3. If a query has more candidates than an eighth of the codes, compare all codes with it instead. A flooded or
   degenerate bucket thus costs time, and no hit is lost (counted in `fallback_scans`).
4. Fetch the candidates' rows and codes, count differing bits, keep the rows within the radius.
5. Drop rows that were found through several chunks. Few rows pass step 4, so this is cheap.

It is fast in NumPy because of `take(mode="clip")` (no bounds check, no buffering; clipping cannot happen as long as
the tables are intact, which the verifier checks), one `take` over all chunks' tables, `bitwise_count`, and one
multiplication that sums four byte counts.
"""

import threading
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from index.arrays import I32, I64, U8, U32, U64
from index.search.codes.plans import Plan, Probes, flips_of, probes_of, slots_of
from index.search.files import RowHits, joined_hits

_QUERY_BLOCK: Final = 64
"""Queries searched at once: 64 x 2,116 look-ups (m12) are 1 MB of slots."""

_MAX_BLOCK_CANDIDATES: Final = 1 << 20
"""A block with more candidates is halved, so that memory stays below some 80 MB for any queries."""

_CODES_AT_ONCE: Final = 1 << 15
"""Codes fetched or compared in one step: 1 MB, half of the second-level cache of the machine measured."""

_SCAN_SHARE: Final = 8
"""Above N / 8 candidates comparing all codes is cheaper: 4 ns a code in order, about 30 ns a candidate out of order."""

_MAX_FLIPS: Final = 16
"""Maximum number of doubtful bits flipped in one chunk, the lowest first, so that a query that doubts all bits costs no
more than one that doubts many. Of 64 doubtful bits of 256 a chunk of 23 bits has more than 11 in one case of 1,000."""

_CROWD_OVER_MEAN: Final = 48
"""Maximum number of entries in the bucket of a flipped key, over the mean of all buckets. The largest 4 % of these
buckets hold 58 % of the entries, and belong to windows that look like many others (23-bit chunks of 5.6 million mixed
windows of photographs)."""

_CROWD_BOUNDS: Final = (8, 64)
"""Bounds of that number: reading a few entries costs less than finding their bucket, and many cost too much."""

_BYTE_SUM: Final = np.uint32(0x01010101)


class Verifier(Protocol):
    """Verifier of bytes before a search uses them. Its methods raise `DamagedSnapshot` for damage (`BlockVerifier`).

    `complete` becomes True when all bytes have been verified. The kernel then skips the verification.
    """

    complete: bool

    def ensure_items(self, section: str, items: I64) -> None:
        """Verify the items (by number) of one section: `offsets`, `entries` or `codes`."""
        ...

    def ensure_section(self, section: str) -> None:
        """Verify a whole section."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """The question of one search: permuted queries, marks of their doubtful bits, look-ups and radius."""

    queries: U64
    doubtful: U64 | None
    probes: Probes
    radius: int


class Kernel:
    """Search of permuted codes by a plan's tables. Immutable except for its counter; any thread may call.

    Args:
        plan: division of the codes into chunks.
        words: uint64 [n, 4], permuted codes (mapped or in memory).
        offsets: uint32 [plan.slots + 1], start of each bucket in `entries`.
        entries: uint32 [chunks * (n + decoys)], rows.
        verifier: verifies mapped bytes before their use.
    """

    def __init__(self, *, plan: Plan, words: U64, offsets: U32, entries: U32, verifier: Verifier) -> None:
        self.plan = plan
        self.fallback_scans = 0
        self._words = words
        self._offsets = offsets
        self._entries = entries
        self._verifier = verifier
        self._counter = threading.Lock()
        per_bucket = len(words) * len(plan.widths) / plan.slots if plan.widths else 0
        self._max_crowd = int(np.clip(_CROWD_OVER_MEAN * per_bucket, *_CROWD_BOUNDS))

    def find(self, queries: U64, radius: int, doubtful: U64 | None = None) -> RowHits:
        """Find rows within `radius` bits of permuted queries uint64 [q, 4]; all of them up to the exact radius.

        Args:
            queries: permuted codes.
            radius: maximum distance.
            doubtful: permuted marks of the queries' doubtful bits, or None. A plan with radii does not use them.
        """
        if not self.plan.widths:
            return joined_hits([self._scan(queries, np.arange(len(queries)), radius)])
        probes = probes_of(self.plan, min(radius, self.plan.exact_radius))
        asked = _Asked(
            queries=queries, doubtful=None if any(self.plan.radii) else doubtful, probes=probes, radius=radius
        )
        blocks = range(0, len(queries), _QUERY_BLOCK)
        return joined_hits([self._block(asked, i, min(i + _QUERY_BLOCK, len(queries))) for i in blocks])

    def candidates(self, queries: U64) -> I64:
        """Return the number of codes that a search at the full radius compares with each query: int64 [q]."""
        probes = probes_of(self.plan, self.plan.exact_radius)
        slots = slots_of(self.plan, queries).take(probes.chunks, axis=1) ^ probes.masks
        counts: I64 = self._buckets(slots.ravel())[1].reshape(len(queries), -1).sum(axis=1)
        return counts

    def _block(self, asked: "_Asked", first: int, last: int) -> RowHits:
        """Search for the queries `first` to `last` (1. to 5.)."""
        slots = slots_of(self.plan, asked.queries[first:last])
        own = (slots.take(asked.probes.chunks, axis=1) ^ asked.probes.masks).ravel()  # 1.
        starts, counts = self._buckets(own)  # 2.
        totals = counts.reshape(last - first, -1).sum(axis=1)
        if last - first > 1 and int(totals.sum()) > _MAX_BLOCK_CANDIDATES:
            middle = (first + last) // 2
            return joined_hits([self._block(asked, first, middle), self._block(asked, middle, last)])
        parts = []
        is_flooded = totals * _SCAN_SHARE > len(self._words)
        if is_flooded.any():  # 3.
            parts.append(self._scan(asked.queries, first + np.flatnonzero(is_flooded), asked.radius))
            counts = np.where(np.repeat(is_flooded, len(asked.probes.masks)), 0, counts)
            totals = np.where(is_flooded, 0, totals)
            with self._counter:
                self.fallback_scans += int(is_flooded.sum())
        owners = np.repeat(np.arange(first, last), totals)
        positions = ranges(starts, counts)
        if asked.doubtful is not None:
            more_owners, more = self._flipped(slots, asked.doubtful[first:last])
            owners, positions = (
                np.concatenate([owners, first + more_owners]),
                np.concatenate([positions, more]),
            )
        parts.append(self._compare(asked.queries, owners, positions, asked.radius))  # 4.
        return _distinct(joined_hits(parts), len(self._words))  # 5.

    def _flipped(self, slots: I64, doubtful: U64) -> tuple[I64, I64]:
        """Return the entries of keys with one doubtful bit flipped: the query of each, and its position.

        Args:
            slots: int64 [n, chunks], the buckets of the queries' own keys.
            doubtful: uint64 [n, 4], permuted marks of doubtful bits.
        """
        chunks, flips = flips_of(self.plan, doubtful, _MAX_FLIPS)
        starts, counts = self._buckets(slots.ravel().take(chunks) ^ flips)
        kept = np.flatnonzero((counts > 0) & (counts <= self._max_crowd))
        counts = counts[kept]
        return np.repeat(chunks[kept] // slots.shape[1], counts), ranges(starts[kept], counts)

    def _buckets(self, slots: I64) -> tuple[I64, I64]:
        """Return the start of each bucket and its number of entries."""
        if not self._verifier.complete:
            self._verifier.ensure_items("offsets", slots)
            self._verifier.ensure_items("offsets", slots + 1)
        starts = self._offsets.take(slots, mode="clip").astype(np.int64)
        return starts, self._offsets.take(slots + 1, mode="clip") - starts

    def _compare(self, queries: U64, owners: I64, positions: I64, radius: int) -> RowHits:
        """Compare each entry's code with its query."""
        parts = []
        for start in range(0, len(positions), _CODES_AT_ONCE):
            some = positions[start : start + _CODES_AT_ONCE]
            if not self._verifier.complete:
                self._verifier.ensure_items("entries", some)
            rows = self._entries.take(some, mode="clip")
            if not self._verifier.complete:
                self._verifier.ensure_items("codes", rows.astype(np.int64))
            owner = owners[start : start + _CODES_AT_ONCE]
            codes = self._words.take(rows, axis=0, mode="clip")
            codes ^= queries.take(owner, axis=0, mode="clip")
            near, distances = _within(codes, radius)
            if len(near):
                parts.append(
                    RowHits(
                        queries=owner[near].astype(np.int32),
                        rows=rows[near].astype(np.int64),
                        distances=distances,
                    )
                )
        return joined_hits(parts)

    def _scan(self, queries: U64, which: I64, radius: int) -> RowHits:
        """Compare the queries numbered `which` with every code."""
        self._verifier.ensure_section("codes")
        parts = []
        for query in which.tolist():
            tiles = np.tile(queries[query], (min(_CODES_AT_ONCE, len(self._words)), 1))
            for start in range(0, len(self._words), _CODES_AT_ONCE):
                codes = self._words[start : start + _CODES_AT_ONCE]
                near, distances = _within(codes ^ tiles[: len(codes)], radius)
                if len(near):
                    owner = np.full(len(near), query, np.int32)
                    parts.append(RowHits(queries=owner, rows=near + start, distances=distances))
        return joined_hits(parts)


def ranges(starts: I64, counts: I64) -> I64:
    """Return the concatenated ranges [start, start + count)."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(int(ends[-1]) if len(ends) else 0)


def _within(differences: U64, radius: int) -> tuple[I64, I32]:
    """Return the rows of uint64 [n, 4] XORs with at most `radius` (<= 64) bits set, and their numbers of bits.

    Multiplying four byte counts by 0x01010101 leaves their sum modulo 256 in the highest byte. The sum is at most 256,
    so only a complete complement (256 bits) passes the first test wrongly; the second count drops it.
    """
    counts: U8 = np.bitwise_count(differences)
    near = np.flatnonzero(counts.view(np.uint32).ravel() * _BYTE_SUM < np.uint32((radius + 1) << 24))
    distances = counts[near].sum(axis=1, dtype=np.int32)
    true = distances <= radius
    return near[true], distances[true]


def _distinct(found: RowHits, count: int) -> RowHits:
    """Return each (query, row) once."""
    if not len(found.rows):
        return found
    _, first = np.unique(found.queries.astype(np.int64) * count + found.rows, return_index=True)
    return RowHits(queries=found.queries[first], rows=found.rows[first], distances=found.distances[first])
