"""Gaps: strips and tiles of one picture are joined again, other pictures are left alone."""

import io

import numpy as np
import pytest
from PIL import Image

from index.frames.views.gaps import closed, may_have_gaps
from tests.support.media.pages import page, soft

PICTURE = np.asarray(soft(1, 400, 300))


def parted(plane, count, gap, *, level=120):
    """Return a plane cut into strips across, with gaps."""
    band = np.full((gap, plane.shape[1]), level, np.uint8)
    strips = [part for strip in np.array_split(plane, count) for part in (strip, band)]
    return np.vstack(strips[:-1])


@pytest.mark.parametrize("count", [3, 4, 6])
@pytest.mark.parametrize("gap", [9, 20])
def test_strips_are_joined(count, gap):
    """Strips across and strips down, but for a pixel on each side of a gap."""
    for turned in (False, True):
        cut = parted(PICTURE.T if turned else PICTURE, count, gap)
        joined = closed(np.ascontiguousarray(cut.T if turned else cut))
        lost = 2 * (count - 1)
        assert joined.shape == (300, 400 - lost) if turned else (300 - lost, 400)


def test_a_grid_is_joined():
    """Two by two tiles have one gap each way."""
    grid = parted(parted(PICTURE, 2, 12).T, 2, 12).T
    assert closed(np.ascontiguousarray(grid)).shape == (298, 398)


def test_strips_are_joined_after_a_lossy_save():
    """A JPEG of quality 40 leaves ripples in the gaps."""
    file = io.BytesIO()
    Image.fromarray(parted(PICTURE, 4, 15)).save(file, "JPEG", quality=40)
    joined = closed(np.asarray(Image.open(file)))
    assert 285 <= joined.shape[0] <= 300


def test_other_pictures_are_left():
    """A plain picture, one with bars above and below, and one with a single gap."""
    barred = np.pad(PICTURE, ((40, 40), (0, 0)))
    for plane in (PICTURE, barred, parted(PICTURE, 2, 12)):
        assert closed(plane) is None


def test_gaps_that_differ_are_left():
    """A page has gaps of many widths."""
    cut = np.vstack(
        [PICTURE, np.full((8, 400), 9, np.uint8), PICTURE, np.full((30, 400), 9, np.uint8), PICTURE]
    )
    assert closed(cut) is None


def test_a_page_of_text_is_left():
    """It has more gaps than a picture is cut by."""
    assert closed(np.asarray(page(400, 500, size=12))) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_planes_are_left(level):
    """Nothing is left between gaps that are everywhere."""
    assert closed(np.full((200, 200), level, np.uint8)) is None


def test_deciding_by_a_small_plane():
    """A scene is not looked at closely; a cut picture is."""
    assert not may_have_gaps(np.ascontiguousarray(PICTURE[::2, ::2]))
    assert may_have_gaps(np.ascontiguousarray(parted(PICTURE, 3, 12)[::2, ::2]))
