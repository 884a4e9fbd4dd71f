"""Colours of clips: of some of the frames that are looked at anyway, upright, in the right matrix, and dropped."""

import io
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given
from hypothesis import strategies as st

from index.clips import wire
from index.clips.fingerprint import ClipFingerprinter
from index.clips.wire import Reader
from index.errors import DecoderFailed, MediaError
from index.frames.query_frame import look, pack
from index.limits import STANDARD_CLIP
from index.media.clips.colours import Rhythm
from index.media.clips.decoding import Clip
from index.media.pictures.colours import pack_colours
from index.sandbox.streaming import BytesSource
from tests.support.media.clips import film, moving, still, turned_on_its_side
from tests.support.media.pictures import eval_files, scene
from tests.support.media.query_frames import assert_same_query_frame

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 160, 40), (20, 40, 220), (90, 90, 90)
NOTICED = 6  # levels of one channel; rounding of YUV and of the codec stays below


def frames_of(data, **options):
    """The frames of a clip as a check sees them."""
    with ClipFingerprinter().read_frames(BytesSource(data), **options) as frames:
        return list(frames)


def first(data, every_ms=1000):
    """The first frame of a clip, here and now."""
    with Clip(io.BytesIO(data), STANDARD_CLIP) as clip:
        return next(clip.frames(500, every_ms))


def flat(colour, width=320, height=240):
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def told(colour, matrix, levels, pixels="yuv420p", size=(320, 240)):
    """A clip of one colour, coded by a matrix and range that its stream names."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height = size
        stream.pix_fmt, stream.thread_count = pixels, 1
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = levels
        frame = av.VideoFrame.from_ndarray(flat(colour, *size), format="rgb24")
        frame = frame.reformat(format=pixels, dst_colorspace=matrix, dst_color_range=levels)
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("colour", [RED, GREEN, BLUE, GREY, (255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("levels", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709, Colorspace.BT2020])
def test_a_frame_has_the_colours_that_its_stream_names(colour, pixels, levels, matrix):
    """Matrix, range and depth are those of the stream; red stays red in every one of them."""
    found = first(told(colour, matrix, levels, pixels)).colours
    assert (found.shape, found.dtype) == ((240, 320, 3), np.uint8)
    assert np.abs(found.astype(int) - colour).max() <= NOTICED


@pytest.mark.parametrize(
    ("container", "codec"),
    [("mp4", "libx264"), ("webm", "libvpx"), ("avi", "mpeg4"), ("mpegts", "libx264"), ("flv", "libx264")],
)
@pytest.mark.parametrize("colour", [RED, GREEN, BLUE])
def test_a_small_clip_that_names_no_matrix_is_bt601(container, codec, colour):
    """What our own encoder's default makes, in any container, comes back as it was."""
    found = first(film([flat(colour)] * 3, container, codec)).colours
    assert np.abs(found.astype(int) - colour).max() <= 2 * NOTICED  # mpeg4 at its default quality


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1920, 1080)])
def test_a_large_clip_that_names_no_matrix_is_bt709(size):
    """High definition is taken as players take it where the stream is silent, lying down or standing."""
    frame = av.VideoFrame.from_ndarray(flat(RED, *size), format="rgb24")
    frame = frame.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    planes = [np.frombuffer(plane, np.uint8)[0] for plane in frame.planes]
    found = first(film([flat(RED, *size)], options={"crf": "4"})).colours
    # The film is made with BT.601, so what a player shows of it is not quite red: the planes tell by how much.
    assert planes[0] != 81  # BT.601's luma of red
    assert 10 < np.abs(found.astype(int) - RED).max() < 60


@pytest.mark.parametrize(
    ("size", "expected"),
    [((320, 240), (240, 320)), ((640, 360), (360, 640)), ((1280, 720), (360, 640)), ((480, 960), (640, 320))],
)
def test_the_longest_side_is_at_most_640(size, expected):
    """Frames are reduced to 640 and never enlarged."""
    assert first(film([flat(GREEN, *size)])).colours.shape[:2] == expected


def test_a_clip_turned_by_its_container_has_upright_colours():
    """Colours are turned as the luma is: a quarter clockwise."""
    data = film(still(4, 3))
    upright, turned = first(data), first(turned_on_its_side(data))
    assert turned.colours.shape == (320, 240, 3)
    assert np.array_equal(turned.colours, np.rot90(upright.colours, -1))
    grey = turned.colours @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey - turned.luma).mean() < 3


def test_a_coloured_picture_comes_through_the_worker():
    """What a check sees of a clip is the picture that was encoded, in its colours."""
    picture = np.asarray(scene(3, 320, 240))
    query_frames = frames_of(film([picture] * 50, options={"crf": "4"}), colours_every_ms=1000)
    assert [one.at_ms for one in query_frames if one.colours is not None] == [0, 1040]
    assert np.abs(query_frames[0].colours.astype(int) - picture).mean() < 4
    assert "colours" not in repr(query_frames[0])


def test_by_default_nothing_changes():
    """Without the wish no frame carries colours, and with it every query_frame is the same, to the bit."""
    data = film(moving(1, 100, step=3))
    plain, coloured = frames_of(data), frames_of(data, colours_every_ms=2000)
    assert [one.colours for one in plain] == [None] * 8
    assert [one.colours is not None for one in coloured] == [True, False, False, False] * 2
    for one, other in zip(plain, coloured, strict=True):
        assert one.at_ms == other.at_ms
        assert_same_query_frame(one.query_frame, other.query_frame)


@pytest.mark.parametrize(("every_ms", "expected"), [(1, 8), (500, 8), (1200, 3), (2000, 2), (10_000, 1)])
def test_one_frame_at_least_in_so_many_milliseconds(every_ms, expected):
    """A short interval gives colours to every query frame, a long one to the first of each slot."""
    query_frames = frames_of(film(moving(1, 100, 128, 96)), colours_every_ms=every_ms)
    assert sum(one.colours is not None for one in query_frames) == expected


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=60), st.integers(1, 5000))
def test_no_slot_is_without_colours(steps, every_ms):
    """Whatever the times, each slot in which frames are looked at has one with colours, and the first has."""
    times = np.cumsum([0, *steps])
    rhythm = Rhythm(500, every_ms)
    taken = [int(at_ms) for at_ms in times if rhythm.takes(int(at_ms))]
    assert {at_ms // every_ms for at_ms in taken} == {int(at_ms) // every_ms for at_ms in times}
    assert taken[0] == 0


def test_time_stamps_too_dense_to_be_true_hide_no_colours():
    """A clip whose time stands still is sampled by frame number: one query frame in four has colours at 2 s."""
    rhythm = Rhythm(500, 2000)
    assert [rhythm.takes(at_ms) for at_ms in range(9)] == [True, False, False, False, True] + [False] * 3 + [
        True
    ]


def test_whoever_keeps_a_query_frame_keeps_no_colours():
    """The query_frame of a frame that carries colours lies in a memory of its own."""
    (one, *_) = frames_of(film(still(2, 5)), colours_every_ms=1000)
    held = one.query_frame.luma
    while isinstance(held.base, np.ndarray):
        held = held.base
    assert len(held.base.obj) < one.query_frame.luma.nbytes + one.colours.nbytes // 4


def outcome(data, **options):
    """How often a hostile clip has a query_frame, or the code of its error."""
    try:
        return len(frames_of(data, **options))
    except MediaError as error:
        return error.code


def test_hostile_clips_have_the_same_outcome_with_colours():
    """Each clip of the hostile collection is what it is without."""
    for path in eval_files("hostile", "*.mp4"):
        data = path.read_bytes()
        assert outcome(data) == outcome(data, colours_every_ms=500), path.name


def test_a_damaged_clip_has_the_same_outcome_with_colours():
    """A clip of which some packets are broken has the same frames, with colours."""
    data = bytearray(film(moving(1, 100, 128, 96), "mpegts"))
    for place in range(len(data) // 2, len(data) // 2 + 3000):
        data[place] ^= 0x55 if place % 7 else 0
    assert outcome(bytes(data)) == outcome(bytes(data), colours_every_ms=500)


HEAD = wire._HEAD.pack(b"H", 0, 320, 240, 1000)
SEEN = wire._SEEN.pack(b"S", 0)
FRAME = pack(look(np.asarray(scene(1, 64, 48).convert("L")), None))
SHOWN = pack_colours(flat(RED, 64, 48))


def reader():
    """A reader that was told the head, and expects colours of the first frame."""
    made = Reader(STANDARD_CLIP, Rhythm(500, 2000))
    assert made.query_frame(HEAD) is None
    return made


@pytest.mark.parametrize(
    "body",
    [FRAME, SHOWN, SHOWN + SHOWN + FRAME, SHOWN[:-1] + FRAME, SHOWN + b"x" + FRAME, SHOWN + FRAME + b"x",
     b"\0\0\0\x40" + FRAME, b"\x02\x81\0\x01" + bytes(641 * 3) + FRAME, b"\xff\xff\xff\xff" + FRAME, b"", b"\0"],
)  # fmt: skip
def test_a_part_that_no_honest_worker_sends_is_refused(body):
    """Colours missing, doubled, cut, too long, empty or too large are `DecoderFailed`."""
    honest = reader().query_frame(SEEN + SHOWN + FRAME)
    assert honest.colours.shape == (48, 64, 3)
    with pytest.raises(DecoderFailed):
        reader().query_frame(SEEN + body)


def test_colours_out_of_turn_are_refused():
    """A frame that is not to carry colours carries none, asked for or not."""
    made = reader()
    made.query_frame(SEEN + SHOWN + FRAME)
    with pytest.raises(DecoderFailed):
        made.query_frame(wire._SEEN.pack(b"S", 500) + SHOWN + FRAME)
    plain = Reader(STANDARD_CLIP)
    plain.query_frame(HEAD)
    with pytest.raises(DecoderFailed):
        plain.query_frame(SEEN + SHOWN + FRAME)


def test_the_largest_part_is_within_what_is_read():
    """A frame of 640 x 640 with a plane of 512 x 512 and its windows fits, and in half a MiB it would not."""
    assert STANDARD_CLIP.decoder.max_reply_bytes > 640 * 640 * 3 + 512 * 512 + (1 << 16)
    data = film(still(7, 3, 640, 640), options={"crf": "10"})
    (one, *_) = frames_of(data, colours_every_ms=500)
    assert (one.colours.shape, one.query_frame.luma.shape) == ((640, 640, 3), (512, 512))
    small = replace(STANDARD_CLIP, decoder=replace(STANDARD_CLIP.decoder, max_reply_bytes=1 << 19))
    with pytest.raises(DecoderFailed):
        list(ClipFingerprinter(limits=small).read_frames(BytesSource(data), colours_every_ms=500))


def test_an_enrolment_has_no_colours():
    """A clip that is enrolled is stored as before; its worker is asked for none."""
    data = film(moving(1, 60))
    assert ClipFingerprinter().enrol(BytesSource(data)).duration_ms == 2400
    asked = wire.request(wire.ClipPurpose.ENROL, 5, STANDARD_CLIP, wire._PROFILES[0])
    assert asked[-8:] == bytes(8)


def test_times_of_colours_do_not_drift():
    """Over a long clip colours come once in each slot, not ever later."""
    rhythm = Rhythm(500, 2000)
    taken = [at_ms for at_ms in range(0, 600_000, 533) if rhythm.takes(at_ms)]
    assert max(after - before for before, after in pairwise(taken)) <= 2000 + 533
    assert len(taken) >= 300
