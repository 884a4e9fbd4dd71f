"""The emulation of an index of more references."""

import numpy as np
import pytest

from benchmarks.recall.scales import (
    CROWDED,
    FIRST_STRANGER,
    ScaledIndex,
    Tables,
    crowded_by,
    strangers_at,
    thinned,
)
from index.search import Hits, Role
from index.search.codes import CodeEngine, CodeProfile, FlatEngine
from index.search.codes.plans import B16
from index.windows import split_ids
from registry.domain import Family

COUNT = 400


def hits_of(ids):
    count = len(ids)
    return Hits(
        queries=np.arange(count, dtype=np.int32),
        ids=np.array(ids, np.int64),
        distances=np.full(count, 20, np.int32),
    )


def test_hits_of_plain_look_ups_are_never_dropped():
    """Of the other hits about the stated share is dropped, the same ones each time."""
    plain = hits_of(range(COUNT))
    more = Hits(
        queries=np.concatenate([plain.queries, plain.queries]),
        ids=np.concatenate([plain.ids, plain.ids + COUNT]),
        distances=np.concatenate([plain.distances, plain.distances]),
    )
    left = thinned(more, plain, 0.25, seed=1)
    assert left.ids[:COUNT].tolist() == plain.ids.tolist()
    assert len(left) - COUNT == pytest.approx(0.75 * COUNT, abs=40)
    assert thinned(more, plain, 0.25, seed=1).ids.tolist() == left.ids.tolist()


def test_more_references_crowd_more_buckets():
    """The shares grow with the number of references."""
    assert list(CROWDED.values()) == sorted(CROWDED.values())
    assert list(CROWDED) == sorted(CROWDED)


def test_strangers_crowd_the_windows_with_many_neighbours():
    """As many hits are added as are expected, each of a reference of its own, and all stay sorted."""
    own = hits_of([7, 8, 9])
    around = np.array([0.0, 5_000.0, 50_000.0])
    crowded = crowded_by(own, around, 40, seed=3)
    strangers = crowded.ids >= FIRST_STRANGER
    keys, _, large = split_ids(crowded.ids[strangers])
    assert len(set(keys.tolist())) == len(keys)
    assert large.any()
    assert not large.all()
    expected = around * strangers_at(40).sum()
    counts = np.bincount(crowded.queries[strangers], minlength=3)
    assert counts == pytest.approx(expected, abs=5 * np.sqrt(expected.max()))
    assert counts[0] == 0
    assert sorted(crowded.ids[~strangers].tolist()) == [7, 8, 9]
    order = list(zip(crowded.queries.tolist(), crowded.distances.tolist(), strict=True))
    assert order == sorted(order)


def test_pictures_alone_are_searched_by_the_emulated_tables(tmp_path):
    """Other families are asked of the index within, and doubtful bits count in the tables."""

    class Inner:
        def propose(self, family, codes, radius, doubtful=None):
            return family

    codes = np.random.default_rng(1).integers(0, 256, (3000, 32), dtype=np.uint8)
    engine = CodeEngine.open(
        tmp_path,
        role=Role.WRITER,
        family="anchored-1",
        epoch="e",
        key=b"k",
        profile=CodeProfile(plans=((1 << 32, B16),)),
    )
    engine.rebuild(1, np.arange(3000), codes)
    tables = Tables(windows=engine, whole=engine, around=FlatEngine(), crowded=0.0, each=1.0)
    scaled = ScaledIndex(Inner(), tables)
    assert scaled.propose(Family.FRAMES, codes, 31) is Family.FRAMES
    assert len(scaled.propose(Family.WHOLE, codes[:1], 31)) == 1
    codes = codes[:50]
    marks = np.packbits(np.random.default_rng(2).random((50, 256)) < 0.2, axis=1)
    plain = scaled.propose(Family.ANCHORED, codes ^ marks, 64)
    doubted = scaled.propose(Family.ANCHORED, codes ^ marks, 64, marks)
    assert (doubted.queries == doubted.ids).all()
    assert set(plain.ids.tolist()) < set(doubted.ids.tolist())
    engine.close()
