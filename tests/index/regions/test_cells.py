"""Cells of a grid are read alike in place and shifted, and fast."""

import numpy as np
import pytest

from index.regions.cells import (
    cell_histograms,
    direction_maps,
    log_textures,
    projected,
    shifted_histograms,
)
from tests.support.media.reuploads import luma_of

CANVAS = np.ascontiguousarray(luma_of(3)[:128, :128])
STEP = 4.0  # two blocks of two pixels


def test_the_first_of_the_shifts_is_none():
    """The middle of the cross is the grid in place."""
    maps = direction_maps(CANVAS)
    assert np.array_equal(shifted_histograms(maps, 1.5)[0], cell_histograms(maps))


@pytest.mark.parametrize(("place", "axis", "move"), [(1, 1, 4), (2, 1, -4), (3, 0, 4), (4, 0, -4)])
def test_a_shifted_grid_reads_what_a_moved_canvas_shows(place, axis, move):
    """Away from the edge it is the same to read four pixels to the left and to move the picture to the right."""
    inner = np.zeros((16, 16), np.bool_)
    inner[3:-3, 3:-3] = True
    read = shifted_histograms(direction_maps(CANVAS), STEP)[place]
    moved = cell_histograms(direction_maps(np.ascontiguousarray(np.roll(CANVAS, move, axis=axis))))
    assert np.allclose(read[inner.ravel()], moved[inner.ravel()], rtol=1e-3, atol=1e-2)


def test_a_negative_has_opposite_gradients():
    """The projections of the negative follow from the histograms of the picture, and the textures are the same."""
    maps, negative = direction_maps(CANVAS), direction_maps(255 - CANVAS)
    differ = np.abs(projected(cell_histograms(maps), is_inverted=True) - projected(cell_histograms(negative)))
    assert np.percentile(differ, 99) < 1e-3
    textures = [log_textures(cell_histograms(one)) for one in (maps, negative)]
    assert np.allclose(*textures, atol=1e-3)


def test_no_weight_is_denormal():
    """Products with denormal numbers take ten times as long, so a cell far from an edge of light sees nothing of it."""
    canvas = np.zeros((128, 128), np.uint8)
    canvas[:, 64:] = 200
    found = cell_histograms(direction_maps(canvas))
    assert not ((found != 0) & (np.abs(found) < np.finfo(np.float32).tiny)).any()
    assert (found[:32] == 0).any()
