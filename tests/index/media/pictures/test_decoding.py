"""Decoding: the same picture is the same plane however it was saved; the rest is a MediaError."""

import io
from dataclasses import replace

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from index.errors import EmptyMedia, MediaError, TooManyBytes, TooManyPixels, UndecodableMedia, UnknownFormat
from index.hashing.whole import pdq, pdq_of_bands
from index.limits import STANDARD
from index.media.pictures.decoding import full_size_luma, matching_plane
from index.media.pictures.formats import MediaFormat, sniff
from tests.support.media.pictures import saved, scene, sideways

MATCHING_DISTANCE = 12  # bits; far below the 31 within which pictures match
JPEG = {"quality": 90}


def deep_grey(image):
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def floating_grey(image):
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.float32) / 255)


def heic_sideways(image):
    turned = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.info["exif"] = exif.tobytes()
    return saved(turned, "HEIF", quality=80)


VARIANTS = {
    "CMYK JPEG": lambda image: saved(image.convert("CMYK"), "JPEG", **JPEG),
    "GIF": lambda image: saved(image, "GIF"),
    "palette PNG": lambda image: saved(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"),
    "PNG": lambda image: saved(image, "PNG"),
    "alpha PNG": lambda image: saved(image.convert("RGBA"), "PNG"),
    "grey alpha PNG": lambda image: saved(image.convert("LA"), "PNG"),
    "16-bit grey PNG": lambda image: saved(deep_grey(image), "PNG"),
    "16-bit grey TIFF": lambda image: saved(deep_grey(image), "TIFF"),
    "floating TIFF": lambda image: saved(floating_grey(image), "TIFF"),
    "CMYK TIFF": lambda image: saved(image.convert("CMYK"), "TIFF"),
    "TIFF": lambda image: saved(image, "TIFF"),
    "BMP": lambda image: saved(image, "BMP"),
    "WebP": lambda image: saved(image, "WEBP", quality=85),
    "AVIF": lambda image: saved(image, "AVIF", quality=70),
    "HEIC": lambda image: saved(image, "HEIF", quality=80),
    "MPO": lambda image: saved(image, "MPO", save_all=True, append_images=[image.rotate(90)], **JPEG),
    "sideways JPEG": lambda image: sideways(image, "JPEG", **JPEG),
    "sideways PNG": lambda image: sideways(image, "PNG"),
    "sideways TIFF": lambda image: sideways(image, "TIFF"),
    "sideways WebP": lambda image: sideways(image, "WEBP", quality=85),
    "sideways AVIF": lambda image: sideways(image, "AVIF", quality=70),
    "sideways HEIC": heic_sideways,
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_picture_saved_otherwise_has_the_same_code(variant):
    """Mode, palette, depth, transparency, orientation and format move PDQ by a few bits at most."""
    for seed in (1, 2, 3):
        image = scene(seed)
        plain = matching_plane(saved(image, "JPEG", **JPEG), STANDARD)
        other = matching_plane(VARIANTS[variant](image), STANDARD)
        assert (other.width, other.height) == (plain.width, plain.height) == image.size
        assert pdq(other.luma).distance(pdq(plain.luma)) <= MATCHING_DISTANCE


def test_a_large_jpeg_is_reduced_to_its_small_self():
    """A JPEG decoded at a fraction of its size has nearly the code of the full-size picture."""
    data = saved(scene(4, 3000, 2000), "JPEG", **JPEG)
    full = full_size_luma(data, STANDARD)
    plane = matching_plane(data, STANDARD)
    assert plane.luma.shape == (341, 512)
    assert plane.luma.dtype == np.uint8
    assert pdq(plane.luma).distance(pdq_of_bands(full.height, full.width, full.bands)) <= 24


def test_transparency_shows_white():
    """What is fully transparent is white, whatever colour lies under it; opaque pixels stay as they are."""
    image = Image.new("RGBA", (40, 40), (10, 20, 30, 0))
    image.paste((50, 50, 50, 255), (0, 0, 20, 40))
    luma = matching_plane(saved(image, "PNG"), STANDARD).luma
    assert set(luma[:, :20].flat) == {50}
    assert set(luma[:, 20:].flat) == {255}


def test_sixteen_bits_are_scaled_not_clipped():
    """The upper half of a 16-bit range stays apart from white."""
    levels = np.repeat(np.linspace(0, 65535, 64).astype(np.uint16)[None], 64, axis=0)
    luma = matching_plane(saved(Image.fromarray(levels), "PNG"), STANDARD).luma
    assert np.array_equal(luma[0], np.rint(levels[0] / 257))


def test_a_heic_thumbnail_is_never_looked_at(monkeypatch):
    """The code is that of the picture people see, not of a small one beside it, even where those are read."""
    monkeypatch.setattr(pillow_heif.options, "THUMBNAILS", True)
    image = scene(5, 1600, 1200)
    data = saved(image, "HEIF", quality=80, thumbnails=[1100])
    assert Image.open(io.BytesIO(data)).info["thumbnails"] == [1100]
    assert np.array_equal(
        matching_plane(data, STANDARD).luma,
        matching_plane(saved(image, "HEIF", quality=80), STANDARD).luma,
    )


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_each_allowed_format_is_told_by_its_content(name):
    """A file's first bytes name its format."""
    expected = MediaFormat.HEIC if name == "HEIF" else MediaFormat(name.lower())
    assert sniff(saved(scene(1, 64, 48), name)) is expected


@pytest.mark.parametrize("name", ["PPM", "TGA", "ICO", "PCX", "JPEG2000", "SGI", "PDF"])
def test_other_formats_are_refused(name):
    """A format off the list is UnknownFormat, even where Pillow could read it."""
    with pytest.raises(UnknownFormat):
        matching_plane(saved(scene(1, 64, 48), name), STANDARD)


def test_limits_are_checked_before_decoding():
    """Empty, overlong and oversized files are told as what they are, from their header alone."""
    data = saved(scene(1, 64, 48), "PNG")
    for limits, error in (
        (replace(STANDARD, max_bytes=len(data) - 1), TooManyBytes),
        (replace(STANDARD, max_pixels=64 * 48 - 1), TooManyPixels),
        (replace(STANDARD, max_side=63), TooManyPixels),
    ):
        with pytest.raises(error):
            matching_plane(data, limits)
    with pytest.raises(EmptyMedia):
        matching_plane(b"", STANDARD)
    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(TooManyPixels):
        matching_plane(bomb, STANDARD)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_truncated_files_are_media_errors(name):
    """A file cut anywhere is a MediaError or still a picture, and never another exception or a warning."""
    data = saved(scene(1, 96, 64), name)
    quoting = 0
    for length in range(0, len(data), max(1, len(data) // 97)):
        try:
            matching_plane(data[:length], STANDARD)
        except MediaError as error:
            quoting += isinstance(error, UndecodableMedia) and not error.__suppress_context__
    assert quoting == 0


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP"]),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255))),
)
def test_damaged_files_are_media_errors_and_decoding_is_deterministic(name, changes):
    """Whatever bytes are changed, the file decodes to the same plane twice or is a MediaError twice."""
    data = bytearray(saved(scene(1, 48, 32), name))
    for position, value in changes:
        data[position % len(data)] = value

    def outcome():
        try:
            return matching_plane(bytes(data), STANDARD).luma.tobytes()
        except MediaError as error:
            return error.code

    assert outcome() == outcome()
