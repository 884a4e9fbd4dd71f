"""A preview that shows the same as its picture adds nothing; one that shows something else is looked at."""

import time

import numpy as np
import pytest
from PIL import Image

from index.media.pictures.embedded.heic_thumbnails import with_thumbnail_first
from index.media.pictures.previews import shows_the_same
from index.pictures.describing import Purpose, describe_in_process
from tests.support.media.carriers import (
    letterboxed,
    with_exif_thumbnail,
    with_jfif_thumbnail,
    with_photoshop_thumbnail,
)
from tests.support.media.pictures import saved, scene

OWN, OTHER = scene(1, 960, 540), scene(2, 960, 540)
CARRIERS = {
    "EXIF of a JPEG": lambda image, small: with_exif_thumbnail(image, small, "JPEG", quality=90),
    "EXIF of a PNG": lambda image, small: with_exif_thumbnail(image, small, "PNG"),
    "EXIF of a WebP": lambda image, small: with_exif_thumbnail(image, small, "WEBP"),
    "EXIF of a HEIC": lambda image, small: with_exif_thumbnail(image, small, "HEIF"),
    "EXIF of an AVIF": lambda image, small: with_exif_thumbnail(image, small, "AVIF"),
    "Photoshop": lambda image, small: with_photoshop_thumbnail(saved(image, "JPEG"), small),
    "JFIF": lambda image, small: with_jfif_thumbnail(saved(image, "JPEG"), small.resize((120, 90))),
}


def described(data):
    return describe_in_process(data, Purpose.CHECK)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_preview_that_differs_is_a_further_plane(carrier):
    """A thumbnail of another picture is looked at, in every place where a thumbnail can be."""
    seen = described(CARRIERS[carrier](OWN, letterboxed(OTHER)))
    assert [len(seen.query_frames), seen.is_whole] == [2, True]
    small = np.asarray(letterboxed(OTHER).convert("L").resize((64, 48))).astype(int)
    found = np.asarray(Image.fromarray(seen.query_frames[1].luma).resize((64, 48)))
    assert np.abs(small - found).mean() < 6


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_preview_of_the_picture_adds_nothing(carrier):
    """The thumbnail that a camera writes shows the same, with black bars or squeezed to its size."""
    for small in (letterboxed(OWN), OWN.resize((160, 120)), OWN.resize((160, 90))):
        seen = described(CARRIERS[carrier](OWN, small))
        assert [len(seen.query_frames), seen.is_whole] == [1, True]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_preview_may_be_turned(angle):
    """Cameras store the thumbnail as the sensor saw it, and programs turn one of the two."""
    small = letterboxed(OWN.rotate(angle, expand=True), (120, 160) if angle % 180 else (160, 120))
    assert len(described(with_exif_thumbnail(OWN, small, "JPEG")).query_frames) == 1


def test_a_crop_and_a_painted_picture_differ_from_their_old_preview():
    """Programs that leave the thumbnail as it was show in it what was cut away or painted over."""
    cropped = OWN.crop((0, 0, 480, 540))
    painted = OWN.copy()
    painted.paste((128, 128, 128), (200, 100, 760, 440))
    for image in (cropped, painted):
        assert len(described(with_exif_thumbnail(image, letterboxed(OWN), "JPEG")).query_frames) == 2


def test_previews_of_many_pictures_show_the_same():
    """Of 100 pictures the thumbnails at the quality of cameras show the same, and those of others do not."""
    small = [letterboxed(scene(seed, 480, 320)) for seed in range(100)]
    planes = [np.asarray(scene(seed, 480, 320).convert("L")) for seed in range(100)]
    thumbnails = [np.asarray(one.convert("L")) for one in small]
    assert all(shows_the_same(plane, one) for plane, one in zip(planes, thumbnails, strict=True))
    others = zip(planes, thumbnails[1:], strict=False)
    assert not any(shows_the_same(plane, one) for plane, one in others)


def test_the_thumbnail_of_a_heic_is_looked_at_if_it_differs():
    """A HEIC with a thumbnail item has one copy with the thumbnail as its picture; its own adds nothing."""
    data = saved(scene(5, 800, 600), "HEIF", quality=60, thumbnails=[256])
    (copy,) = with_thumbnail_first(data)
    assert described(copy).width == 256
    assert len(described(data).query_frames) == 1
    assert with_thumbnail_first(saved(scene(5, 80, 60), "HEIF")) == []
    for length in range(0, 1_200, 7):
        assert len(with_thumbnail_first(data[:length])) <= 1


def test_a_damaged_preview_shows_nothing():
    """A thumbnail that cannot be decoded, or lies about its place, is left out; the file is whole."""
    data = with_exif_thumbnail(OWN, letterboxed(OTHER), "PNG")
    start = data.index(b"\xff\xd8\xff")
    for broken in (
        data[: start + 2] + bytes(200) + data[start + 202 :],
        data.replace(b"\x01\x02\x04\0", b"\x01\x02\x09\0"),
    ):
        seen = described(broken)
        assert [len(seen.query_frames), seen.is_whole] in ([1, True], [2, True])


def test_comparing_a_preview_costs_little():
    """Comparing a preview takes less than 2 ms."""
    plane, small = (
        np.asarray(OWN.convert("L").resize((512, 288))),
        np.asarray(letterboxed(OTHER).convert("L")),
    )
    began = time.process_time()
    for _ in range(50):
        shows_the_same(plane, small)
    assert (time.process_time() - began) / 50 < 0.002
