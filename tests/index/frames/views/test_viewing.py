"""Which views an upload gets, and where they lie."""

import numpy as np
import pytest

from index.frames.views import MAX_VIEWS, NEARLY_WHOLE, views_of
from index.verdict import WHOLE
from tests.support.media.pages import contact_sheet, soft
from tests.support.media.perspectives import seen_at_angle


@pytest.mark.parametrize("size", [(512, 384), (384, 512), (250, 250), (130, 100)])
def test_a_plain_picture_has_none(size):
    """Its shape asks for none."""
    assert views_of(np.asarray(soft(1, *size))) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 512), (40, 512), (95, 95)])
def test_a_small_plane_has_none(shape):
    """It shows too little, whatever its levels are."""
    assert views_of(np.zeros(shape, np.uint8)) == ()


def test_a_picture_at_an_angle_is_viewed_from_the_front():
    """The view tells the box around the quadrilateral."""
    scene, corners = seen_at_angle(np.pad(np.asarray(soft(1, 320, 240)), 10), 45, ground=255)
    (view,) = views_of(scene)
    around = np.concatenate([corners.min(axis=0), corners.max(axis=0)]) / (640, 480, 640, 480)
    assert view.part.edges == pytest.approx(around, abs=0.02)


def test_no_view_is_a_frame_of_its_own():
    """A frame that is `WHOLE` has whole codes and makes an upload an animation."""
    scene, _ = seen_at_angle(np.pad(np.asarray(soft(1, 320, 240)), 10), 45, ground=255)
    tiles, _ = contact_sheet([soft(1, 200, 160)] * 9, 3, 12)
    for plane in (scene, np.asarray(tiles.resize((512, 416)))):
        views = views_of(plane)
        assert 1 <= len(views) <= MAX_VIEWS
        assert all(view.part != WHOLE and view.part.is_proper for view in views)
    assert NEARLY_WHOLE.coarsened() == WHOLE
