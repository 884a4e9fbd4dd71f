"""Parts of planes: pictures on pages, in strips and on contact sheets are looked at, text is not, work is bounded."""

import time

import numpy as np
import pytest
from PIL import Image

from index.frames.parts import finding, parts_of
from index.frames.parts.finding import LONG, SEEN_SHARE
from tests.support.media.pages import contact_sheet, page, soft, strip

LEAST = 100


def is_seen(rectangles, place):
    """Whether one of the parts shows the place nearly whole, and not too small."""
    left, top, right, bottom = place
    area = (right - left) * (bottom - top)
    for one in rectangles:
        wide = min(one.right, right) - max(one.left, left)
        high = min(one.bottom, bottom) - max(one.top, top)
        if min(wide, high) > 0 and wide * high >= 0.9 * area and area >= 0.9 * SEEN_SHARE * one.area:
            return True
    return False


@pytest.mark.parametrize("gap", [0, 1, 7, 40])
def test_each_picture_of_a_strip_is_seen(gap):
    """Pictures below each other, of different heights, with gaps or without."""
    sheet, places = strip([soft(seed, 400, 250 + 30 * (seed % 4)) for seed in range(12)], gap)
    found = parts_of(np.asarray(sheet), LEAST)
    assert found.is_whole
    assert all(is_seen(found.rectangles, place) for place in places)
    assert len(found.rectangles) <= len(places) + 2


@pytest.mark.parametrize(
    ("columns", "gap", "ground"), [(3, 0, 0), (5, 12, 250), (8, 0, 0), (8, 3, 10), (4, 40, 128)]
)
def test_each_picture_of_a_contact_sheet_is_seen(columns, gap, ground):
    """Square cells in rows, on dark and light ground."""
    tiles = [soft(seed, 180, 180) for seed in range(columns * columns)]
    sheet, places = contact_sheet(tiles, columns, gap, ground)
    found = parts_of(np.asarray(sheet), LEAST)
    missed = [place for place in places if not is_seen(found.rectangles, place)]
    assert len(missed) <= 1 + len(places) // 32
    assert len(found.rectangles) <= len(places) + 3


@pytest.mark.parametrize(("ground", "ink"), [(250, 30), (18, 230)])
def test_pictures_on_a_page_of_text_are_seen_and_text_is_not(ground, ink):
    """Two pictures on a page of four screens are two parts."""
    pictures = [(soft(1, 400, 300), (60, 900)), (soft(2, 180, 240), (500, 3000))]
    sheet = page(720, 6240, pictures, ground=ground, ink=ink)
    found = parts_of(np.asarray(sheet), LEAST)
    assert is_seen(found.rectangles, (60, 900, 460, 1200))
    assert is_seen(found.rectangles, (500, 3000, 680, 3240))
    assert len(found.rectangles) <= 4


@pytest.mark.parametrize("size", [16, 24, 34, 60])
def test_a_page_of_text_has_no_parts(size):
    """Ten screens of text alone are seen whole, without a look at a part."""
    found = parts_of(np.asarray(page(720, 15600, size=size)), LEAST)
    assert (found.rectangles, found.is_whole) == ((), True)


def test_a_long_picture_becomes_overlapping_squares():
    """A panorama is covered, squares overlap, and no part is long."""
    found = parts_of(np.asarray(soft(3, 6000, 600)), LEAST)
    assert found.is_whole
    covered = np.zeros(6000, np.int64)
    for one in found.rectangles:
        assert one.right - one.left <= LONG * (one.bottom - one.top)
        covered[one.left : one.right] += 1
    assert covered.min() >= 1
    assert covered.mean() > 1.4


def test_a_plain_picture_has_no_parts():
    """A picture without straight edges is seen whole, where only sure edges count."""
    planes = [np.asarray(soft(seed, 800, 600)) for seed in range(4)]
    assert not any(parts_of(plane, LEAST, is_strict=True).rectangles for plane in planes)


def _nested(side):
    plane = np.zeros((side, side), np.uint8)
    for number, edge in enumerate(range(0, side // 2, 3)):
        plane[edge : side - edge, edge : side - edge] = 255 * (number % 2)
    return plane


def _noise(width, height):
    return np.random.default_rng(0).integers(0, 256, (height, width)).astype(np.uint8)


def _checks(width, height, side):
    down, across = np.mgrid[:height, :width] // side
    return ((down + across) % 2 * 255).astype(np.uint8)


HOSTILE = {
    "noise": lambda: _noise(8000, 1000),
    "nested": lambda: _nested(2000),
    "checks": lambda: _checks(4000, 2000, 20),
    "large checks": lambda: _checks(4000, 2000, 125),
    "lines": lambda: np.repeat(_noise(1, 4000), 1500, axis=1),
    "thin": lambda: _noise(20_000, 3),
    "column": lambda: _noise(1, 20_000),
    "black": lambda: np.zeros((3000, 3000), np.uint8),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_planes_are_cut_within_bounds(name):
    """Whatever a plane shows, parts lie within it, and finding them takes little processor time."""
    plane = HOSTILE[name]()
    began = time.process_time()
    found = parts_of(plane, LEAST)
    assert time.process_time() - began < 1.5
    height, width = plane.shape
    for one in found.rectangles:
        assert 0 <= one.left < one.right <= width
        assert 0 <= one.top < one.bottom <= height


def test_work_that_reaches_a_bound_is_told(monkeypatch):
    """With too many pieces the rest is looked at as it is, and the result is not whole."""
    monkeypatch.setattr(finding, "MAX_PIECES", 5)
    sheet, _ = strip([soft(seed, 400, 300) for seed in range(12)], 10)
    found = parts_of(np.asarray(sheet), LEAST)
    assert not found.is_whole
    assert found.rectangles


def test_a_scene_with_a_painted_ground_is_seen_as_one():
    """A picture of which most is overexposed is a part with all its ground."""
    scene = Image.new("L", (300, 300), 255)
    scene.paste(soft(4, 300, 160), (0, 0))
    sheet, places = strip([soft(5, 300, 300), scene, soft(6, 300, 300), soft(7, 300, 260), soft(8, 300, 240)])
    found = parts_of(np.asarray(sheet), LEAST)
    left, top, right, _ = places[1]
    assert is_seen(found.rectangles, (left, top, right, top + 160))
