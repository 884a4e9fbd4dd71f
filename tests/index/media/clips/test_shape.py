"""Pixels that are not square: frames are described, and their size is told, as a player shows them."""

import io
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from index.limits import STANDARD_CLIP
from index.media.clips.decoding import Clip
from index.media.clips.shape import MAX_STRETCH, square_size
from tests.support.media.clips import film, still, turned_on_its_side
from tests.support.media.pictures import eval_files, scene

SHAPES = [Fraction(4, 3), Fraction(3, 2), Fraction(16, 9), Fraction(3, 4), Fraction(2, 3), Fraction(9, 16)]


def seen(data, colours_every_ms=None):
    """The first frame of a clip, and the clip."""
    with Clip(io.BytesIO(data), STANDARD_CLIP) as clip:
        return next(iter(clip.frames(500, colours_every_ms))), clip


def squeezed(shape, container="mp4", codec="libx264", width=320, height=320):
    """A clip of a scene, stored with pixels of a shape, and the scene as it is shown."""
    shown = (round(width * shape), height) if shape > 1 else (width, round(height / shape))
    picture = np.asarray(scene(4, *shown))
    stored = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return film([stored] * 3, container, codec, pixel_shape=shape), picture


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    ("container", "codec"),
    [("mp4", "libx264"), ("matroska", "libx264"), ("mpegts", "libx264"), ("mp4", "mpeg4")],
)
def test_pixels_are_made_square(container, codec, shape):
    """A clip stored squeezed, whatever says so, is seen and told in the shape in which it is shown."""
    data, picture = squeezed(shape, container, codec)
    frame, clip = seen(data, 500)
    height, width = picture.shape[:2]
    assert (clip.width, clip.height) == (width, height)
    expected = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    expected = cv2.resize(expected, frame.luma.shape[::-1], interpolation=cv2.INTER_AREA)
    assert abs(frame.luma.shape[1] / frame.luma.shape[0] - width / height) < 0.01
    assert float(np.abs(frame.luma.astype(np.int16) - expected).mean()) < 8
    assert abs(frame.colours.shape[1] / frame.colours.shape[0] - width / height) < 0.01


def test_a_disc_is_seen_in_its_shape():
    """A frame of 720 x 576 on a disc with 16:9 is shown 1024 pixels wide."""
    picture = np.asarray(scene(4, 720, 576))
    _, clip = seen(film([picture] * 2, "vob", "mpeg2video", pixel_shape=Fraction(64, 45)))
    assert (clip.width, clip.height) == (1024, 576)


def test_pixels_are_made_square_before_the_frame_is_turned():
    """A clip that is turned by its container has wide pixels along its height."""
    frame, clip = seen(turned_on_its_side(squeezed(Fraction(3, 2))[0]))
    assert (clip.width, clip.height) == (320, 480)
    assert frame.luma.shape == (480, 320)


@pytest.mark.parametrize("shape", [Fraction(1, 10_000), Fraction(10_000), Fraction(9), Fraction(1, 9)])
def test_an_absurd_shape_is_not_believed(shape):
    """A pixel that is many times wider than high, or higher than wide, is taken as square."""
    _, clip = seen(film(still(1, 2, 64, 48), pixel_shape=shape))
    assert (clip.width, clip.height) == (64, 48)


def test_a_shape_that_changes_in_the_middle_is_followed():
    """In joined transport streams each part is seen in its own shape."""
    parts = [
        film([np.asarray(scene(4, 320, 240))] * 50, "mpegts", pixel_shape=shape)
        for shape in (1, Fraction(3, 2))
    ]
    with Clip(io.BytesIO(b"".join(parts)), STANDARD_CLIP) as clip:
        shapes = [frame.luma.shape for frame in clip.frames(500)]
    assert (shapes[0], shapes[-1]) == ((240, 320), (240, 480))


@pytest.mark.parametrize(
    "shape", [*SHAPES, Fraction(1), Fraction(MAX_STRETCH), Fraction(1, MAX_STRETCH)], ids=str
)
@pytest.mark.parametrize("size", [(1, 1), (320, 240), (32_768, 1_200), (1_200, 32_768), (6_000, 6_000)])
def test_a_frame_with_square_pixels_stays_within_the_limits(size, shape):
    """Whatever the shape, no side and no area goes beyond what a frame may have, and none becomes zero."""
    bounds = replace(STANDARD_CLIP.decoder, max_side=32_768, max_pixels=40_000_000)
    width, height = square_size(*size, shape, replace(STANDARD_CLIP, decoder=bounds))
    assert 1 <= min(width, height) <= max(width, height) <= 32_768
    assert width * height <= 40_000_000
    if min(size) > 100:
        assert abs(width / height / (size[0] / size[1] * float(shape)) - 1) < 0.02


def test_the_reported_clip_is_shown_as_the_registered_one():
    """The reported anamorphic clip has the size of the clip that it was made from."""
    sizes = set()
    for path in eval_files("reports/clip-aspect"):
        with path.open("rb") as file, Clip(file, STANDARD_CLIP) as clip:
            next(iter(clip.frames(500)))
            sizes.add((clip.width, clip.height))
    assert sizes == {(480, 320)}
