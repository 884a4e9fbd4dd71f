"""Plans, look-ups and the bit order."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.codes.permutation import Permutation
from index.search.codes.plans import (
    BANDED_PLANS,
    EXACT_PLANS,
    M11,
    M12,
    M14,
    Plan,
    choose_plan,
    flips_of,
    probes_of,
    slots_of,
)

ALL_PLANS = [plan for _, plan in (*EXACT_PLANS, *BANDED_PLANS)]


@pytest.mark.parametrize("plan", [plan for _, plan in EXACT_PLANS], ids=lambda plan: plan.name)
def test_exact_plans_are_exact_to_31(plan):
    """Every exact plan satisfies the pigeonhole sum at 31 bits."""
    assert plan.exact_radius >= 31
    assert plan.recall_at(31) == 1


@pytest.mark.parametrize("plan", [M14, M12, M11], ids=lambda plan: plan.name)
@pytest.mark.parametrize("radius", [0, 7, 16, 30, 31])
def test_smaller_radii_stay_exact_and_cost_less(plan, radius):
    """Radii lowered for a smaller search still satisfy the sum for it, with fewer look-ups."""
    radii = plan.radii_for(radius)
    assert sum(r + 1 for r in radii) == radius + 1
    assert all(-1 <= r <= full for r, full in zip(radii, plan.radii, strict=True))
    assert radius == 31 or len(probes_of(plan, radius).masks) < len(probes_of(plan, 31).masks)


def test_probability_equals_counting():
    """On a small plan the stated recall equals the count of all placements of flips."""
    plan = Plan(name="small", widths=(5, 4), radii=(1, 0))
    chunk_of = [0] * 5 + [1] * 4 + [2] * 247
    for distance in (1, 2, 3):
        met = 0
        for places in itertools.combinations(range(256), distance) if distance < 3 else ():
            flips = [sum(chunk_of[p] == c for p in places) for c in (0, 1)]
            met += flips[0] <= 1 or flips[1] == 0
        if distance < 3:
            assert plan.recall_at(distance) == pytest.approx(met / math.comb(256, distance), abs=0)


@pytest.mark.parametrize(
    ("plan", "shares"),
    [(M14, (0.998, 0.93, 0.70)), (M12, (0.995, 0.87, 0.56)), (M11, (0.990, 0.81, 0.47))],
    ids=["m14", "m12", "m11"],
)
def test_probabilities_are_those_of_the_design(plan, shares):
    """At 40, 50 and 60 bits the plans have the recall that docs/search.md states."""
    stated = [plan.recall_at(distance) for distance in (40, 50, 60)]
    assert stated == pytest.approx(shares, abs=0.005)


@pytest.mark.parametrize("plan", ALL_PLANS, ids=lambda plan: plan.name)
def test_slots_are_the_chunks_bits(plan):
    """A slot is its chunk's bits, read one by one, after the slots of the chunks before it."""
    rng = np.random.default_rng(1)
    words = rng.integers(0, 1 << 63, (50, 4), dtype=np.uint64)
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(np.int64)
    first = base = 0
    slots = slots_of(plan, words)
    for chunk, width in enumerate(plan.widths):
        value = (bits[:, first : first + width] << np.arange(width)).sum(axis=1)
        assert (slots[:, chunk] == base + value).all()
        first, base = first + width, base + (1 << width)
    assert base == plan.slots


@given(st.binary(min_size=1, max_size=64), st.integers(0, 2**32))
def test_permutation_keeps_distances(key, seed):
    """For any key, permuting two codes does not change their distance."""
    codes = np.random.default_rng(seed).integers(0, 256, (6, 32), dtype=np.uint8)
    words = Permutation(key).apply(codes)
    before = np.bitwise_count(codes[:, None] ^ codes).sum(axis=2, dtype=int)
    after = np.bitwise_count(words[:, None] ^ words).sum(axis=2, dtype=int)
    assert (before == after).all()


def test_permutation_is_the_stated_order():
    """Bit `order[i]` of a code becomes bit i, and the key alone fixes the order."""
    permutation = Permutation(b"fixed")
    codes = np.random.default_rng(2).integers(0, 256, (40, 32), dtype=np.uint8)
    bits = np.unpackbits(codes, axis=1, bitorder="little")[:, permutation.order]
    expected = np.packbits(bits, axis=1, bitorder="little")
    assert (permutation.apply(codes).view(np.uint8) == expected).all()
    assert sorted(permutation.order.tolist()) == list(range(256))
    assert permutation.order.tolist()[:4] == Permutation(b"fixed").order.tolist()[:4]
    assert permutation.key_id == Permutation(b"fixed").key_id != Permutation(b"other").key_id


def test_plans_are_chosen_by_size():
    """Few codes are all compared; beyond, chunks grow with the number of codes."""
    chosen = [choose_plan(EXACT_PLANS, count).name for count in (0, 100, 10**5, 10**6, 10**7, 5 * 10**7)]
    assert chosen == ["scan", "scan", "m16", "m14", "m12", "m11"]
    banded = [
        choose_plan(BANDED_PLANS, count).name for count in (10, 10**4, 10**5, 10**6, 4 * 10**6, 4 * 10**7)
    ]
    assert banded == ["scan", "b16", "b14", "b12", "b11", "b11"]


@pytest.mark.parametrize("plan", [plan for _, plan in BANDED_PLANS[1:]], ids=lambda plan: plan.name)
def test_flips_are_the_doubtful_bits_of_each_chunk(plan):
    """Each doubtful bit of a chunk is flipped alone, the lowest ones if there are too many."""
    rng = np.random.default_rng(3)
    words = rng.integers(0, 1 << 63, (20, 4), dtype=np.uint64)
    words[7], words[8] = 0, (1 << 64) - 1
    chunks, flips = flips_of(plan, words, 11)
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    expected = []
    for row in range(20):
        first = 0
        for chunk, width in enumerate(plan.widths):
            places = np.flatnonzero(bits[row, first : first + width])[:11]
            expected += [(row * len(plan.widths) + chunk, 1 << place) for place in places.tolist()]
            first += width
    assert list(zip(chunks.tolist(), flips.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    ("widths", "radii"),
    [((200, 100), (0, 0)), ((8, 9), (0, 0)), ((8,), (8,)), ((40,), (1,)), ((8,), ()), ((32,), (9,))],
)
def test_impossible_plans_are_refused(widths, radii):
    """A plan is refused if its chunks exceed the code, ascend, are too narrow, too wide or looked up too often."""
    with pytest.raises(ValueError, match="chunk"):
        Plan(name="bad", widths=widths, radii=radii)
