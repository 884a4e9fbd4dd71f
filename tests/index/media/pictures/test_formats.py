"""Each format has a largest picture, which the header decides, and which errors name."""

import struct

import numpy as np
import pytest
from PIL import Image

from index.errors import TooManyPixels
from index.limits import STANDARD
from index.media.pictures.decoding import full_size_luma, matching_plane
from index.media.pictures.formats import SIZE_LIMITS, size_limits_text
from index.media.pictures.large_webp import large_webp
from index.media.pictures.modes import opaque
from index.media.pictures.opening import open_image
from index.pictures import wire
from index.pictures.describing import Purpose
from tests.support.media.pictures import saved, scene


def resized(jpeg, width, height):
    """A JPEG whose header announces another size."""
    data = bytearray(jpeg)
    place = next(data.index(marker) for marker in (b"\xff\xc0\0\x11", b"\xff\xc2\0\x11") if marker in data)
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def one_scan_each(jpeg):
    """A JPEG whose first scan announces one component, so that its decoder has to expect more scans."""
    place = jpeg.index(b"\xff\xda")
    return jpeg[:place] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + jpeg[place + 14 :]


def test_large_jpegs_are_checked():
    """A JPEG of 50 megapixels is checked and registered, and one of 200 megapixels is checked."""
    fifty = saved(Image.new("L", (8_160, 6_120), 90), "JPEG")
    assert matching_plane(fifty, STANDARD).width == 8_160
    assert full_size_luma(fifty, STANDARD).height == 6_120
    most = resized(saved(scene(1, 64, 48), "JPEG"), 16_320, 12_240)
    assert open_image(most, STANDARD)[1].size == (16_320, 12_240)
    with pytest.raises(TooManyPixels):
        open_image(most, STANDARD, at_full_size=True)


@pytest.mark.parametrize(
    ("jpeg", "megapixels"),
    [
        (saved(scene(1, 64, 48), "JPEG"), 210),
        (saved(scene(1, 64, 48), "JPEG", progressive=True), 60),
        (one_scan_each(saved(scene(1, 64, 48), "JPEG")), 60),
    ],
)
def test_a_jpeg_is_limited_by_the_memory_of_its_scans(jpeg, megapixels):
    """A JPEG in several scans has its coefficients in memory, whether it is progressive or not."""
    side = int((megapixels * 1_000_000) ** 0.5)
    assert open_image(resized(jpeg, side, side), STANDARD)[1].size == (side, side)
    with pytest.raises(TooManyPixels, match=f"{megapixels}"):
        open_image(resized(jpeg, side + 2, side + 2), STANDARD)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_large_webp_of_one_frame_is_decoded(mode):
    """A WebP of 26 megapixels, above what Pillow's decoder can hold, has the plane of the picture."""
    image = Image.new(mode, (6_000, 4_400), (200, 180, 90, 255)[: len(mode)])
    image.paste(scene(1, 3_000, 4_400), (0, 0))
    plane = matching_plane(saved(image, "WEBP", lossless=True, method=0, quality=0), STANDARD)
    small = matching_plane(saved(image.reduce(2), "PNG"), STANDARD)
    assert np.abs(plane.luma.astype(int) - small.luma).mean() < 2


def test_both_decoders_of_webp_give_the_same_pixels():
    """OpenCV's and Pillow's decoders agree bit by bit, lossy and lossless, with and without transparency."""
    for seed in range(12):
        image = scene(seed, 37 + 31 * seed, 250 - 13 * seed)
        if seed % 2:
            image.putalpha(Image.linear_gradient("L").resize(image.size))
        data = saved(image, "WEBP", quality=20 + 6 * seed, lossless=seed % 3 == 0)
        assert np.array_equal(
            large_webp(data, image.size), opaque(open_image(data, STANDARD)[1]).convert("RGB")
        )


def test_a_large_animated_webp_is_refused():
    """An animation needs Pillow's decoder, which holds several canvases."""
    frames = [Image.new("RGB", (5_000, 4_400), level) for level in (90, 120)]
    data = saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, method=0, quality=0
    )
    with pytest.raises(TooManyPixels):
        matching_plane(data, STANDARD)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_error_names_the_limits(purpose):
    """The answer tells the largest picture of each format, for a check and for a registration."""
    is_registered = purpose is Purpose.ENROL
    for one in SIZE_LIMITS:
        size = one.registered if is_registered else one.checked
        assert f"{one.name} {size}" in size_limits_text(is_registered=is_registered)
    with pytest.raises(TooManyPixels) as raised:
        wire.read(b"X" + TooManyPixels.code.encode(), purpose, bytes(32), STANDARD)
    assert size_limits_text(is_registered=is_registered) in str(raised.value)
