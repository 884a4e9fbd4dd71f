"""The kernel alone, over arrays in memory."""

import numpy as np
import pytest

from index.search.codes import hamming
from index.search.codes.format import chunk_entries, decoys_for
from index.search.codes.hamming import Kernel
from index.search.codes.plans import M16


class _Watcher:
    """A verifier that records the items that it was asked to verify."""

    def __init__(self, *, complete=True) -> None:
        self.complete = complete
        self.asked = {"offsets": set(), "entries": set(), "codes": set()}

    def ensure_items(self, section, items) -> None:
        """Record the items."""
        self.asked[section] |= set(items.tolist())

    def ensure_section(self, section) -> None:
        """Record that the whole section was asked for."""
        self.asked[section].add("all")


class _Noting(np.ndarray):
    """An array that records the positions that `take` reads."""

    def take(self, indices, *args, **kwargs):
        """Record, then read."""
        self.taken |= set(np.asarray(indices).ravel().tolist())
        return np.asarray(self).take(indices, *args, **kwargs)


def noting(array) -> _Noting:
    out = array.view(_Noting)
    out.taken = set()
    return out


def tables(words):
    parts = list(chunk_entries(M16, words, np.random.default_rng(1).bytes))
    offsets = np.zeros(M16.slots + 1, np.uint32)
    np.cumsum(np.concatenate([sizes for _, sizes in parts]), out=offsets[1:])
    return offsets, np.concatenate([entries for entries, _ in parts])


@pytest.fixture
def words():
    return np.random.default_rng(2).integers(0, 1 << 63, (3000, 4), dtype=np.uint64)


def listed(found):
    return sorted(zip(found.queries.tolist(), found.rows.tolist(), found.distances.tolist(), strict=True))


def test_tables_hold_every_row_once_and_the_decoys(words):
    """In each chunk every row is in its own bucket exactly once, beside the stated number of decoys."""
    offsets, entries = tables(words)
    decoys = decoys_for(M16, 3000)
    assert decoys == 1024
    assert len(entries) == 16 * (3000 + decoys) == offsets[-1]
    for chunk in range(16):
        slots = hamming.slots_of(M16, words, chunk)[:, 0]
        for row in range(0, 3000, 100):
            bucket = entries[offsets[slots[row]] : offsets[slots[row] + 1]]
            assert np.count_nonzero(bucket == row) >= 1


def test_nothing_is_read_that_was_not_vouched_for(words):
    """A search reads only offsets, entries and codes that the verifier was asked for."""
    offsets, entries, codes = map(noting, (*tables(words), words))
    verifier = _Watcher(complete=False)
    kernel = Kernel(plan=M16, words=codes, offsets=offsets, entries=entries, verifier=verifier)
    assert [row for _, row, _ in listed(kernel.find(words[:20], 31))] == list(range(20))
    assert offsets.taken
    assert offsets.taken <= verifier.asked["offsets"]
    assert entries.taken <= verifier.asked["entries"]
    assert codes.taken - verifier.asked["codes"] == set()


def test_a_large_batch_is_halved_without_changing_answers(words, monkeypatch):
    """The answers do not depend on the limits of blocks and steps."""
    kernel = Kernel(
        plan=M16,
        words=words,
        **dict(zip(("offsets", "entries"), tables(words), strict=True)),
        verifier=_Watcher(),
    )
    queries = words[:150] ^ np.uint64(0x10001)
    whole = listed(kernel.find(queries, 31))
    assert len(whole) == 150
    monkeypatch.setattr(hamming, "_MAX_BLOCK_CANDIDATES", 50)
    monkeypatch.setattr(hamming, "_CODES_AT_ONCE", 7)
    monkeypatch.setattr(hamming, "_QUERY_BLOCK", 33)
    assert listed(kernel.find(queries, 31)) == whole


def test_a_crowded_query_is_scanned_and_counted(words):
    """A query whose buckets hold more than an eighth of the codes is compared with all codes; other queries are not."""
    words[1000:2000] = words[999]
    offsets, entries = tables(words)
    kernel = Kernel(plan=M16, words=words, offsets=offsets, entries=entries, verifier=_Watcher())
    found = listed(kernel.find(words[[5, 999, 6]], 31))
    assert found == [(0, 5, 0), *((1, row, 0) for row in range(999, 2000)), (2, 6, 0)]
    assert kernel.fallback_scans == 1
    assert kernel.candidates(words[[5, 999]]).tolist()[1] >= 16 * 1000
