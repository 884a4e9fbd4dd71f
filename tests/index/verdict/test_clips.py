"""Grades of matches with registered clips, and the times in a verdict."""

import math
from dataclasses import replace

import pytest

from index.verdict.ladder import MAX_SEGMENTS, decide
from index.verdict.reasons import Reason
from index.verdict.segments import Segment, joined
from index.verdict.thresholds import MIN_FRAME_NATS
from index.verdict.vocabulary import Level, Outcome
from tests.support.evidence import (
    BLOCK,
    COPY,
    INTIMATE,
    LOOSE,
    NATS,
    NO_MATCH,
    NONE,
    PART,
    RELEASE,
    REVIEW,
    SECONDS,
    TIGHT,
    answer,
    clip,
    cut,
    exact,
    grade,
)

HELD = answer(
    REVIEW, LOOSE, (COPY,), Reason.FRAMES_AGREE, Reason.FRAMES_DIFFER, boxes=(PART,), segments=(SECONDS,)
)


def test_three_tight_frames_of_a_verified_case_block():
    """What stands on every edge is the same clip: blocked, with the time at which it is shown."""
    assert decide([clip()]) == answer(
        BLOCK, TIGHT, (COPY,), Reason.TIGHT_MATCH, boxes=(PART,), segments=(SECONDS,)
    )


@pytest.mark.parametrize("change", [{"tight_support": 2}, {"support": 2}, {"tight_support": 0}])
def test_fewer_tight_frames_are_for_a_person(change):
    """Frames that agree in time without three tight ones among them are a review."""
    assert decide([clip(**change)]) == HELD


@pytest.mark.parametrize("cover", [math.nextafter(0.5, 0), 0.0, math.nan, None])
def test_a_small_part_of_a_clip_is_for_a_person(cover):
    """Less than half of a clip may be an intro that others share: its frames are tight, and nothing is blocked."""
    assert decide([clip(cover=cover)]) == answer(
        REVIEW, LOOSE, (COPY,), Reason.FRAMES_AGREE, Reason.CLIP_CUT, boxes=(PART,), segments=(SECONDS,)
    )


@pytest.mark.parametrize("nats", [math.nextafter(NATS, 0), 0.0, -5.0, math.nan])
def test_weak_hits_are_no_match(nats):
    """However many hits there are, each must carry its evidence."""
    assert decide([clip(nats=nats)]) == NO_MATCH


def test_one_frame_is_a_match_only_by_strong_evidence():
    """One hit is not enough, unless it is all that the clip has, or a match of that frame by itself."""
    one = clip(support=1, tight_support=1)
    assert grade(one).band is NONE
    assert grade(replace(one, nats=math.nextafter(MIN_FRAME_NATS, 0))).band is NONE
    assert grade(replace(one, nats=MIN_FRAME_NATS)).band is LOOSE
    assert grade(replace(one, is_fully_supported=True)).band is LOOSE


def test_a_disputed_clip_and_an_unverified_case_do_not_block():
    """The gates of pictures hold for clips."""
    assert decide([clip(is_disputed=True)]).outcome is REVIEW
    assert decide([clip(level=Level.V0)]).outcome is REVIEW


def test_an_official_clip_in_an_upload_releases_nothing():
    """A release that is shown somewhere in an upload does not make the rest of it official."""
    released = clip(kind=RELEASE)
    assert decide([released, cut(kind=INTIMATE)]).outcome is Outcome.REVIEW
    assert decide([exact(RELEASE, segments=(SECONDS,))]).reasons == (Reason.OFFICIAL_RELEASE,)


def test_segments_are_coarse_joined_and_bounded():
    """Times are told in half seconds; what touches is one, and no answer is longer than `MAX_SEGMENTS`."""
    told = decide(
        [
            clip(segments=(Segment(start_ms=1_240, end_ms=3_260), Segment(start_ms=9_990, end_ms=10_010))),
            clip(segments=(Segment(start_ms=3_400, end_ms=5_000),)),
        ]
    ).segments
    assert told == (Segment(start_ms=1_000, end_ms=5_000), Segment(start_ms=10_000, end_ms=10_500))
    many = tuple(Segment(start_ms=at, end_ms=at + 500) for at in range(0, 90_000, 1_000))
    assert len(decide([clip(segments=many)]).segments) == MAX_SEGMENTS


def test_joining_closes_gaps_up_to_the_given_one():
    """Segments further apart than the gap stay apart, whatever order they come in."""
    parts = [
        Segment(start_ms=4_000, end_ms=5_000),
        Segment(start_ms=0, end_ms=1_000),
        Segment(start_ms=1_500, end_ms=2_000),
    ]
    assert joined(parts) == tuple(sorted(parts))
    assert joined(parts, gap_ms=500) == (
        Segment(start_ms=0, end_ms=2_000),
        Segment(start_ms=4_000, end_ms=5_000),
    )
