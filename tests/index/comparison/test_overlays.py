"""What was drawn over a copy is left out, and nothing else is."""

import cv2
import numpy as np
import pytest

from index.comparison.overlays import MAX_OVERLAY, filled, without_overlays
from index.comparison.refinement import FRAME_SIDE
from index.hashing.whole import pdq
from index.regions.surfaces import painted_surfaces
from tests.support.media.reuploads import luma_of

SEEDS = range(4)


def view_of(seed):
    """A drawn picture as it is seen in its own frame."""
    return cv2.resize(luma_of(seed), (FRAME_SIDE, FRAME_SIDE), interpolation=cv2.INTER_AREA)


def barred(view):
    """The view with two black bars, over an eighth of it."""
    out = view.copy()
    out[60:92, 30:150] = 0
    out[170:202, 80:200] = 0
    return out


def stickered(view):
    """The view with a bright disc that has a dark face."""
    out = view.copy()
    cv2.circle(out, (90, 100), 36, 235, -1)
    for x in (78, 102):
        cv2.circle(out, (x, 92), 6, 30, -1)
    return out


@pytest.mark.parametrize("dress", [barred, stickered], ids=lambda dress: dress.__name__)
def test_an_overlay_is_left_out(dress):
    """Without it the view is nearer to the registered code, by a quarter at the median."""
    before, after = [], []
    for seed in SEEDS:
        held = pdq(view_of(seed))
        view = dress(view_of(seed))
        before.append(pdq(view).distance(held))
        after.append(pdq(without_overlays(view, held)).distance(held))
    assert all(later <= earlier for earlier, later in zip(before, after, strict=True))
    assert np.median(before) > 31
    assert np.median(after) <= 0.75 * np.median(before)


def test_what_is_filled_is_the_gap_alone():
    """Pixels around a gap stay, and those within lie between the levels around it."""
    view = view_of(1)
    gap = np.zeros(view.shape, np.bool_)
    gap[100:130, 80:160] = True
    out = filled(view, gap)
    assert (out[~gap] == view[~gap]).all()
    ring = view[90:140, 70:170][~gap[90:140, 70:170]]
    assert ring.min() <= out[gap].min() <= out[gap].max() <= ring.max()


def test_a_slope_is_filled_with_the_slope():
    """Filling is smooth: a gap in a slope of grey is filled to within a few levels of it."""
    view = np.tile(np.linspace(20, 230, FRAME_SIDE), (FRAME_SIDE, 1)).astype(np.uint8)
    gap = np.zeros(view.shape, np.bool_)
    gap[110:140, 110:140] = True
    assert np.abs(filled(view, gap)[gap].astype(int) - view[gap]).max() <= 16


@pytest.mark.parametrize("gap", [np.zeros, np.ones])
def test_nothing_and_everything_may_be_a_gap(gap):
    """No gap changes nothing; where nothing is known the outcome is a plane all the same."""
    view = view_of(2)
    out = filled(view, gap(view.shape, np.bool_))
    assert out.shape == view.shape
    assert out.dtype == np.uint8
    if gap is np.zeros:
        assert (out == view).all()


def test_a_stranger_is_not_brought_near():
    """Whatever is left out, one picture stays far from another's code."""
    for seed in SEEDS:
        view, held = stickered(view_of(seed)), pdq(view_of(seed + 400))
        assert pdq(without_overlays(view, held)).distance(held) > 60


def test_no_more_than_a_quarter_is_left_out():
    """A picture that is mostly painted over is not restored from its code: what is filled is a quarter at most."""
    view = view_of(3)
    held = pdq(view)
    view = view.copy()
    for left in range(0, FRAME_SIDE, 32):
        view[16:240, left + 4 : left + 28] = 10 + left % 64
    out = without_overlays(view, held)
    assert (out != view).mean() <= MAX_OVERLAY + 0.5  # moved once more, edges change by a level or two
    assert pdq(out).distance(held) > 60


def test_a_flat_view_has_nopainted_surfaces():
    """One level has no edge, noise no surface: both come back as they are."""
    flat = np.full((FRAME_SIDE, FRAME_SIDE), 90, np.uint8)
    noise = np.random.default_rng(1).integers(0, 256, flat.shape, np.uint8)
    for view in (flat, noise):
        assert painted_surfaces(view) == []
        assert without_overlays(view, pdq(view_of(1))) is view
