"""Sketches tell what shows the same, what moved, and what is new."""

import numpy as np
import pytest

from index.media.pictures.sketches import SAME_LEVELS, Sketches
from tests.support.media.pictures import scene

WIDE = np.asarray(scene(1, 640, 480).convert("L"))
OTHER = np.asarray(scene(2, 640, 480).convert("L"))


def view(left=0, top=0, picture=WIDE):
    """A cut of a picture."""
    return picture[top : top + 384, left : left + 512]


def noisy(plane, levels):
    """A plane with noise."""
    noise = np.random.default_rng(0).integers(-levels, levels + 1, plane.shape)
    return (plane.astype(int) + noise).clip(0, 255).astype(np.uint8)


def test_noise_is_not_distinct():
    """Frames that differ by noise of compression show the same."""
    sketches = Sketches(view())
    assert not sketches.is_distinct(view())
    assert not sketches.is_distinct(noisy(view(), 8))


def test_a_difference_in_one_place_is_distinct():
    """One area that differs suffices, and the frame is then known."""
    changed = view().copy()
    changed[100:124, 100:132] = 255 - changed[100:124, 100:132]
    sketches = Sketches(view())
    assert sketches.is_distinct(changed)
    assert not sketches.is_distinct(changed)
    assert not sketches.is_distinct(view())


def test_equal_means_do_not_hide_a_difference():
    """Stripes that have the grey level of what they replace are seen."""
    flat = np.full((384, 512), 128, np.uint8)
    stripes = flat.copy()
    stripes[:, ::16] = 128 + 8 * SAME_LEVELS
    stripes[:, 8::16] = 128 - 8 * SAME_LEVELS
    assert Sketches(flat).is_distinct(stripes)


def test_another_size_is_distinct():
    """A page of another size is another page."""
    assert Sketches(view()).is_distinct(WIDE)


def test_slow_changes_add_up():
    """Frames are compared with those that were looked at, so many small steps are seen."""
    sketches = Sketches(view())
    steps = [view() * (1 - share) + view(picture=OTHER) * share for share in np.linspace(0, 1, 100)]
    kept = sum(sketches.is_distinct(np.asarray(step, np.uint8)) for step in steps)
    assert 8 < kept < 100


@pytest.mark.parametrize(("left", "top"), [(8, 0), (0, 6), (8, 12)])
def test_what_moved_is_not_another_picture(left, top):
    """A camera that moves a little shows the same, and is distinct."""
    sketches = Sketches(view())
    assert sketches.is_distinct(view(left, top))
    assert not sketches.shows_another_picture()


def test_another_picture_is_told_until_it_is_looked_at():
    """A frame is compared with the last one that was looked at in full."""
    sketches = Sketches(view())
    assert sketches.is_distinct(view(picture=OTHER))
    assert sketches.shows_another_picture()
    sketches.look_in_full()
    assert sketches.is_distinct(view(8, 6, OTHER))
    assert not sketches.shows_another_picture()
    assert sketches.is_distinct(view(8, 6))
    assert sketches.shows_another_picture()
