"""What shows nothing is no replacement: gaps, cut-outs and bars, but not a smooth filling."""

import cv2
import numpy as np
import pytest

from index.regions.altered import altered_in_whole
from index.regions.blanks import blank_cells
from index.regions.describing import regional_signature
from tests.support.media.reuploads import luma_of

UPRIGHT = 0


def cut_out(luma):
    """An oval of the picture on black."""
    rows, columns = luma.shape
    y, x = np.mgrid[:rows, :columns]
    inside = np.hypot((x / columns - 0.5) / 0.42, (y / rows - 0.5) / 0.42) < 1
    return np.where(inside, luma, 0).astype(np.uint8)


def barred(luma):
    """The picture behind a wide bar of one level."""
    columns = luma.shape[1]
    covered = luma.copy()
    covered[:, columns // 2 : columns * 3 // 4] = 190
    return covered


def smoothed(luma):
    """The picture with light and shade instead of what its middle shows."""
    rows, columns = luma.shape
    shade = np.linspace(90, 160, columns // 2)[None].repeat(rows // 2, axis=0)
    filled = luma.copy()
    filled[rows // 4 : rows // 4 + rows // 2, columns // 4 : columns // 4 + columns // 2] = shade
    return filled


def recompressed(luma):
    """The picture as a JPEG."""
    return cv2.imdecode(cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("made", [cut_out, barred])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_blank_part_is_no_replacement(made, seed):
    """Black around a cut-out, and a bar, are no other picture."""
    luma = luma_of(seed)
    assert altered_in_whole(recompressed(made(luma)), UPRIGHT, regional_signature(luma)) == ()


def test_a_smooth_filling_is_a_replacement():
    """Light and shade have more than one level."""
    luma = luma_of(3)
    assert altered_in_whole(recompressed(smoothed(luma)), UPRIGHT, regional_signature(luma)) != ()


def test_cells_are_blank_where_one_level_is():
    """The cells of the blank half are named, and at its edge one more at most."""
    view = np.random.default_rng(3).integers(0, 256, (256, 256), np.uint8)
    view[:, 128:] = 77
    blank = blank_cells(view, 16).reshape(16, 16)
    assert blank[:, 8:].all()
    assert not blank[:, :7].any()
    assert blank_cells(np.zeros((256, 256), np.uint8), 16).all()
