"""Parts of an upload as a check describes them: places, numbers, bounds."""

import time

import numpy as np
import pytest
from PIL import Image

from index.frames.parts import finding
from index.media.pictures import work
from index.pictures import parts
from index.pictures.describing import Purpose, describe_in_process
from index.verdict.boxes import WHOLE
from tests.support.media.pages import contact_sheet, page, soft, strip
from tests.support.media.pictures import saved, sideways

PICTURE = soft(1, 400, 300)
CAPTURE = page(720, 4680, [(PICTURE, (100, 2000))])


def described(picture, media_format="PNG", **options):
    """Describe a drawn upload for a check."""
    return describe_in_process(saved(picture, media_format, **options), Purpose.CHECK)


@pytest.mark.parametrize("media_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_part_tells_its_place_in_the_whole_picture(media_format):
    """The look at the picture of a long page has its edges, within a few pixels."""
    made = described(CAPTURE, media_format)
    places = [one.part for one in made.query_frames if one.part != WHOLE]
    assert len(places) == 1
    assert places[0].edges == pytest.approx((100 / 720, 2000 / 4680, 500 / 720, 2300 / 4680), abs=0.006)
    assert made.is_whole


def test_a_part_lies_in_the_upright_picture():
    """A JPEG on its side, whose EXIF data say so, is cut after it was turned."""
    made = describe_in_process(sideways(CAPTURE, "JPEG"), Purpose.CHECK)
    places = [one.part.edges for one in made.query_frames if one.part != WHOLE]
    assert places == [pytest.approx((100 / 720, 2000 / 4680, 500 / 720, 2300 / 4680), abs=0.006)]


def test_a_plain_picture_is_one_look():
    """It costs no more than without parts."""
    assert len(described(soft(2, 1200, 900), "JPEG").query_frames) == 1


def test_an_enrolment_has_no_parts():
    """A reference is registered as before."""
    made = describe_in_process(saved(CAPTURE, "PNG"), Purpose.ENROL)
    assert made.query_frames == ()


def test_without_windows_there_are_no_parts():
    """The whole codes of parts are not searched."""
    made = describe_in_process(saved(CAPTURE, "PNG"), Purpose.CHECK, profile=None)
    assert len(made.query_frames) == 1


def test_parts_beyond_the_bound_are_told(monkeypatch):
    """Left out, they may show anything."""
    monkeypatch.setattr(parts, "MAX_PARTS", 3)
    sheet, _ = strip([soft(seed, 300, 300) for seed in range(12)], 12)
    made = described(sheet)
    assert len(made.query_frames) == 1 + 3
    assert not made.is_whole


def test_a_search_that_reached_its_bound_is_told(monkeypatch):
    """So is a search for parts that was not finished."""
    monkeypatch.setattr(finding, "MAX_PIECES", 2)
    sheet, _ = strip([soft(seed, 300, 300) for seed in range(12)], 12)
    assert not described(sheet).is_whole


def test_a_long_page_of_text_is_whole():
    """A lawful upload is not held, and nothing of it needs a look."""
    made = described(page(1080, 11_700, size=40))
    assert (len(made.query_frames), made.is_whole) == (1, True)


def test_a_sheet_of_8_by_8_pictures_is_whole():
    """Neighbours are looked at together."""
    sheet, _ = contact_sheet([soft(seed, 180, 180) for seed in range(64)], 8, 6)
    made = described(sheet)
    assert made.is_whole
    assert 30 <= len(made.query_frames) <= 66


def test_a_check_without_time_for_all_parts_is_told(monkeypatch):
    """The work on one file is bounded in processor time."""
    monkeypatch.setattr(work, "MAX_WORK_S", 0.0)
    made = described(CAPTURE)
    assert (len(made.query_frames), made.is_whole) == (1, False)


@pytest.mark.slow
def test_a_long_strip_of_noise_is_described_within_bounds():
    """The longest picture that is decoded takes at most as long as a check may."""
    noise = np.random.default_rng(0).integers(0, 256, (1000, 32_000)).astype(np.uint8)
    data = saved(Image.fromarray(noise), "JPEG", quality=30)
    began = time.process_time()
    describe_in_process(data, Purpose.CHECK)
    assert time.process_time() - began < 4
