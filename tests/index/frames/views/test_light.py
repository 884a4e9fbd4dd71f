"""Uneven light: strong vignettes are undone, pictures in even light and black walls are left."""

import numpy as np
import pytest

from index.frames.views.light import evenly_lit, uneven_light
from index.hashing import pdq
from tests.support.media.pages import soft


def vignetted(plane, spread, floor=0.06):
    """Return a plane in light that falls off around its middle."""
    y, x = (np.linspace(-1, 1, side) for side in plane.shape)
    share = floor + (1 - floor) * np.exp(-(x[None] ** 2 + y[:, None] ** 2) / 2 / spread**2)
    return np.rint(plane * share).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_a_vignette_is_undone(seed):
    """The whole code of the view lies near that of the picture."""
    plane = np.asarray(soft(seed, 400, 300))
    dark = vignetted(plane, 0.45)
    light = uneven_light(dark)
    assert light is not None
    view = evenly_lit(dark, light)
    assert pdq(view).distance(pdq(plane)) < pdq(dark).distance(pdq(plane)) - 8
    assert max(view.shape) <= 320


@pytest.mark.parametrize("seed", range(3))
def test_even_light_is_left(seed):
    """So is a slight vignette, which the windows bear."""
    plane = np.asarray(soft(seed, 400, 300))
    assert uneven_light(plane) is None
    assert uneven_light(vignetted(plane, 2.0)) is None


def test_a_black_wall_is_left():
    """Around a lit face nothing is hidden by the dark."""
    plane = np.full((300, 400), 3, np.uint8)
    plane[80:220, 120:280] = np.asarray(soft(1, 160, 140))
    assert uneven_light(plane) is None


@pytest.mark.parametrize("level", [0, 7, 255])
def test_a_flat_plane_is_left(level):
    """It has no differences to explain."""
    assert uneven_light(np.full((100, 160), level, np.uint8)) is None
