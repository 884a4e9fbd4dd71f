"""Search plans: the division of the 256 permuted bits of a code into chunks, and the keys that are looked up.

A plan has chunks of w_i bits with radii r_i. A search *finds* a code if in at least one chunk i it differs from the
query in at most r_i bits: the kernel looks up exactly these keys.

Exactness. Let the chunks be disjoint and sum(r_i + 1) >= d + 1. Suppose that a code at distance d is not found. Then
every chunk differs in at least r_i + 1 bits. Chunks share no bit, so the code differs in at least sum(r_i + 1) >= d + 1
bits: a contradiction. So every code within `exact_radius` = sum(r_i + 1) - 1 is found. For a smaller radius the same
argument holds with smaller r_i, which need fewer look-ups (`radii_for`); a chunk with r_i = -1 is not looked up. (This
is the pigeonhole principle with unequal thresholds; Norouzi, Punjani, Fleet 2012 use equal ones.)

Doubtful bits. A query may tell which of its bits may easily differ in a copy. Plans whose radii are all 0 then also
look up the keys with one doubtful bit flipped (`flips_of`). This finds more, by how much depends on the codes
(docs/search.md), so `recall_at` counts the plain look-ups only.

Recall beyond that radius. Let the d differing bits of a code lie anywhere with equal probability. The code is missed if
every chunk i holds more than r_i of them. The number of such placements is the coefficient of x^d in the product of the
polynomials sum_{j > r_i} C(w_i, j) x^j, times (1 + x)^(bits in no chunk). Divided by C(256, d) it is
`1 - recall_at(d)`, exactly, in whole numbers.
"""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np

from index.arrays import I64, U64
from index.search.codes.permutation import CODE_BITS, CODE_WORDS

KEY_BITS: Final = 32
"""Maximum width of a chunk: keys are uint32."""

MAX_PROBES: Final = 1 << 14
"""Maximum number of keys that a query looks up; the largest plan has 2,935. A file's header must not ask for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Chunk widths (descending, so that table slots can be formed by XOR) and radii, both in bits.

    A plan without chunks compares all codes and finds everything. The field names are stored in snapshots.
    """

    name: str
    widths: tuple[int, ...]
    radii: tuple[int, ...]

    def __post_init__(self) -> None:
        """Raise `ValueError` for chunks that exceed the code's length or ascend in width, and for impossible radii."""
        if len(self.widths) != len(self.radii) or sum(self.widths) > CODE_BITS:
            raise ValueError("chunks and radii do not fit the code")
        if list(self.widths) != sorted(self.widths, reverse=True):
            raise ValueError("the widest chunks come first")
        if any(
            not 0 <= radius < width <= KEY_BITS for width, radius in zip(self.widths, self.radii, strict=True)
        ):
            raise ValueError("a chunk is at most 32 bits and wider than its radius")
        balls = (
            math.comb(width, flips)
            for width, radius in zip(self.widths, self.radii, strict=True)
            for flips in range(radius + 1)
        )
        if sum(balls) > MAX_PROBES:
            raise ValueError("a query would look up too many keys in the chunks")

    @property
    def exact_radius(self) -> int:
        """Largest distance up to which no code is missed."""
        return sum(radius + 1 for radius in self.radii) - 1 if self.widths else CODE_BITS

    @property
    def slots(self) -> int:
        """Number of buckets of all chunks together."""
        return sum(1 << width for width in self.widths)

    def radii_for(self, radius: int) -> tuple[int, ...]:
        """Return radii that are exact within `radius` bits, the costliest chunks lowered first; -1 skips a chunk."""
        radii = list(self.radii)
        for _ in range(self.exact_radius - radius):
            costliest = max(range(len(radii)), key=lambda i: (_ball_shell(self.widths[i], radii[i]), i))
            radii[costliest] -= 1
        return tuple(radii)

    def recall_at(self, distance: int) -> float:
        """Return the share of placements of `distance` differing bits that are found (exact, then rounded)."""
        if not self.widths or distance <= self.exact_radius:
            return 1.0
        missed = [1]
        for width, radius in zip(self.widths, self.radii, strict=True):
            missed = _product(missed, [math.comb(width, j) if j > radius else 0 for j in range(width + 1)])
        free = CODE_BITS - sum(self.widths)
        missed = _product(missed, [math.comb(free, j) for j in range(free + 1)])
        return float(1 - Fraction(missed[distance], math.comb(CODE_BITS, distance)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """The look-ups of one query: probe k looks up the query's key of `chunks[k]` XOR `masks[k]`; both are int64 [k]."""

    chunks: I64
    masks: I64


_POWERS: Final = np.int64(1) << np.arange(KEY_BITS)

SCAN: Final = Plan(name="scan", widths=(), radii=())
M16: Final = Plan(name="m16", widths=(16,) * 16, radii=(1,) * 16)
M14: Final = Plan(name="m14", widths=(19,) * 4 + (18,) * 10, radii=(2,) * 4 + (1,) * 10)
M12: Final = Plan(name="m12", widths=(22,) * 8 + (20,) * 4, radii=(2,) * 8 + (1,) * 4)
M11: Final = Plan(name="m11", widths=(24,) * 6 + (23,) * 4 + (20,), radii=(2,) * 10 + (1,))
B16: Final = Plan(name="b16", widths=(16,) * 16, radii=(0,) * 16)
B14: Final = Plan(name="b14", widths=(18,) * 14, radii=(0,) * 14)
B12: Final = Plan(name="b12", widths=(21,) * 12, radii=(0,) * 12)
B11: Final = Plan(name="b11", widths=(23,) * 11, radii=(0,) * 11)

EXACT_PLANS: Final = ((8_000, SCAN), (200_000, M16), (2_500_000, M14), (20_000_000, M12), (1 << 32, M11))
"""Maximum number of codes for each exact plan: the points where the latency curves cross (docs/search.md)."""

BANDED_PLANS: Final = ((2_000, SCAN), (60_000, B16), (500_000, B14), (3_000_000, B12), (1 << 32, B11))
"""The same for families whose look-ups may miss a code, because any one of many windows of a reference suffices.

A search that knows the queries' doubtful bits looks up about 70 keys a query (`hamming`), so a bucket should hold few
codes: up to nine at these limits, for windows of photographs. Below half a million codes the tables of 21-bit bands
would be larger than the codes (100 MB).
"""


def choose_plan(plans: tuple[tuple[int, Plan], ...], count: int) -> Plan:
    """Return the first plan for `count` codes."""
    return next(plan for limit, plan in plans if count <= limit)


@lru_cache(maxsize=256)
def probes_of(plan: Plan, radius: int) -> Probes:
    """Return the look-ups that a search within `radius` bits needs (at most `plan.exact_radius`)."""
    chunks: list[int] = []
    masks: list[int] = []
    for chunk, (width, own) in enumerate(zip(plan.widths, plan.radii_for(radius), strict=True)):
        for flips in range(own + 1):
            for bits in itertools.combinations(range(width), flips):
                chunks.append(chunk)
                masks.append(sum(1 << bit for bit in bits))
    return Probes(chunks=np.array(chunks, np.int64), masks=np.array(masks, np.int64))


@lru_cache(maxsize=256)
def _cuts(plan: Plan, chunk: int | None) -> tuple[I64, I64, U64, U64, U64, I64]:
    """Return for all chunks, or for one: its word, the next word, the shift in each, its mask and its first slot."""
    widths = np.array(plan.widths, np.int64)
    first_bits = np.cumsum(widths) - widths
    words = first_bits // 64
    shifts = (first_bits % 64).astype(np.uint64)
    masks = (np.uint64(1) << widths.astype(np.uint64)) - np.uint64(1)
    sizes = np.int64(1) << widths
    bases = np.cumsum(sizes) - sizes
    chosen = slice(None) if chunk is None else slice(chunk, chunk + 1)
    following = np.minimum(words + 1, CODE_WORDS - 1)
    parts = (words, following, shifts, np.uint64(64) - shifts, masks, bases)
    return tuple(part[chosen] for part in parts)  # type: ignore[return-value]


def slots_of(plan: Plan, words: U64, chunk: int | None = None) -> I64:
    """Return the buckets of uint64 [n, 4] permuted codes: int64 [n, chunks], numbered over all chunks.

    A chunk starts in one word and may continue in the next. If it does not, the next word's bits are shifted beyond the
    mask (a shift by 64 gives 0 in NumPy), so that no case needs a branch.
    """
    first, following, shifts, back, masks, bases = _cuts(plan, chunk)
    low = words.take(first, axis=1) >> shifts
    low |= words.take(following, axis=1) << back
    low &= masks
    slots: I64 = low.view(np.int64) | bases
    return slots


def flips_of(plan: Plan, doubtful: U64, most: int) -> tuple[I64, I64]:
    """Return the flips of single doubtful bits.

    Args:
        plan: the division into chunks.
        doubtful: uint64 [n, 4], permuted codes of which each 1 marks a doubtful bit.
        most: maximum number of flips in one chunk, the lowest bits first.

    Returns:
        Int64 [k] each: number of the chunk, counted over all chunks of all codes in their order, and the bit that is
        flipped in its key.
    """
    keys = slots_of(plan, doubtful).ravel() & np.tile(
        (np.int64(1) << np.array(plan.widths)) - 1, len(doubtful)
    )
    bits = np.unpackbits(keys.astype("<u4").view(np.uint8), bitorder="little").view(np.bool_)
    places = np.flatnonzero(bits)
    counts = np.bitwise_count(keys)
    if int(counts.max(initial=0)) > most:
        first = np.cumsum(counts, dtype=np.int64) - counts
        ranks = np.arange(len(places)) - np.repeat(first, counts)
        places, counts = places[ranks < most], np.minimum(counts, np.uint8(most))
    return np.repeat(np.arange(len(keys)), counts), _POWERS.take(places & (KEY_BITS - 1))


def _ball_shell(width: int, radius: int) -> int:
    """Return the number of keys at exactly `radius` bits from a key of `width` bits; -1 for a skipped chunk."""
    return math.comb(width, radius) if radius >= 0 else -1


def _product(left: list[int], right: list[int]) -> list[int]:
    """Return the coefficients of the product of two polynomials."""
    out = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            out[i + j] += a * b
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeProfile:
    """The layout of an index of codes.

    Attributes:
        plans: maximum number of codes of each plan, and the plan, ascending.
        compact_after: number of changes in the overlay from which `needs_compaction` is True. Comparing 50,000 codes
            takes 65 us per query, about as long as the base at one million.
        merge_ratio: see `files.maintenance.select_merges`.
    """

    plans: tuple[tuple[int, Plan], ...]
    compact_after: int = 50_000
    merge_ratio: int = 8


EXACT: Final = CodeProfile(plans=EXACT_PLANS)
"""Whole codes: a match that can block an upload must never be missed by chance."""

BANDED: Final = CodeProfile(plans=BANDED_PLANS)
"""Anchored windows: any one of 60 windows leads to its reference, so a single look-up may miss."""
