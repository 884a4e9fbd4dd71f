"""Colours: what eyes see of a picture, upright, opaque and bounded, beside codes that they do not change."""

import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from index.errors import DecoderFailed, MediaError, UndecodableMedia
from index.limits import STANDARD
from index.media.pictures import decoding as images
from index.media.pictures.colours import COLOUR_SIDE, LATER_COLOUR_SIDE, pack_colours
from index.media.pictures.scenes import MAX_LATER_COLOURS
from index.pictures import wire as answers
from index.pictures.describing import Purpose, describe_in_process
from index.pictures.fingerprint import Fingerprinter
from index.windows.choosing import FULL
from tests.support.media.pictures import eval_files, saved, scene
from tests.support.media.query_frames import assert_same_query_frame

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 160, 40), (20, 40, 220), (90, 90, 90)
NOTICED = 8  # levels of one channel; a lossy codec's error of a flat colour stays below
FILE = saved(scene(3, 160, 120), "PNG")


def colours(data, purpose=Purpose.CHECK):
    """The colours of a file, made here and now."""
    return describe_in_process(data, purpose, colours=True).colours


def deep(rgb):
    """A PNG of 16 bits a channel, which Pillow reads and cannot write."""
    return cv2.imencode(".png", np.asarray(rgb)[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


def quarters(width=64, height=40):
    """A picture of four flat quarters, each of a colour of its own."""
    image = Image.new("RGB", (width, height), RED)
    for colour, place in (
        (GREEN, (width // 2, 0)),
        (BLUE, (0, height // 2)),
        (GREY, (width // 2, height // 2)),
    ):
        image.paste(colour, (*place, place[0] + width // 2, place[1] + height // 2))
    return image


SAVED = {
    "JPEG": lambda image: saved(image, "JPEG", quality=95, subsampling=0),
    "RGB JPEG": lambda image: saved(image, "JPEG", quality=95, keep_rgb=True),
    "CMYK JPEG": lambda image: saved(image.convert("CMYK"), "JPEG", quality=95, subsampling=0),
    "progressive JPEG": lambda image: saved(image, "JPEG", quality=95, subsampling=0, progressive=True),
    "PNG": lambda image: saved(image, "PNG"),
    "palette PNG": lambda image: saved(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"),
    "alpha PNG": lambda image: saved(image.convert("RGBA"), "PNG"),
    "16-bit PNG": deep,
    "GIF": lambda image: saved(image, "GIF"),
    "BMP": lambda image: saved(image, "BMP"),
    "TIFF": lambda image: saved(image, "TIFF"),
    "CMYK TIFF": lambda image: saved(image.convert("CMYK"), "TIFF"),
    "WebP": lambda image: saved(image, "WEBP", lossless=True),
    "AVIF": lambda image: saved(image, "AVIF", quality=95, subsampling="4:4:4"),
    "HEIC": lambda image: saved(image, "HEIF", quality=95, chroma=444),
    "MPO": lambda image: saved(image, "MPO", save_all=True, append_images=[image], quality=95, subsampling=0),
}


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("name", SAVED)
def test_known_colours_survive_every_format_and_mode(name, purpose):
    """Red, green, blue and grey come back where they were, however the picture was saved."""
    (found,) = colours(SAVED[name](quarters()), purpose)
    assert (found.shape, found.dtype) == ((40, 64, 3), np.uint8)
    apart = np.abs(found.astype(int) - np.asarray(quarters()))
    inner = np.ones((40, 64), bool)
    inner[16:24], inner[:, 28:36] = False, False  # codecs blur the edges
    assert apart[inner].max() <= NOTICED


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_are_three_equal_channels(name):
    """Grey of 16 bits is scaled, not clipped, as for the codes."""
    levels = np.repeat(np.linspace(0, 65_535, 64).astype(np.uint16)[None], 48, axis=0)
    (found,) = colours(saved(Image.fromarray(levels), name))
    assert np.array_equal(found, np.repeat(np.rint(levels / 257).astype(np.uint8)[..., None], 3, axis=2))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_colours_are_upright(name, orientation):
    """Whatever way the pixels lie, what EXIF says of it is done, as a viewer does."""
    lying = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what Pillow's transpose numbers undo
    method = lying.get(orientation)
    image = quarters() if method is None else quarters().transpose(Image.Transpose(method))
    exif = Image.Exif()
    exif[0x0112] = orientation
    for purpose in Purpose:
        (found,) = colours(saved(image, name, exif=exif, quality=95), purpose)
        assert found.shape == (40, 64, 3)
        for row, column, colour in ((8, 12, RED), (8, 52, GREEN), (32, 12, BLUE), (32, 52, GREY)):
            assert (
                np.abs(found[row, column].astype(int) - colour).max() <= 3 * NOTICED
            )  # chroma is subsampled


def test_transparency_shows_white():
    """What cannot be seen is white, whatever colour lies under it, and half of it is half white."""
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 20, 40))
    image.paste((255, 0, 0, 128), (0, 0, 20, 20))
    (found,) = colours(saved(image, "PNG"))
    assert set(map(tuple, found[:, 20:].reshape(-1, 3).tolist())) == {(255, 255, 255)}
    assert tuple(found[30, 10]) == RED
    assert tuple(found[10, 10]) == (255, 127, 127)


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [((1, 1), (1, 1)), ((5000, 30), (1280, 8)), ((30, 5000), (8, 1280)), ((5000, 2), (1280, 1)),
     ((1280, 960), (1280, 960)), ((960, 1280), (960, 1280)), ((1281, 900), (1280, 899)), ((640, 480), (640, 480)),
     ((2559, 1700), (1280, 850)), ((2560, 1700), (1280, 850)), ((3840, 2160), (1280, 720))],
)  # fmt: skip
def test_the_longest_side_is_bounded_and_nothing_is_enlarged(name, size, expected):
    """Sizes go down to 1280 with their aspect and never up, whatever fraction a JPEG is decoded at."""
    for purpose in Purpose:
        (found,) = colours(saved(Image.new("RGB", size, GREEN), name), purpose)
        assert found.shape[1::-1] == expected
        assert np.abs(found.astype(int) - GREEN).max() <= NOTICED


@pytest.mark.parametrize("width", [1280, 640, 17])
def test_what_fits_is_left_as_it_is(width):
    """A picture that is not too large comes back pixel for pixel."""
    image = scene(2, width, 90)
    for purpose in Purpose:
        assert np.array_equal(colours(saved(image, "PNG"), purpose)[0], np.asarray(image))


@pytest.mark.parametrize("width", [1400, 1920, 2560, 3000, 4500])
def test_reduction_is_an_average_of_areas(width):
    """A pattern finer than what remains becomes its mean, without moire, at any ratio."""
    dots = (np.indices((120, width)).sum(axis=0) % 2 * 255).astype(np.uint8)
    (found,) = colours(saved(Image.fromarray(dots), "PNG"))
    if width >= 2560:  # below, a pixel holds less than a whole period
        assert found[1:-1, 1:-1].std() < 0.2 * dots.std()
    assert abs(float(found.mean()) - 127.5) < 2
    slope = np.repeat(np.linspace(0, 255, width).astype(np.uint8)[None], 120, axis=0)
    (found,) = colours(saved(Image.fromarray(slope), "PNG"))
    expected = np.linspace(0, 255, COLOUR_SIDE)
    assert np.abs(found[:, :, 0] - expected).max() < 2


@pytest.mark.parametrize("width", [640, 1280, 1500, 2100, 4200])
def test_a_reduced_jpeg_is_the_reduced_picture(width):
    """Decoding a JPEG at a fraction of its size gives what averaging the whole of it gives, but for a little."""
    image = scene(5, width, width // 6)
    (found,) = colours(saved(image, "JPEG", quality=92))
    (whole,) = colours(saved(image, "PNG"))
    assert found.shape == whole.shape
    assert np.abs(found.astype(int) - whole).mean() < 3


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_colours_change_nothing_else(name, purpose):
    """With or without, the fingerprint is the same, to the bit, and without there are none."""
    data = SAVED[name](scene(4, 1400, 300))
    plain, coloured = (describe_in_process(data, purpose, colours=wanted) for wanted in (False, True))
    assert plain == coloured
    assert (plain.colours, len(coloured.colours)) == ((), 1)
    assert "colours" not in repr(coloured)
    for one, other in zip(plain.query_frames, coloured.query_frames, strict=True):
        assert_same_query_frame(one, other)


@pytest.mark.parametrize(
    ("name", "purpose", "decoded"),
    [("PNG", Purpose.CHECK, (1, 1)), ("PNG", Purpose.ENROL, (1, 1)), ("WebP", Purpose.CHECK, (1, 1)),
     ("HEIC", Purpose.ENROL, (1, 1)), ("JPEG", Purpose.CHECK, (1, 2)), ("JPEG", Purpose.ENROL, (2, 2))],
)  # fmt: skip
def test_a_file_is_decoded_once_where_once_is_enough(monkeypatch, name, purpose, decoded):
    """Only the check of a JPEG, of which no more than the luma is decoded, is decoded again for its colours."""
    opened = []
    plain = images.open_image
    monkeypatch.setattr(
        images, "open_image", lambda *given, **named: opened.append(given) or plain(*given, **named)
    )
    data = SAVED[name](scene(1, 320, 240))
    for wanted, expected in zip((False, True), decoded, strict=True):
        opened.clear()
        describe_in_process(data, purpose, colours=wanted)
        assert len(opened) == expected


ANIMATED = {"GIF": {}, "WEBP": {"lossless": True}, "PNG": {}, "TIFF": {}, "HEIF": {"quality": 95}, "AVIF": {}}


@pytest.mark.parametrize("name", ANIMATED)
def test_each_query_frame_of_an_animation_has_its_colours(name):
    """There are as many as query_frames, in their order, the later ones smaller; frames that are alike have none."""
    flats = [Image.new("RGB", (900, 600), colour) for colour in (RED, RED, BLUE, BLUE, GREEN)]
    flats[1].putpixel((0, 0), GREY)  # else encoders leave it out
    flats[3].putpixel((0, 0), GREY)
    data = saved(flats[0], name, save_all=True, append_images=flats[1:], **ANIMATED[name])
    made = describe_in_process(data, Purpose.CHECK, colours=True)
    assert len(made.colours) == len(made.query_frames) == 3
    assert [found.shape for found in made.colours] == [(600, 900, 3), (427, 640, 3), (427, 640, 3)]
    for found, colour in zip(made.colours, (RED, BLUE, GREEN), strict=True):
        assert np.abs(found[300 % len(found), 300].astype(int) - colour).max() <= NOTICED
    assert len(colours(data, Purpose.ENROL)) == 1


def test_each_picture_of_a_multi_picture_jpeg_has_its_colours():
    """The second picture of an MPO is decoded in colour too, and upright."""
    first, second = Image.new("RGB", (900, 600), RED), Image.new("RGB", (900, 600), BLUE)
    data = saved(first, "MPO", save_all=True, append_images=[second])
    found = colours(data)
    assert [one.shape for one in found] == [(600, 900, 3), (427, 640, 3)]
    assert np.abs(found[1][200, 300].astype(int) - BLUE).max() <= NOTICED


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF"])
def test_a_truncated_file_is_shown_in_colour_as_far_as_it_goes(name):
    """Of a file that is cut off the same part is decoded, however it is asked for."""
    data = saved(scene(1, 640, 480), name)
    cut = data[: len(data) // 3]
    plain, coloured = (describe_in_process(cut, Purpose.CHECK, colours=wanted) for wanted in (False, True))
    assert (plain.pdq, plain.is_whole) == (coloured.pdq, coloured.is_whole) == (plain.pdq, False)
    assert [one.shape for one in coloured.colours[:1]] == [(480, 640, 3)]


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "HEIF"])
def test_a_damaged_file_is_undecodable_with_colours_too(name):
    """A file that is cut off is the same error, however it is asked for."""
    data = saved(scene(1, 640, 480), name)
    for wanted in (False, True):
        with pytest.raises(UndecodableMedia):
            describe_in_process(data[: len(data) // 3], Purpose.CHECK, colours=wanted)


@pytest.fixture(scope="module")
def fingerprinter():
    """A warm pool of two workers."""
    with Fingerprinter(workers=2) as pool:
        pool.warm_up()
        yield pool


def outcome(fingerprinter, data, purpose, *, wanted):
    """What a file comes to: its fingerprint, or the code of its error."""
    try:
        return fingerprinter.describe(data, purpose, colours=wanted)
    except MediaError as error:
        return error.code


def test_hostile_files_have_the_same_outcome_with_colours(fingerprinter):
    """Of the hostile collection each file is what it is without: the same fingerprint, or the same refusal."""
    seen = 0
    for path in eval_files("hostile"):
        data = path.read_bytes()
        for purpose in Purpose:
            plain, coloured = (
                outcome(fingerprinter, data, purpose, wanted=wanted) for wanted in (False, True)
            )
            assert plain == coloured, path.name
            if not isinstance(plain, str):
                seen += 1
                most = min(1 + MAX_LATER_COLOURS, max(1, len(coloured.query_frames)))
                assert 1 <= len(coloured.colours) <= most, path.name
    assert seen > 50


def test_the_sandbox_changes_no_colour(fingerprinter):
    """Colours made in a worker are those made in process, for the largest answer that there is too."""
    frames = [Image.new("RGB", (1300, 1300), colour) for colour in (RED, GREEN, BLUE, GREY, "white")]
    largest = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    for data, purpose in ((largest, Purpose.CHECK), (FILE, Purpose.CHECK), (FILE, Purpose.ENROL)):
        sent, own = fingerprinter.describe(data, purpose, colours=True).colours, colours(data, purpose)
        assert len(sent) == len(own)
        assert all(np.array_equal(one, other) for one, other in zip(sent, own, strict=True))
    assert [one.shape for one in colours(largest)] == [(1280, 1280, 3)] + [(640, 640, 3)] * 4


def test_whoever_keeps_a_query_frame_keeps_no_colours(fingerprinter):
    """A query_frame's plane lies in a memory of its own, so that the colours go when they are dropped."""
    made = fingerprinter.describe(saved(scene(1, 1280, 960), "PNG"), Purpose.CHECK, colours=True)
    held = made.query_frames[0].luma
    while isinstance(held.base, np.ndarray):
        held = held.base
    assert len(held.base.obj) < 2 * made.query_frames[0].luma.nbytes


def reply(*, wanted, purpose=Purpose.CHECK):
    """What an honest worker answers."""
    return answers.serve(answers.request_header(purpose, STANDARD, FULL, colours=wanted) + FILE)


def read(data, purpose=Purpose.CHECK):
    """Read a reply as the parent does that asked for colours."""
    return answers.read(data, purpose, bytes(32), STANDARD, colours=True)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_reply_without_colours_is_what_it_was(purpose):
    """Colours stand before the rest, which is byte for byte the same with and without."""
    plain, coloured = (reply(wanted=wanted, purpose=purpose) for wanted in (False, True))
    shown = pack_colours(colours(FILE, purpose)[0])
    assert coloured == b"F\x01" + shown + plain[1:]
    assert np.array_equal(read(coloured, purpose).colours[0], np.asarray(scene(3, 160, 120)))


def picture(columns, rows, pixels=None):
    """A picture in colour as a worker sends it, with these bytes of pixels or as many as it says."""
    return struct.pack(">HH", rows, columns) + bytes(rows * columns * 3 if pixels is None else pixels)


HONEST = picture(160, 120)
LIES = {
    "none": [],
    "no colours where they were asked for": None,
    "two for one query_frame": [HONEST, HONEST],
    "six": [HONEST] * 6,
    "a byte too few": [picture(160, 120, 160 * 120 * 3 - 1)],
    "a byte too many": [picture(160, 120, 160 * 120 * 3 + 1)],
    "no columns": [picture(0, 120)],
    "no rows": [picture(160, 0)],
    "a side too large": [picture(COLOUR_SIDE + 1, 1)],
    "the largest side that can be said": [picture(65_535, 65_535, 10)],
    "another size than the picture's": [picture(120, 160)],
    "a later one too large": [HONEST, picture(LATER_COLOUR_SIDE + 1, 1)],
    "a head cut off": [b"\0\0\0"],
}


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("lie", LIES)
def test_colours_that_no_honest_worker_sends_are_refused(lie, purpose):
    """Numbers, sizes and lengths of colours are checked, each on its own, and are `DecoderFailed`."""
    rest = reply(wanted=False, purpose=purpose)[1:]
    assert read(b"F\x01" + HONEST + rest, purpose).colours[0].shape == (120, 160, 3)
    sent = LIES[lie]
    body = b"" if sent is None else bytes([len(sent)]) + b"".join(sent)
    with pytest.raises(DecoderFailed):
        read(b"F" + body + rest, purpose)


def test_any_cut_of_a_reply_is_refused():
    """A reply that ends anywhere before its end is `DecoderFailed`."""
    whole = reply(wanted=True)
    for length in (0, 1, 2, 4, 6, 7, 1000, len(HONEST), len(HONEST) + 2, len(HONEST) + 40, len(whole) - 1):
        with pytest.raises(DecoderFailed):
            read(whole[:length])


def test_a_reply_with_colours_that_were_not_asked_for_is_refused():
    """A worker cannot push pixels on a parent that wants none."""
    with pytest.raises(DecoderFailed):
        answers.read(reply(wanted=True), Purpose.CHECK, bytes(32), STANDARD)
