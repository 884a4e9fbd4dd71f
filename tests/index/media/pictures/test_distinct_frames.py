"""Every distinct frame or page of a file is looked at, and a bound that is reached is told."""

import time
import zlib

import numpy as np
import pytest
from PIL import Image

from index.limits import STANDARD
from index.media.choices import OPEN_CHOICES, SecretChoices
from index.media.pictures import distinct_frames as module
from index.media.pictures import later_frames as frames
from index.media.pictures import work
from index.media.pictures.decoding import matching_plane
from index.media.pictures.distinct_frames import MEAN_WITHOUT_WINDOWS, LaterPlanes
from index.media.pictures.later_frames import MAX_FRAMES
from index.media.pictures.shown import ShownPlanes
from tests.support.media.pictures import saved, scene

ANIMATED = {
    "GIF": {},
    "WEBP": {"lossless": True},
    "PNG": {},
    "AVIF": {},
    "TIFF": {"compression": "tiff_lzw"},
    "HEIF": {"quality": 90},
}
SIZE = (96, 64)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No test depends on how busy the machine is."""
    monkeypatch.setattr(work, "MAX_WORK_S", 1e6)


def file_of(name, pictures, **options):
    """A file with a frame for each picture."""
    return saved(pictures[0], name, save_all=True, append_images=pictures[1:], **ANIMATED[name], **options)


def animation(name, scenes, **options):
    """A file with a frame for each scene."""
    return file_of(name, [scene(seed, *SIZE) for seed in scenes], **options)


def planes_of(data, first, spent=None):
    """The planes of the later frames, and whether they are all."""
    found = LaterPlanes(data, STANDARD, first, spent)
    return ShownPlanes(planes=tuple(found), is_whole=found.is_whole)


def later(data):
    return planes_of(data, matching_plane(data, STANDARD))


@pytest.mark.parametrize("name", ANIMATED)
@pytest.mark.parametrize("number", [6, 12, 30])
def test_every_distinct_frame_is_looked_at_in_full(name, number):
    """Each frame is the plane that it is, in the file's order, with windows."""
    found = later(animation(name, range(number)))
    assert (len(found.planes), found.is_whole) == (number - 1, True)
    assert all(one.in_full for one in found.planes)
    greys = [np.asarray(scene(seed, *SIZE).convert("L")).astype(int) for seed in range(number)]
    for seed, one in enumerate(found.planes, 1):
        distances = [np.abs(grey - one.luma).mean() for grey in greys]
        assert distances[seed] < 12  # GIF has 256 colours
        assert int(np.argmin(distances)) == seed


@pytest.mark.parametrize("name", ANIMATED)
def test_frames_that_show_nothing_new_are_left_out(name):
    """A frame like the first, or like one already chosen, is no further plane; two frames have one further plane."""
    # Frames that are the same to the last bit are merged by some encoders: these differ in one pixel.
    first, second = scene(1, 288, 192), scene(2, 288, 192)
    again = first.copy()
    again.putpixel((0, 0), (1, 2, 3))
    found = later(file_of(name, [first, again, second, second, again, second]))
    assert (len(found.planes), found.is_whole) == (1, True)
    assert len(later(animation(name, (1, 2))).planes) == 1


def test_alternating_pictures_are_two():
    """Of two pictures that take turns, however often, each is looked at once."""
    found = later(animation("GIF", [1, 2] * 100))
    assert (len(found.planes), found.is_whole) == (1, True)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_single_pictures_have_no_later_planes(name):
    """A file of one picture has nothing more to show, and is complete."""
    found = later(saved(scene(1, *SIZE), name))
    assert (found.planes, found.is_whole) == ((), True)


def test_an_ordinary_jpeg_costs_nothing_more():
    """Whether a JPEG has more pictures is known from its header: asking takes less than 50 microseconds."""
    data = saved(scene(1), "JPEG", quality=90)
    first = matching_plane(data, STANDARD)
    began = time.process_time()
    for _ in range(1_000):
        planes_of(data, first)
    assert time.process_time() - began < 0.05


# Which frames have windows.


def panned(number, step=1):
    """Views of one wide picture by a camera that moves."""
    wide = scene(1, 480, 240)
    return [wide.crop((step * place, 0, step * place + 320, 240)) for place in range(number)]


def test_a_moving_camera_needs_few_windows():
    """Frames that show what the last one showed, a little aside, are whole codes alone, except now and then."""
    found = later(file_of("WEBP", panned(60)))
    in_full = [place for place, one in enumerate(found.planes, 1) if one.in_full]
    assert (len(found.planes), found.is_whole) == (59, True)
    assert len(in_full) < 59 / 3
    assert max(np.diff([0, *in_full])) <= MEAN_WITHOUT_WINDOWS


def test_a_flashed_frame_has_windows_wherever_it_is():
    """One frame of another picture among many alike is looked at in full, and so is the one behind it."""
    for place in (1, 7, 19):
        pictures = panned(20)
        pictures[place] = scene(9, 320, 240)
        found = later(file_of("WEBP", pictures))
        assert [one.in_full for one in found.planes][place - 1 : place + 1] == [True] * min(2, 20 - place)


def test_an_inset_that_appears_in_one_frame_has_windows():
    """A picture of a quarter of the width and height, pasted into one frame of a moving one, is looked at in full."""
    for seed in range(20, 28):
        pictures = panned(9)
        pictures[5].paste(scene(seed, 110, 82), (150, 70))
        assert later(file_of("WEBP", pictures)).planes[4].in_full


def test_dark_pictures_are_told_from_each_other():
    """Pictures at a fifth of their light are distinct, and have windows."""
    dark = [scene(seed, 320, 240).point(lambda level: level // 5) for seed in range(6)]
    found = later(file_of("PNG", dark))
    assert [one.in_full for one in found.planes] == [True] * 5


def test_more_pictures_than_get_windows_are_not_whole(monkeypatch):
    """Beyond the bound on windows pictures have whole codes alone, and that is told."""
    monkeypatch.setattr(module, "MAX_IN_FULL", 4)
    for number, is_whole in ((5, True), (6, False)):
        found = later(animation("GIF", range(number)))
        assert (len(found.planes), sum(one.in_full for one in found.planes)) == (number - 1, 4)
        assert found.is_whole is is_whole


# Bounds.


def test_more_distinct_frames_than_are_looked_at_are_not_whole(monkeypatch):
    """The bound on distinct frames is told; frames that show nothing new do not count."""
    monkeypatch.setattr(module, "MAX_DISTINCT", 3)
    assert later(animation("GIF", [*range(4), *range(4)])).is_whole
    found = later(animation("GIF", range(5)))
    assert (len(found.planes), found.is_whole) == (3, False)


@pytest.mark.parametrize(
    ("name", "bound"), [("GIF", "MAX_FRAMES"), ("TIFF", "MAX_PAGES"), ("HEIF", "MAX_PAGES")]
)
def test_a_file_too_long_to_go_through_is_not_whole(name, bound, monkeypatch):
    """Beyond the bounds on frames and pages nothing is decoded, and that is told."""
    data = animation(name, range(9))
    assert later(data).is_whole
    monkeypatch.setattr(frames, bound, 3)
    assert (len(later(data).planes), later(data).is_whole) == (3, False)


def test_a_canvas_too_large_to_go_through_is_not_whole(monkeypatch):
    """Of an animation whose canvas is too large only the first frame is decoded."""
    monkeypatch.setattr(frames, "MAX_FRAME_PIXELS", SIZE[0] * SIZE[1] - 1)
    found = later(animation("GIF", range(9)))
    assert (found.planes, found.is_whole) == ((), False)


@pytest.mark.parametrize("name", ANIMATED)
def test_time_ends_the_decoding_and_is_told(name, monkeypatch):
    """What would take more time than a check has is not decoded."""
    data = animation(name, range(3))
    first = matching_plane(data, STANDARD)
    monkeypatch.setattr(work, "MAX_WORK_S", 2.8)
    spent = work.Work(began_s=time.process_time() - 2.8)
    found = planes_of(data, first, spent)
    assert (found.planes, found.is_whole) == ((), False)


def test_what_is_done_with_each_plane_counts(monkeypatch):
    """Decoding goes on as far as there is time after the description of the planes so far."""
    clock = iter(range(1000))
    data = animation("GIF", range(9))
    first = matching_plane(data, STANDARD)
    monkeypatch.setattr(work, "MAX_WORK_S", 5.5)
    monkeypatch.setattr(work.time, "process_time", lambda: float(next(clock)))
    found = planes_of(data, first)
    assert (len(found.planes), found.is_whole) == (5, False)


def test_a_page_that_takes_too_long_alone_is_not_decoded(monkeypatch):
    """The size of a page says what it costs before it is decoded."""
    pages = [scene(1, *SIZE), Image.new("L", (5_000, 5_000)), scene(2, *SIZE)]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    monkeypatch.setattr(work, "MAX_WORK_S", 0.5)
    monkeypatch.setattr(work.time, "process_time", lambda: 0.0)
    assert (later(data).planes, later(data).is_whole) == ((), False)


# Damaged and hostile files.


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_a_damaged_later_frame_ends_the_decoding_and_is_told(name):
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


def test_a_png_that_lies_about_its_frames_is_not_complete():
    """Announcing other frames than there are is no way to hide some, nor to keep a decoder busy."""
    data = animation("PNG", range(1, 6))
    place = data.index(b"acTL") + 4
    for number in (2, 4, 6, 2**31 - 1):
        body = number.to_bytes(4) + data[place + 4 : place + 8]
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


def test_a_frame_without_pixels_is_not_complete():
    """A later GIF frame of no width ends the decoding."""
    data = animation("GIF", range(1, 4), disposal=2)
    place = data.index(b",\0\0\0\0", data.index(b",\0\0\0\0") + 1)
    lie = data[: place + 5] + bytes(2) + data[place + 7 :]
    found = later(lie)
    assert not found.is_whole or len(found.planes) == 2


def test_a_hundred_thousand_frames_of_one_pixel_end():
    """Tiny frames without number are decoded up to the bound."""
    frame = b"!\xf9\x04\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    data = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * 100_000 + b";"
    began = time.process_time()
    found = later(data)
    assert (found.planes, found.is_whole) == ((), False)
    assert time.process_time() - began < 4
    short = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * MAX_FRAMES + b";"
    assert later(short).is_whole


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


def test_pages_of_other_sizes_are_planes_of_their_own():
    """A page has its own size, and a plane of that shape."""
    pages = [scene(1, 96, 64), scene(2, 64, 96), scene(3, 600, 300)]
    found = later(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert [one.luma.shape for one in found.planes] == [(96, 64), (256, 512)]


def coloured(data, choices=OPEN_CHOICES):
    """The later frames in colour."""
    found = LaterPlanes(data, STANDARD, matching_plane(data, STANDARD, colours=True), None, choices)
    list(found)
    return found.colours


def test_of_a_scene_four_frames_have_colours():
    """Of many frames of one scene four have colours, one of each quarter, which a secret chooses."""
    still = scene(3, 160, 120)
    frames = []
    for number in range(33):
        frame = still.copy()
        frame.paste((7 * number,) * 3, (0, 0, 32, 32))
        frames.append(frame)
    data = file_of("PNG", frames)
    shown = [int(one[8, 8, 0]) // 7 for one in coloured(data)]
    assert shown == [8, 16, 24, 32]
    chosen = [
        [int(one[8, 8, 0]) // 7 for one in coloured(data, SecretChoices(seed=bytes([number]) * 32))]
        for number in range(4)
    ]
    assert all([(place - 1) // 8 for place in places] == [0, 1, 2, 3] for places in chosen)
    assert len({tuple(places) for places in chosen}) > 1


def test_each_scene_has_colours_once():
    """A scene that comes again has none again, and frames that show nothing new leave their place to the next."""
    pictures = [scene(seed, 288, 192) for seed in (0, 0, 1, 2, 2, 2, 3, 4, 4)]
    for place, one in enumerate(pictures):
        one.putpixel((place, 0), (1, 2, 3))  # else encoders leave out what is the same
    assert len(coloured(file_of("WEBP", pictures))) == 4
