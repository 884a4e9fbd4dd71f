"""Decoding: the same picture is the same plane however it was saved; the rest is a MediaError."""

import io
import time
import zlib
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
from index.media.pictures import later_frames as frames
from index.media.pictures.decoding import full_size_luma, later_planes, matching_plane
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


ANIMATED = {
    "GIF": {},
    "WEBP": {"lossless": True},
    "PNG": {},
    "AVIF": {},
    "TIFF": {"compression": "tiff_lzw"},
    "HEIF": {"quality": 90},
    "MPO": {},
}


def animation(name, scenes, size=(96, 64), **options):
    """A file with a frame for each scene."""
    pictures = [scene(seed, *size) for seed in scenes]
    return saved(pictures[0], name, save_all=True, append_images=pictures[1:], **ANIMATED[name], **options)


def later(data):
    return later_planes(data, STANDARD, matching_plane(data, STANDARD))


@pytest.mark.parametrize("name", [name for name in ANIMATED if name != "MPO"])
def test_later_frames_are_sampled_evenly_up_to_the_last(name):
    """Of nine frames the third, fifth, seventh and ninth are looked at, each of them the frame that it is."""
    found = later(animation(name, range(1, 10)))
    assert found.is_whole
    assert len(found.planes) == 4
    for plane, seed in zip((one.luma for one in found.planes), (3, 5, 7, 9), strict=True):
        frame = np.asarray(scene(seed, 96, 64).convert("L"))
        assert np.abs(plane.astype(int) - frame).mean() < 12  # GIF has 256 colours
        assert min(range(1, 10), key=lambda other: np.abs(
            plane.astype(int) - np.asarray(scene(other, 96, 64).convert("L"))).mean()) == seed  # fmt: skip


@pytest.mark.parametrize("name", ANIMATED)
def test_frames_that_show_nothing_new_are_left_out(name):
    """A frame like the first, or like one already chosen, is no further plane; two frames have one further plane."""
    # Frames that are the same to the last bit are merged by some encoders: these differ in one pixel.
    first, second = scene(1, 96, 64), scene(2, 96, 64)
    again = first.copy()
    again.putpixel((0, 0), (1, 2, 3))
    # Pillow writes wrong offsets into an MPO of more than three pictures.
    more = [again, second] if name == "MPO" else [again, second, second]
    data = saved(first, name, save_all=True, append_images=more, **ANIMATED[name])
    assert len(later(data).planes) == 1
    assert later(data).is_whole
    assert len(later(animation(name, (1, 2))).planes) == 1


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_single_pictures_have_no_later_planes(name):
    """A file of one picture has nothing more to show, and is complete."""
    assert later(saved(scene(1, 96, 64), name)).planes == ()


def test_an_ordinary_jpeg_costs_nothing_more():
    """Whether a JPEG has more pictures is known from its header: asking takes less than 50 microseconds."""
    data = saved(scene(1), "JPEG", **JPEG)
    first = matching_plane(data, STANDARD)
    began = time.process_time()
    for _ in range(1_000):
        later_planes(data, STANDARD, first)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_a_damaged_later_frame_ends_the_sampling_and_is_told(name):
    """A file whose end is missing has the first picture it had, no error, and is not complete."""
    data = animation(name, range(1, 4))
    cut = data[: len(data) * 4 // 5]
    if name == "TIFF":  # the directories lie behind their pages, so the whole of the last page is zeroed
        cut = data[: len(data) * 4 // 5] + bytes(len(data) // 5)
    if name == "WEBP":  # libwebp opens no file that is shorter than its header says
        start = data.rindex(b"VP8L") + 13  # nor one in which a frame's own header is damaged
        cut = data[:start] + b"\xff" * (len(data) - start)
    assert np.array_equal(matching_plane(cut, STANDARD).luma, matching_plane(data, STANDARD).luma)
    assert not later(cut).is_whole


def test_an_animation_too_long_to_go_through_is_not_complete(monkeypatch):
    """Beyond the bounds on frames, pixels and pages nothing is decoded, and that is told."""
    data = animation("GIF", range(1, 10))
    pages = animation("TIFF", range(1, 10))
    assert later(data).is_whole
    for name, most, planes in (
        ("MAX_FRAMES", 3, 3),
        ("MAX_LATER_PIXELS", 96 * 64 * 2, 2),
        ("MAX_FRAME_PIXELS", 96 * 64 - 1, 0),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(frames, name, most)
            assert (len(later(data).planes), later(data).is_whole) == (planes, False)
    for name, most, planes in (("MAX_PAGES", 3, 3), ("MAX_LATER_PIXELS", 96 * 64 * 2, 2)):
        with monkeypatch.context() as patch:
            patch.setattr(frames, name, most)
            assert (len(later(pages).planes), later(pages).is_whole) == (planes, False)


def test_a_png_that_lies_about_its_frames_is_not_complete():
    """Announcing other frames than there are is no way to hide some, nor to keep a decoder busy."""
    data = animation("PNG", range(1, 6))
    place = data.index(b"acTL") + 4
    for count in (2, 4, 6, 2**31 - 1):
        body = count.to_bytes(4) + data[place + 4 : place + 8]
        lie = data[:place] + body + zlib.crc32(b"acTL" + body).to_bytes(4) + data[place + 12 :]
        assert not later(lie).is_whole
        assert later(lie).planes


def test_a_frame_beyond_the_canvas_is_not_complete():
    """A later GIF frame of 14,000 x 14,000 pixels takes neither its memory nor the time to fill it."""
    data = animation("GIF", range(1, 4), disposal=2)
    place = data.index(b",\0\0\0\0", data.index(b",\0\0\0\0") + 1)
    lie = data[: place + 5] + (14_000).to_bytes(2, "little") * 2 + data[place + 9 :]
    began = time.process_time()
    assert not later(lie).is_whole
    assert time.process_time() - began < 0.5


def test_a_tiff_whose_pages_run_in_circles_ends():
    """A directory that names an earlier one as the next ends the file."""
    data = animation("TIFF", range(1, 4))
    pages, place = [], int.from_bytes(data[4:8], "little")
    while place:
        end = place + 2 + 12 * int.from_bytes(data[place : place + 2], "little")
        pages.append((place, end))
        place = int.from_bytes(data[end : end + 4], "little")
    end = pages[-1][1]
    loop = data[:end] + pages[1][0].to_bytes(4, "little") + data[end + 4 :]
    assert len(later(loop).planes) == 2
