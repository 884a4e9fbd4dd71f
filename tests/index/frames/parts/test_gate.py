"""The gate: plain pictures are not decoded in detail, pictures that may show smaller ones are."""

import numpy as np
import pytest

from index.frames.parts import may_have_parts
from tests.support.media.pages import contact_sheet, page, soft


def reduced(picture):
    """The matching plane of a grey picture."""
    small = picture.copy()
    small.thumbnail((512, 512))
    return np.asarray(small)


@pytest.mark.parametrize("seed", range(6))
def test_the_gate_is_closed_for_plain_pictures(seed):
    """Portrait or landscape, of any size."""
    for size in ((1600, 1200), (900, 1600), (300, 200)):
        assert not may_have_parts(reduced(soft(seed, *size)), size)


def test_the_gate_is_closed_for_pictures_too_small_to_hide_one():
    """A strip of 60 x 400 pixels has no room for a picture of 160."""
    assert not may_have_parts(reduced(soft(1, 60, 400)), (60, 400))


@pytest.mark.parametrize("size", [(600, 4000), (4000, 600), (1080, 23_400)])
def test_the_gate_is_open_for_long_pictures(size):
    """No camera makes them."""
    assert may_have_parts(reduced(soft(1, *size)), size)


@pytest.mark.parametrize(("columns", "gap"), [(3, 0), (5, 20), (8, 0), (8, 8)])
def test_the_gate_is_open_for_contact_sheets(columns, gap):
    """Cells of 160 pixels, with gaps or without."""
    sheet, _ = contact_sheet([soft(seed, 160, 160) for seed in range(columns**2)], columns, gap)
    assert may_have_parts(reduced(sheet), sheet.size)


def test_the_gate_is_open_for_a_small_picture_on_one_screen():
    """A picture of 160 pixels among text on a screen of 1080 x 2340."""
    sheet = page(1080, 2340, [(soft(2, 160, 200), (800, 1200))])
    assert may_have_parts(reduced(sheet), sheet.size)
