"""Replies of workers: honest ones are read, all others are `DecoderFailed`."""

import math
import struct
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from index.errors import DecoderFailed, MediaError, UndecodableMedia
from index.frames.layout import MAX_PICTURES
from index.frames.query_frame import look, pack, without_luma
from index.limits import STANDARD
from index.media.pictures.colours import COLOUR_SIDE, LATER_COLOUR_SIDE
from index.media.pictures.distinct_frames import MAX_DISTINCT, MAX_IN_FULL
from index.media.pictures.scenes import MAX_LATER_COLOURS
from index.media.pictures.shown import MAX_SHOWN
from index.pictures import wire as answers
from index.pictures.describing import Purpose, describe_in_process
from index.pictures.parts import MAX_PARTS
from index.pictures.wire import _BOX, _EXCHANGE, _FRAMES, _MATCHING
from index.windows.choosing import FULL, LEAN
from tests.support.media.pictures import saved, scene

BOXES_AT = 1 + _MATCHING.size + _EXCHANGE.size
PAGE = Image.new("RGB", (160, 200), "white")
PAGE.paste(scene(3, 120, 80), (20, 40))
FILE = saved(PAGE, "PNG")


@cache
def reply(purpose, profile=FULL):
    """What an honest worker answers about a page with a picture on it."""
    return answers.serve(answers.request_header(purpose, STANDARD, profile) + FILE)


def read(data, purpose, profile=FULL):
    """Reads a reply as the parent does."""
    return answers.read(data, purpose, bytes(32), STANDARD, profile)


def assert_in_range(made):
    """Everything that a reply can say about a picture is within what a picture can be."""
    assert 1 <= made.width * made.height <= STANDARD.max_pixels
    assert 0 <= made.quality <= 100
    assert 0 <= made.flat_share <= 1
    assert len(made.inner) <= MAX_PICTURES
    for box in made.inner:
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
    assert len(made.query_frames) <= 5
    for windows in (made.windows, *(query_frame.windows for query_frame in made.query_frames)):
        assert windows is None or np.isfinite(windows.places).all()


def test_the_largest_honest_reply_is_read():
    """Replies have room for all frames and parts at their bounds, with windows and colours."""
    noise = np.random.default_rng(0).integers(0, 256, (512, 512), np.uint8)
    frame = look(noise, FULL)
    assert len(frame.windows) > 0.5 * FULL.query_windows
    windows = len(frame.windows.pack()) * FULL.query_windows // len(frame.windows)
    in_full = len(pack(without_luma(frame))) + noise.size + windows
    colours = 3 * (COLOUR_SIDE**2 + MAX_LATER_COLOURS * LATER_COLOUR_SIDE**2)
    others = (MAX_DISTINCT - MAX_IN_FULL) * len(pack(without_luma(frame)))
    assert (1 + MAX_IN_FULL + MAX_PARTS) * in_full + others + colours < STANDARD.max_reply_bytes
    assert MAX_DISTINCT + MAX_PARTS <= MAX_SHOWN


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("profile", [FULL, LEAN, None])
def test_an_honest_reply_is_read(purpose, profile):
    """What was described in the worker is what the parent reads, for every purpose and profile."""
    made = read(reply(purpose, profile), purpose, profile)
    own = describe_in_process(FILE, purpose, profile=profile)
    assert (made.pdq, made.dhash, made.phash, made.pdq_canonical) == (
        own.pdq,
        own.dhash,
        own.phash,
        own.pdq_canonical,
    )
    assert (made.inner, made.profile, made.is_whole) == (own.inner, own.profile, own.is_whole)
    assert (made.windows is None) == (own.windows is None)
    assert made.regions == own.regions
    assert (made.regions is None) == (made.windows is None)
    assert len(made.query_frames) == len(own.query_frames)
    assert_in_range(made)


def test_a_signature_that_does_not_fit_is_refused():
    """A signature of another length than announced, too many faces in it, or one without windows is no answer."""
    honest = reply(Purpose.ENROL)
    own = describe_in_process(FILE, Purpose.ENROL)
    signature, windows = own.regions.pack(), own.windows.pack()
    at = honest.index(signature)
    for forged in (
        honest[:at] + signature[:-1] + windows,
        honest[:at] + b"\xff" + signature[1:] + windows,
        honest[: at + len(signature)],
        honest[: at - 2] + bytes(2) + windows,
    ):
        with pytest.raises(DecoderFailed):
            read(forged, Purpose.ENROL)


def test_a_refusal_is_raised_as_what_it_is():
    """A leaf of MediaError that a worker may report comes through, with a text of our own."""
    with pytest.raises(UndecodableMedia, match="truncated or damaged"):
        read(b"X" + UndecodableMedia.code.encode(), Purpose.CHECK)
    for forged in (b"X", b"X" + DecoderFailed.code.encode(), b"Xmedia-unknown", b"X\0" * 50):
        with pytest.raises(DecoderFailed):
            read(forged, Purpose.CHECK)


changes = st.lists(
    st.tuples(st.integers(0, 400) | st.integers(0, 10**5), st.integers(0, 255)), min_size=1, max_size=8
)


@given(changes, st.integers(-60, 60), st.sampled_from(list(Purpose)), st.sampled_from(list(Purpose)))
def test_a_changed_reply_is_in_range_or_the_decoders_failure(mutations, length, made_for, read_for):
    """Honest replies with bytes changed, cut or added, or given for another purpose, raise `DecoderFailed` or pass."""
    data = bytearray(reply(made_for))
    for place, value in mutations:
        data[1 + place % (len(data) - 1)] = value
    forged = bytes(data[:length] if length < 0 else data + bytes(length))
    try:
        assert_in_range(read(forged, read_for))
    except DecoderFailed:
        return


@given(st.binary(max_size=120), st.sampled_from(list(Purpose)))
def test_no_answer_of_a_worker_taken_over_is_trusted(body, purpose):
    """Any bytes from a worker are a fingerprint in range or a MediaError."""
    for forged in (body, b"F" + body, b"F" + body.ljust(60, b"\0")[:60], b"X" + body):
        try:
            made = answers.read(forged, purpose, b"", STANDARD)
        except MediaError:
            continue
        assert_in_range(made)


@pytest.mark.parametrize(
    "edges",
    [(math.nan, 0, 1, 1), (0, 0, math.nan, 1), (0, math.inf, 1, 1), (-0.01, 0, 1, 1), (0, 0, 1.01, 1),
     (0.5, 0, 0.5, 1), (0, 0.6, 1, 0.5), (0, 0, 1, math.inf)],
)  # fmt: skip
def test_inner_pictures_out_of_range_are_refused(edges):
    """Edges that are no numbers, outside the picture, empty or the wrong way round are `DecoderFailed`."""
    honest = reply(Purpose.ENROL)
    assert read(honest, Purpose.ENROL).inner
    with pytest.raises(DecoderFailed):
        read(honest[:BOXES_AT] + _BOX.pack(*edges) + honest[BOXES_AT + _BOX.size :], Purpose.ENROL)


def test_more_inner_pictures_than_are_proposed_are_refused():
    """A worker may not tell of more than nine inner pictures."""
    honest = reply(Purpose.ENROL)
    for count, is_read in ((MAX_PICTURES, True), (MAX_PICTURES + 1, False)):
        head = bytearray(honest[:BOXES_AT])
        head[-3:] = bytes((count, 0, 0))  # no regional signature and no windows
        forged = bytes(head) + _BOX.pack(0, 0, 0.5, 0.5) * count
        if is_read:
            assert len(read(forged, Purpose.ENROL).inner) == count
        else:
            with pytest.raises(DecoderFailed):
                read(forged, Purpose.ENROL)


@pytest.mark.parametrize("count", [0, MAX_SHOWN + 2, 65_535])
def test_a_check_has_a_bounded_number_of_query_frames(count):
    """Neither none nor more than the bound are taken, as each one costs a search."""
    honest = reply(Purpose.CHECK)
    query_frame = pack(describe_in_process(FILE, Purpose.CHECK).query_frames[0])
    head = honest[: 1 + _MATCHING.size]
    assert len(read(head + _FRAMES.pack(True, True, 0, 5) + query_frame * 5, Purpose.CHECK).query_frames) == 5
    with pytest.raises(DecoderFailed):
        read(head + _FRAMES.pack(True, True, 0, count) + query_frame * min(count, 600), Purpose.CHECK)


def test_requests_name_purpose_limits_profile_and_colours():
    """The header is of fixed length, and differs for each purpose, profile and wish for colours."""
    made = {
        answers.request_header(purpose, STANDARD, profile, colours=colours)
        for purpose in Purpose
        for profile in (None, FULL, LEAN)
        for colours in (False, True)
    }
    assert len(made) == 12
    assert {len(header) for header in made} == {struct.calcsize(">BB?QQQ?32s")}
