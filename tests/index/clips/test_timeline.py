"""Timeline fits: speeds, offsets, parts, repeats, reversed play, stills, and agreement by chance."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clips.timeline import MAX_FITS, MAX_SPEED, MIN_SPEED, FrameHit, fit_timelines, support_of
from index.verdict.segments import Segment

STEP_MS = 500
FRAME_MS = 1000


def hit(at_ms, frame, *, run=None, nats=150.0, start_ms=None, end_ms=None, is_tight=False):
    """Return the hit of one query frame, by default a run of its own, on a key frame of one second."""
    start = frame * FRAME_MS if start_ms is None else start_ms
    return FrameHit(
        at_ms=at_ms,
        run=at_ms // STEP_MS if run is None else run,
        key_frame=frame,
        start_ms=start,
        end_ms=start + FRAME_MS if end_ms is None else end_ms,
        nats=nats,
        is_tight=is_tight,
    )


def shown(length_ms, speed=1.0, offset_ms=0.0, *, from_ms=0, frames=60):
    """Looks at a part of an upload that shows a clip of so many seconds."""
    found = []
    for at_ms in range(from_ms, from_ms + length_ms, STEP_MS):
        frame = math.floor((speed * (at_ms - from_ms) + offset_ms) / FRAME_MS)
        if 0 <= frame < frames:
            found.append(hit(at_ms, frame))
    return found


def chance(count, length_ms, frames=60, seed=7):
    """Looks that show some frame or other by chance, weakly."""
    rng = random.Random(seed)
    return [hit(rng.randrange(0, length_ms, STEP_MS), rng.randrange(frames), nats=25.0) for _ in range(count)]


@pytest.mark.parametrize(
    "speed", [0.5, 0.75, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.5, 2.0, -1.0, -0.8, -1.25]
)
@pytest.mark.parametrize("noise", [0, 30])
def test_a_clip_is_found_at_any_speed(speed, noise):
    """Nearly all its hits lie on one timeline fit of about that speed, whatever else matched by chance."""
    looks = shown(30_000, speed, 3_000 if speed > 0 else 50_000)
    line = fit_timelines([*looks, *chance(noise, 30_000)])[0]
    assert line.speed == pytest.approx(speed, rel=0.06)
    assert len({one.at_ms for one in line.frame_hits} & {one.at_ms for one in looks}) >= 0.95 * len(looks)
    assert line.support >= 0.9 * len({one.key_frame for one in looks})


def test_long_uploads_do_not_drift():
    """Ten minutes at 25/24 of the speed lie on one line to their end."""
    looks = shown(600_000, 25 / 24, 0.0, frames=700)
    line = fit_timelines(looks)[0]
    assert len(line.frame_hits) == len(looks)
    assert line.speed == pytest.approx(25 / 24, rel=1e-3)


def test_a_cut_is_told_by_its_times():
    """Three seconds of a clip in ten minutes of something else: where they are, and which they are."""
    looks = shown(3_000, offset_ms=20_000, from_ms=300_000)
    line = fit_timelines([*looks, *chance(20, 600_000)])[0]
    (segment,) = line.upload(STEP_MS)
    assert segment == Segment(start_ms=300_000, end_ms=303_000)
    part = line.reference(STEP_MS, 60_000)
    assert part == Segment(start_ms=20_000, end_ms=23_000)


def test_two_parts_around_something_else_are_two_timeline_fits():
    """A splice leaves two lines, and none that runs through the middle."""
    looks = [*shown(8_000), *shown(8_000, offset_ms=8_000, from_ms=20_000)]
    lines = fit_timelines(looks)
    assert [line.support for line in lines] == [8, 8]
    assert sorted(segment for line in lines for segment in line.upload(STEP_MS)) == [
        Segment(start_ms=0, end_ms=8_000),
        Segment(start_ms=20_000, end_ms=28_000),
    ]


def test_a_clip_that_is_looped_has_a_line_for_each_time():
    """Shown three times, it is told three times."""
    looks = [one for turn in range(3) for one in shown(6_000, from_ms=6_000 * turn, frames=6)]
    assert [line.support for line in fit_timelines(looks)] == [6, 6, 6]


def test_a_still_is_one_independent_hit_however_long():
    """One picture that resembles two key frames for a minute is one run, and so one independent hit."""
    looks = [hit(at, frame, run=0) for at in range(0, 60_000, STEP_MS) for frame in (3, 4)]
    assert all(line.support == 1 for line in fit_timelines(looks))


def test_a_talking_head_has_one_independent_hit_for_each_key_frame():
    """A key frame that lasts ten seconds is matched by many runs, and is one independent hit."""
    looks = [hit(at, 0, start_ms=0, end_ms=10_000) for at in range(0, 10_000, STEP_MS)]
    (line,) = fit_timelines(looks)
    assert line.support == 1
    assert line.upload(STEP_MS) == (Segment(start_ms=0, end_ms=10_000),)


def test_chance_makes_no_long_timeline_fit():
    """Half a dozen weak frame_hits without an order agree by threes at most."""
    for seed in range(40):
        assert fit_timelines(chance(6, 120_000, seed=seed))[0].support <= 3


def test_a_gap_ends_a_segment():
    """What agrees with the line minutes later is told by itself."""
    looks = [*shown(4_000), hit(120_000, 120)]
    (line,) = fit_timelines(looks)
    assert line.upload(STEP_MS) == (
        Segment(start_ms=0, end_ms=4_000),
        Segment(start_ms=120_000, end_ms=120_500),
    )


def test_two_query_frames_that_fail_do_not_end_a_segment():
    """A flash or a blurred second within a clip leaves it one segment."""
    looks = [one for one in shown(8_000) if one.at_ms not in (3_000, 3_500, 4_000)]
    (line,) = fit_timelines(looks)
    assert line.upload(STEP_MS) == (Segment(start_ms=0, end_ms=8_000),)


def test_tight_independent_hits_are_counted_apart():
    """Of five independent hits three are tight; tight hits of one run count once."""
    looks = [hit(1_000 * place, place, is_tight=place < 3) for place in range(5)]
    looks.append(hit(100, 0, run=0, is_tight=True))
    (line,) = fit_timelines(looks)
    assert (line.support, line.tight_support) == (5, 3)


def test_independent_hits_pair_runs_and_frames_once():
    """The strongest hit of a run and a frame comes first, and takes both."""
    looks = [
        hit(0, 0, nats=90),
        hit(0, 1, nats=80),
        hit(500, 0, nats=70),
        hit(500, 1, nats=60),
    ]
    assert support_of(looks) == (90, 60)


def test_weak_hits_support_nothing():
    """A weak hit beside a strong one does not make two of it; among weak ones the strongest stands alone."""
    strong, weak = hit(0, 0), [hit(500 * number, number, nats=20.0 - number) for number in (1, 2)]
    assert support_of([*weak, strong, hit(2000, 4, nats=20.0)]) == (150, 20)
    assert support_of(weak) == (19,)
    assert support_of([]) == ()
    (line, *_) = fit_timelines([strong, *weak])
    assert (line.support, len(line.frame_hits)) == (1, 3)


def test_nothing_has_no_timeline_fit():
    """Where nothing was met there is no line."""
    assert fit_timelines([]) == []


frame_hits = st.builds(
    hit,
    st.integers(0, 40).map(lambda step: step * STEP_MS),
    st.integers(0, 30),
    nats=st.floats(16, 400),
    is_tight=st.booleans(),
)


@given(st.lists(frame_hits, max_size=40))
def test_lines_hold_each_look_once(looks):
    """Whatever was met: few lines, each with a piece, no look on two, speeds in their range."""
    lines = fit_timelines(looks)
    assert bool(lines) is bool(looks)
    assert len(lines) <= MAX_FITS
    held = [at for line in lines for at in {one.at_ms for one in line.frame_hits}]
    assert len(held) == len(set(held))
    for line in lines:
        assert 1 <= line.support <= len(line.frame_hits)
        assert line.tight_support <= line.support
        assert list(line.strengths) == sorted(line.strengths, reverse=True)
        assert MIN_SPEED * 0.9 <= abs(line.speed) <= MAX_SPEED * 1.1
        assert {line.frame_hits[0] for line in lines} <= set(looks)
        part = line.reference(STEP_MS, 30_000)
        assert 0 <= part.start_ms < part.end_ms <= 30_000
