"""Pages around pictures: a reference gets no windows on painted ground, but all windows of its photograph."""

import cv2
import numpy as np
import pytest
from PIL import Image

from index.frames.layout import inner_pictures
from index.frames.pages import inner_boxes, pictures_within, without_page
from index.windows.choosing import reference_windows
from index.windows.windows import Windows


def soft(seed, width, height, strength=200):
    """A picture without straight edges of its own."""
    random = np.random.default_rng(seed)
    noise = [
        np.asarray(
            Image.fromarray(
                random.normal(0, strength / cells**0.7, (cells, cells)).astype(np.float32)
            ).resize((width, height), Image.Resampling.BICUBIC)
        )
        for cells in (3, 6, 12, 24, 48)
    ]
    return (110 + sum(noise)).clip(0, 225).astype(np.uint8)


def test_inner_boxes_are_shares_of_the_page():
    """What enrolment proposes are rectangles of pictures, not of bare page, as shares of the page's sides."""
    page = np.full((512, 400), 250, np.uint8)
    page[120:340, 60:350] = soft(1, 290, 220)
    boxes, found = inner_boxes(pictures_within(page), page), inner_pictures(page)
    assert any(
        box.edges == pytest.approx((60 / 400, 120 / 512, 350 / 400, 340 / 512), abs=0.01) for box in boxes
    )
    shares = [(one.left / 400, one.top / 512, one.right / 400, one.bottom / 512) for one in found]
    assert {box.edges for box in boxes} <= set(shares)
    assert pictures_within(np.full((512, 400), 250, np.uint8)) == []


def test_a_page_around_a_picture_gives_no_windows():
    """Letters on a page are no windows of a reference; those of the picture stay."""
    page = np.full((512, 400), 250, np.uint8)
    page[120:340, 60:350] = soft(1, 290, 220)
    for row in range(5):
        cv2.putText(page, "words about it", (20, 380 + 28 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 10, 2)
    every = reference_windows(page)
    kept = without_page(every, pictures_within(page), page)
    y = (every.places[:, 1] + 0.5) / every.height * 512
    kept_y = (kept.places[:, 1] + 0.5) / kept.height * 512
    assert (y > 345).any()
    assert not (kept_y > 345).any()
    assert 8 <= len(kept) < len(every)


def test_a_picture_without_a_page_keeps_its_windows():
    """If there is nothing around the pictures, no window is left out."""
    photograph = soft(2, 512, 341, strength=90)
    alone = reference_windows(photograph)
    assert without_page(alone, pictures_within(photograph), photograph) is alone


def letters(page, top, lines):
    """Writes lines of words, dark on light and light on dark."""
    ink = 10 if page.mean() > 100 else 245
    for row in range(lines):
        cv2.putText(page, "words about it", (20, top + 28 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, ink, 2)


@pytest.mark.parametrize("ground", [250, 20, 128])
def test_a_page_of_letters_has_no_windows(ground):
    """Nothing of a page without pictures is registered by windows, whatever it is painted with."""
    page = np.full((512, 400), ground, np.uint8)
    letters(page, 60, 12)
    every = reference_windows(page)
    assert len(every) > 0
    assert len(without_page(every, pictures_within(page), page)) == 0


def test_noise_of_compression_hides_no_page():
    """A ground that JPEG left within two grey levels is a page still."""
    page = np.full((512, 400), 250, np.uint8)
    letters(page, 60, 12)
    rough = page + np.random.default_rng(3).integers(-2, 3, page.shape).astype(np.int8).view(np.uint8)
    assert len(without_page(reference_windows(rough), pictures_within(rough), rough)) == 0


def test_a_figure_on_a_painted_ground_keeps_its_own_windows():
    """A studio photograph before a white wall is not taken for a page: what lies on the figure stays."""
    studio = np.full((400, 400), 255, np.uint8)
    studio[60:400, 80:320] = soft(4, 240, 340)
    every = reference_windows(studio)
    kept = without_page(every, pictures_within(studio), studio)
    assert len(kept) >= len(every) / 2
    assert isinstance(kept, Windows)


def test_a_picture_without_points_has_nothing_to_lose():
    """No window in, no window out."""
    flat = np.full((300, 300), 90, np.uint8)
    assert len(without_page(reference_windows(flat), pictures_within(flat), flat)) == 0


@pytest.mark.parametrize("light", [0.5, 0.25, 0.12, 0.06])
@pytest.mark.parametrize("ground", [0, 100])
def test_a_dark_or_pale_photograph_is_no_page(light, ground):
    """Where levels lie close together a photograph's windows are not taken for a page's: nearly all stay."""
    photograph = (soft(2, 512, 341, strength=90) * light + ground).round().astype(np.uint8)
    every = reference_windows(photograph)
    kept = without_page(every, pictures_within(photograph), photograph)
    assert len(kept) >= 0.9 * len(every) > 20
