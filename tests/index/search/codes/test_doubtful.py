"""Searches that know which bits of their queries are doubtful."""

import numpy as np
import pytest

from index.search.codes import hamming
from index.search.codes.format import chunk_entries
from index.search.codes.hamming import Kernel
from index.search.codes.plans import B16, M16

ALL_BITS = np.uint64((1 << 64) - 1)


class _Trusting:
    complete = True

    def ensure_items(self, section, items) -> None:
        """Vouch for everything."""

    def ensure_section(self, section) -> None:
        """Vouch for everything."""


def kernel_of(plan, words) -> Kernel:
    parts = list(chunk_entries(plan, words, np.random.default_rng(1).bytes))
    offsets = np.zeros(plan.slots + 1, np.uint32)
    np.cumsum(np.concatenate([sizes for _, sizes in parts]), out=offsets[1:])
    entries = np.concatenate([entries for entries, _ in parts])
    return Kernel(plan=plan, words=words, offsets=offsets, entries=entries, verifier=_Trusting())


@pytest.fixture
def words():
    return np.random.default_rng(2).integers(0, 1 << 63, (3000, 4), dtype=np.uint64)


def in_every_chunk(count):
    """Return marks of one bit in each of the 16 chunks of 16 bits, at another place in each code."""
    places = np.random.default_rng(3).integers(0, 16, (count, 16))
    bits = np.zeros((count, 16, 16), np.uint8)
    np.put_along_axis(bits, places[:, :, None], 1, axis=2)
    return np.packbits(bits.reshape(count, 256), axis=1, bitorder="little").view(np.uint64)


def listed(found):
    return sorted(zip(found.queries.tolist(), found.rows.tolist(), found.distances.tolist(), strict=True))


def test_a_code_that_differs_in_every_chunk_is_found_by_its_doubtful_bits(words):
    """A code with one other bit in each chunk is missed by plain look-ups, and found if the bits are doubtful."""
    kernel = kernel_of(B16, words)
    marks = in_every_chunk(40)
    queries = words[:40] ^ marks
    assert listed(kernel.find(queries, 31)) == []
    assert listed(kernel.find(queries, 31, marks)) == [(row, row, 16) for row in range(40)]
    assert listed(kernel.find(queries, 31, in_every_chunk(80)[40:])) != listed(
        kernel.find(queries, 31, marks)
    )


def test_doubtful_bits_hide_no_hit_and_change_no_distance(words):
    """With marks everything that plain look-ups find is found, once, at its distance."""
    kernel = kernel_of(B16, words)
    rng = np.random.default_rng(4)
    queries = words[:90] ^ np.uint64(0x8001)
    plain = listed(kernel.find(queries, 64))
    assert len(plain) == 90
    for marks in (rng.integers(0, 1 << 63, (90, 4), dtype=np.uint64), np.zeros((90, 4), np.uint64)):
        assert listed(kernel.find(queries, 64, marks)) == plain


def test_a_plan_with_radii_does_not_use_marks(words):
    """Exact plans look up their own keys, whatever is marked."""
    kernel = kernel_of(M16, words)
    queries = words[:30] ^ in_every_chunk(30)
    marks = np.full((30, 4), ALL_BITS)
    assert listed(kernel.find(queries, 31, marks)) == listed(kernel.find(queries, 31))


def test_doubting_all_bits_costs_a_bounded_number_of_look_ups(words, monkeypatch):
    """A query that doubts all its bits is answered with 16 flips a chunk, and crowded buckets are not read."""
    asked, compared = [], []
    buckets, compare = Kernel._buckets, Kernel._compare
    monkeypatch.setattr(
        Kernel, "_buckets", lambda self, slots: (asked.append(len(slots)), buckets(self, slots))[1]
    )
    monkeypatch.setattr(
        Kernel, "_compare", lambda self, *given: (compared.append(len(given[2])), compare(self, *given))[1]
    )
    words[1000:1300] = words[999]
    kernel = kernel_of(B16, words)
    crowded = words[999:1000] ^ in_every_chunk(1)
    assert listed(kernel.find(crowded, 31, np.full((1, 4), ALL_BITS))) == []
    assert asked == [16, 16 * hamming._MAX_FLIPS]
    assert compared[0] < 16 * hamming._MAX_FLIPS * 8 / 10


def test_answers_do_not_depend_on_blocks(words, monkeypatch):
    """Marks stay with their queries however the queries are divided."""
    kernel = kernel_of(B16, words)
    marks = in_every_chunk(150)
    queries = words[:150] ^ marks
    whole = listed(kernel.find(queries, 31, marks))
    assert len(whole) == 150
    monkeypatch.setattr(hamming, "_MAX_BLOCK_CANDIDATES", 3)
    monkeypatch.setattr(hamming, "_CODES_AT_ONCE", 7)
    monkeypatch.setattr(hamming, "_QUERY_BLOCK", 33)
    assert listed(kernel.find(queries, 31, marks)) == whole
