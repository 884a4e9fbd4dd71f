"""Times of frames: long holds are told as they are, and jumps hide nothing."""

import io
from dataclasses import replace

import pytest

from index.limits import STANDARD_CLIP
from index.media.clips.clock import MAX_HELD_S, MAX_JOINED_HOLD_S, Clock
from index.media.clips.decoding import Clip
from tests.support.media.clips import film, moving, still
from tests.support.media.pictures import eval_files

RATE = 25


def seen(data, limits=STANDARD_CLIP):
    """Times of the query frames, and the clip after its end."""
    with Clip(io.BytesIO(data), limits) as clip:
        return [frame.at_ms for frame in clip.frames(500)], clip


@pytest.mark.parametrize("hold_s", [1, 29, 31, 45, 120])
@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "libx264"),
        ("mov", "libx264"),
        ("webm", "libvpx"),
        ("matroska", "libx264"),
        ("avi", "mpeg4"),
        ("asf", "wmv2"),
        ("mpegts", "libx264"),
        ("mpeg", "mpeg2video"),
    ],
)
def test_a_frame_that_is_held_keeps_its_time(container, codec, hold_s):
    """After a hold of one second to two minutes the time is right, and the clip is seen whole."""
    pictures = [picture for seed in (1, 2, 3, 3) for picture in still(seed, 1)]
    hold = hold_s * RATE
    times, clip = seen(film(pictures, container, codec, stamps=[0, hold, 2 * hold, 2 * hold + 1]))
    assert times == [0, hold_s * 1000, 2 * hold_s * 1000]
    assert abs(clip.duration_ms - 2 * hold_s * 1000 - 80) <= 40
    assert clip.is_whole


def test_a_last_frame_that_is_held_counts():
    """The last picture of a slide show is shown as long as the file says."""
    clock = Clock(25.0, announced_s=135.0)
    clock.at(0.0, 45.0)
    clock.at(45.0, 90.0)
    assert clock.end_ms == 135_000


def test_a_hold_spends_none_of_the_time_that_is_looked_at():
    """A picture that is held longer than a clip may last hides nothing that follows it."""
    pictures = [*still(1, 1), *moving(2, 25)]
    stamps = [0, *range(60 * RATE, 61 * RATE)]
    times, clip = seen(film(pictures, stamps=stamps), replace(STANDARD_CLIP, max_seconds=10))
    assert times == [0, 60_000, 60_520]
    assert clip.is_whole


def test_a_step_that_the_file_contradicts_counts_one_frame():
    """A step beyond the announced length is a jump, unless the frame before is held for as long."""
    clock = Clock(25.0, announced_s=50.0)
    assert [clock.at(0.0), clock.at(45.0), clock.at(95.0)] == [0, 45_000, 45_040]
    assert clock.guesses == 1
    held = Clock(25.0, announced_s=50.0)
    assert [held.at(0.0, 95.0), held.at(95.0)] == [0, 95_000]


def test_in_joined_files_a_long_step_is_a_jump():
    """Time stamps of joined transport streams jump, so that only holds of a few minutes are believed."""
    clock = Clock(25.0, is_joined=True)
    assert [clock.at(0.0), clock.at(100.0), clock.at(101.0 + MAX_JOINED_HOLD_S)] == [0, 100_000, 100_040]
    assert clock.looked_ms == 80


def test_holds_are_bounded_in_all():
    """However long a file says that frames are held, the time stays within a bound."""
    clock = Clock(25.0)
    times = [clock.at(number * 3000.0, 3000.0) for number in range(100)]
    assert times[-1] <= MAX_HELD_S * 1000 + 100 * 40
    assert clock.end_ms <= 2 * MAX_HELD_S * 1000
    assert clock.guesses > 0


@pytest.mark.parametrize(
    ("name", "times"),
    [("stranger-slides-45s.mp4", [0, 45_000, 90_000]), ("hold-then-clip.mp4", [0, 45_000, 45_500])],
)
def test_reported_files_with_long_holds_are_seen_whole(name, times):
    """Slide shows with variable frame rate are seen whole, and what follows a hold is told at its time."""
    [path] = eval_files("reports/long-hold", name)
    found, clip = seen(path.read_bytes())
    assert found[:3] == times
    assert clip.is_whole
