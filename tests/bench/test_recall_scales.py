"""The emulation of an index of more references."""

import numpy as np
import pytest

from benchmarks.recall.scales import CROWDED, ScaledIndex, thinned
from index.search import Hits, Role
from index.search.codes import CodeEngine, CodeProfile
from index.search.codes.plans import B16
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


def test_windows_of_pictures_alone_are_searched_by_the_emulated_tables(tmp_path):
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
    scaled = ScaledIndex(Inner(), engine, 0.0)
    assert scaled.propose(Family.WHOLE, codes, 31) is Family.WHOLE
    codes = codes[:50]
    marks = np.packbits(np.random.default_rng(2).random((50, 256)) < 0.2, axis=1)
    plain = scaled.propose(Family.ANCHORED, codes ^ marks, 64)
    doubted = scaled.propose(Family.ANCHORED, codes ^ marks, 64, marks)
    assert (doubted.queries == doubted.ids).all()
    assert set(plain.ids.tolist()) < set(doubted.ids.tolist())
    engine.close()
