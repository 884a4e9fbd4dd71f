"""vPDQ's lists: the frames and codes that vPDQ makes, in its spelling, read back strictly."""

import io
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import (
    CodeError,
    DecoderFailed,
    EmptyMedia,
    MalformedCode,
    TooManyBytes,
    TooManyPixels,
    UndecodableMedia,
    UnknownFormat,
    WrongLength,
)
from index.exchange import vpdq_wire
from index.exchange.vpdq import MAX_LIST_BYTES, VpdqFrame, from_lines, to_lines, vpdq_of
from index.exchange.vpdq_wire import FrameReader
from index.hashing.codes import Algorithm, Code
from index.limits import STANDARD_CLIP
from index.sandbox.streaming import BytesSource
from tests.support.media.clips import film, moving, turned_on_its_side
from tests.support.media.pictures import eval_files

VPDQ_QUALITY = 50  # below it vPDQ matches nothing (VPDQ_QUALITY_THRESHOLD)

# The first lines of ThreatExchange's vpdq/sample-hashes/chair-19-sd-bar-128x128.txt (BSD).
SAMPLE = (
    "0,100,e2f1017837246bacc5dea21b648fbfd62f435c89db299a2497667e216c8d055c,0.000\n"
    "1,100,c0f113783f2468acc1de825b448fbfd66f434c89cb699a249776fe216c8d855c,0.033\n"
    "2,100,c0f10f783f2c78acc1dea25b748f3fd22f414d89c9a19b249776f621648d855c,0.067\n"
)
LINE = SAMPLE.splitlines()[0]

frames = st.lists(
    st.builds(
        VpdqFrame,
        number=st.integers(0, 9_999_999_999),
        at_ms=st.integers(0, 99_999_999_999),
        pdq=st.builds(
            Code,
            algorithm=st.just(Algorithm.PDQ),
            value=st.binary(min_size=32, max_size=32),
            quality=st.integers(0, 100),
        ),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda frame: frame.number,
).map(lambda many: tuple(sorted(many, key=lambda frame: frame.number)))


def as_vpdq_does(data):
    """The procedure of vPDQ's own source with PyAV: each int(rate)-th frame in RGB, hashed by Meta's PDQ."""
    found = []
    with av.open(io.BytesIO(data)) as container:
        rate = float(container.streams.video[0].average_rate)
        for number, frame in enumerate(container.decode(video=0)):
            if number % int(rate) == 0:
                vector, quality = pdqhash.compute(frame.to_ndarray(format="rgb24"))
                found.append((number, round(number / rate, 3), np.packbits(vector).tobytes(), quality))
    return found


def matches_what_vpdq_makes(data):
    """Tell how far our codes are from vPDQ's where it would match by them, after requiring that frames are the same."""
    made, theirs = vpdq_of(BytesSource(data)), as_vpdq_does(data)
    assert made.is_whole
    assert [(frame.number, frame.at_ms / 1000) for frame in made.frames] == [one[:2] for one in theirs]
    pairs = list(zip(made.frames, theirs, strict=True))
    assert all(abs(frame.pdq.quality - one[3]) <= 2 for frame, one in pairs)
    return [
        frame.pdq.distance(Code(algorithm=Algorithm.PDQ, value=one[2]))
        for frame, one in pairs
        if frame.pdq.quality >= VPDQ_QUALITY
    ]


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("mp4", "libx264", 25), ("matroska", "libvpx", Fraction(30000, 1001)), ("avi", "mpeg4", 12)],
)
def test_frames_and_codes_are_vpdq_s(container, codec, rate):
    """Numbers and times are vPDQ's, also at 29.97 frames a second, and codes differ by rounded colours only."""
    distances = matches_what_vpdq_makes(film(moving(1, 100, 640, 360), container, codec, rate=rate))
    assert len(distances) >= 4
    assert max(distances) <= 4


def test_sample_clips_are_vpdq_s():
    """So it is with filmed clips."""
    for path in eval_files("videos", "*-hd-*.mp4"):
        assert max(matches_what_vpdq_makes(path.read_bytes())) <= 6


def test_frames_are_hashed_as_they_are_coded():
    """A clip that viewers turn has the codes of the clip as coded: vPDQ turns nothing."""
    data = film(moving(1, 30))
    upright, turned = vpdq_of(BytesSource(data)), vpdq_of(BytesSource(turned_on_its_side(data)))
    assert turned.frames == upright.frames


def test_excluded_intervals_leave_no_line():
    """Frames within an excluded interval are not in the list; its end is."""
    found = vpdq_of(BytesSource(film(moving(1, 125))), exclude=[(0, 1000), (1500, 3000)])
    assert [frame.at_ms for frame in found.frames] == [1000, 3000, 4000]


def test_what_was_not_seen_is_told():
    """Over a bound the rest has no lines, and the answer says so."""
    limits = replace(STANDARD_CLIP, max_sampled=2)
    found = vpdq_of(BytesSource(film(moving(1, 100))), limits=limits)
    assert [frame.number for frame in found.frames] == [0, 25]
    assert not found.is_whole


def test_whoever_stops_it_gets_their_own_error():
    """What a sign of life raises passes through."""

    def cancelled():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        vpdq_of(BytesSource(film(moving(1, 5))), beat=cancelled)


@pytest.mark.parametrize(
    ("data", "limits", "error"),
    [
        (b"", STANDARD_CLIP, EmptyMedia),
        (b"no clip", STANDARD_CLIP, UnknownFormat),
        (b"\0\0\0\x20ftypisom" + bytes(99), STANDARD_CLIP, UndecodableMedia),
        (film(moving(1, 2)), replace(STANDARD_CLIP, max_bytes=9), TooManyBytes),
        (
            film(moving(1, 2)),
            replace(STANDARD_CLIP, decoder=replace(STANDARD_CLIP.decoder, max_pixels=9)),
            TooManyPixels,
        ),
    ],
)
def test_what_cannot_be_looked_at_says_why(data, limits, error):
    """Each reason is its own error."""
    with pytest.raises(error):
        vpdq_of(BytesSource(data), limits=limits)


@given(frames)
def test_what_is_written_is_what_is_read(many):
    """Every list is read back from its own spelling."""
    assert from_lines(to_lines(many)) == many


def test_threatexchange_s_own_lines_are_read():
    """A list that vPDQ wrote is read, and written again it is the same text."""
    read = from_lines(SAMPLE)
    assert [(frame.number, frame.at_ms, frame.pdq.quality) for frame in read] == [
        (0, 0, 100), (1, 33, 100), (2, 67, 100)
    ]  # fmt: skip
    assert to_lines(read) == SAMPLE


@given(st.text(alphabet="0123456789abcdefABF,.\n\r +-_٣３", max_size=90) | st.text())
def test_only_the_canonical_spelling_passes(text):
    """Whatever text passes is the spelling that is written; everything else is a CodeError."""
    try:
        read = from_lines(text)
    except CodeError:
        return
    assert to_lines(read) == text


@pytest.mark.parametrize(
    "text",
    [LINE, LINE + "\r\n", f" {LINE}\n", LINE + "\n\n", LINE[:-1] + "\n", "0" + LINE + "\n", LINE.upper() + "\n",
     LINE.replace("100", "101") + "\n", LINE.replace("100", "-1") + "\n", LINE + ",1\n", (LINE + "\n") * 2,
     LINE.replace("0.000", "0.00٣") + "\n", LINE.replace("0.000", "1e3") + "\n"],
)  # fmt: skip
def test_other_spellings_are_malformed(text):
    """Ends, blanks, capitals, foreign digits, qualities out of range and frames twice are refused, never quoted."""
    with pytest.raises(MalformedCode) as caught:
        from_lines(text)
    assert LINE[6:40] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n" * (MAX_LIST_BYTES + 1)])
def test_the_length_is_checked_first(text):
    """An empty or endless list is told as such."""
    with pytest.raises(WrongLength):
        from_lines(text)


def test_no_text_shows_a_code():
    """Neither repr nor str of a frame holds any of its value, so that logs hold no hashes."""
    (frame, *_) = from_lines(SAMPLE)
    assert frame.pdq.hex() not in repr(frame) + str(frame)


GOOD = vpdq_wire._FRAME.pack(0, 0, 100, bytes(32))


@pytest.mark.parametrize(
    "parts",
    [[b""], [GOOD + b"x"], [GOOD[:-1]], [GOOD, GOOD], [vpdq_wire._FRAME.pack(0, 0, 101, bytes(32))],
     [GOOD, vpdq_wire._FRAME.pack(1, 0, 9, bytes(32))], [GOOD, vpdq_wire._FRAME.pack(0, 1, 9, bytes(32))]],
)  # fmt: skip
def test_a_part_that_no_honest_worker_sends_is_refused(parts):
    """Other lengths, qualities out of range and frames that go back are a worker that was taken over."""
    reader = FrameReader(STANDARD_CLIP)
    *honest, last = parts
    for part in honest:
        reader.frame(part)
    with pytest.raises(DecoderFailed):
        reader.frame(last)


@pytest.mark.parametrize(
    "answer", [b"", b"X", b"Xroot", b"E", b"E\x01\x01", vpdq_wire._ENDED.pack(b"E", True)]
)
def test_an_end_that_no_honest_worker_sends_is_refused(answer):
    """An end before a frame, of another length or with an unknown refusal is none."""
    with pytest.raises(DecoderFailed):
        FrameReader(STANDARD_CLIP).end(answer)


def test_more_frames_than_agreed_are_refused():
    """A reply with more frames than may be taken is rejected."""
    reader = FrameReader(replace(STANDARD_CLIP, max_sampled=1))
    reader.frame(GOOD)
    with pytest.raises(DecoderFailed):
        reader.frame(vpdq_wire._FRAME.pack(1, 1, 9, bytes(32)))
