"""The share of codes found beyond the exact radius, compared with the combinatorial figure."""

import numpy as np
import pytest

from index.search.codes.engines import CodeEngine, ExactCodeEngine
from index.search.codes.flat import FlatEngine
from index.search.codes.plans import B11, B12, M12, M14, M16, CodeProfile
from index.search.contract import Changes, Role

ALL = 1 << 32


def planted(kind, plan, folder, codes):
    engine = kind.open(
        folder,
        role=Role.WRITER,
        family="f",
        epoch="e",
        key=b"k",
        profile=CodeProfile(plans=((ALL, plan),)),
    )
    engine.rebuild(1, np.arange(len(codes)), codes)
    return engine


@pytest.mark.parametrize(
    ("plan", "distances"),
    [
        (M16, (36, 40, 50, 60)),
        (M14, (36, 40, 50, 60)),
        (M12, (36, 40, 50, 60)),
        (B12, (4, 8, 12, 16, 20, 24, 31)),
        (B11, (4, 8, 12, 16, 20, 24, 31)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_meets_the_stated_share(tmp_path, random_codes, flipped, plan, distances):
    """Of 4,000 codes at each distance the share found lies within 4 standard errors of the stated one."""
    codes = random_codes(4000)
    kind = ExactCodeEngine if plan.exact_radius >= 31 else CodeEngine
    engine = planted(kind, plan, tmp_path, codes)
    for distance in distances:
        hits = engine.propose(flipped(codes, np.full(4000, distance)), 64)
        met = np.count_nonzero(hits.distances == distance)
        stated = engine.recall_at(distance)
        error = np.sqrt(max(stated * (1 - stated), 1e-4) / 4000)
        assert abs(met / 4000 - stated) <= 4 * error, (distance, met, stated)


def test_a_scan_states_certainty(random_codes):
    """A flat engine finds everything up to 64 bits and says so."""
    engine = FlatEngine()
    engine.apply(Changes(sequence=1, add_ids=np.arange(5), add_codes=random_codes(5)))
    assert [engine.recall_at(d) for d in (0, 31, 72, 73)] == [1, 1, 1, 0]


def test_a_banded_profile_is_no_exact_engine(tmp_path):
    """An engine that promises exactness cannot be opened with a plan that misses codes."""
    with pytest.raises(ValueError, match="not exact"):
        ExactCodeEngine.open(
            tmp_path,
            role=Role.WRITER,
            family="f",
            epoch="e",
            key=b"k",
            profile=CodeProfile(plans=((ALL, B12),)),
        )
