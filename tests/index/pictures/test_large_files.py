"""The largest pictures, honest and hostile, stay within what one file may cost: 2 s and 512 MB."""

import struct

import pytest
from PIL import Image

from index.errors import TooManyPixels, UndecodableMedia
from index.pictures.describing import Purpose
from tests.support.media.heic_grids import grid
from tests.support.media.metering import MAX_RESIDENT_MB, Meter
from tests.support.media.pictures import saved, scene


@pytest.fixture(scope="module")
def meter():
    """One worker, measured."""
    with Meter() as worker:
        yield worker


def announced(jpeg, width, height):
    """A JPEG whose header announces another size."""
    data = bytearray(jpeg)
    place = next(data.index(marker) for marker in (b"\xff\xc0\0", b"\xff\xc2\0") if marker in data)
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def many_scans(width, height, scans):
    """A progressive JPEG whose last scan is repeated."""
    data = announced(saved(scene(1, 64, 48), "JPEG", progressive=True), width, height)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * scans + data[-2:]


def deceptive_grids():
    """Grids whose tiles are missing, are larger than said, or announce more than they are."""
    yield grid(16, 12, tiles=3)
    yield grid(2, 2, announced=(8_192, 6_144))
    yield grid(4, 4, tile_side=2_048, said_side=64, announced=(256, 256))
    yield grid(200, 200, tile_side=32, announced=(6_400, 6_400))
    yield grid(255, 255, tile_side=32, announced=(8_000, 6_000))


def test_a_heic_of_48_megapixels_in_tiles_is_taken(meter):
    """A phone's picture of 16 x 12 tiles is checked and registered within the memory of one file."""
    for purpose in Purpose:
        cost = meter.measure(grid(16, 12), purpose)
        assert (cost.outcome, cost.resident_mb < MAX_RESIDENT_MB) == ("heic", True)
    assert meter.measure(grid(20, 12), Purpose.CHECK).outcome == TooManyPixels.code


def test_grids_that_lie_cost_little(meter):
    """A grid that announces other tiles than it has is undecodable, and costs nothing."""
    for data in deceptive_grids():
        cost = meter.measure(data, Purpose.CHECK)
        assert (cost.outcome, cost.is_bounded) == (UndecodableMedia.code, True)


@pytest.mark.parametrize(
    "data",
    [
        announced(saved(scene(1, 64, 48), "JPEG"), 16_320, 12_800),
        announced(saved(scene(1, 64, 48), "JPEG"), 32_760, 6_400),
        announced(saved(scene(1, 64, 48), "JPEG", progressive=True), 8_000, 7_500),
        announced(saved(scene(1, 64, 48).convert("CMYK"), "JPEG"), 14_000, 14_000),
        many_scans(8_000, 6_200, 8),
        many_scans(8_000, 6_200, 80),
    ],
    ids=["200 MP", "a long side", "progressive", "CMYK", "scans", "too many scans"],
)
def test_jpegs_of_few_bytes_and_many_pixels_cost_little(meter, data):
    """A JPEG that announces up to 210 megapixels and has none of them is refused or held, within the bound."""
    assert meter.measure(data, Purpose.CHECK).is_bounded
    assert meter.measure(data, Purpose.ENROL).is_bounded


def test_honest_large_pictures_stay_within_the_memory(meter):
    """JPEG of 50 megapixels, in one scan and in several, and WebP of 40 take less than 512 MB for a check."""
    picture = Image.new("RGB", (8_160, 6_120), (90, 120, 60))
    picture.paste(scene(1, 1_600, 1_200), (100, 100))
    files = [
        saved(picture, "JPEG", quality=80),
        saved(picture, "JPEG", quality=80, progressive=True, subsampling=0),
        saved(Image.new("RGB", (8_000, 5_000), (90, 120, 60)), "WEBP", lossless=True, method=0, quality=0),
    ]
    for data in files:
        assert meter.measure(data, Purpose.CHECK).resident_mb < MAX_RESIDENT_MB
