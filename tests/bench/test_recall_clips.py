"""Re-uploads of clips, and the times at which they show the clip."""

from fractions import Fraction

import numpy as np
import pytest

from benchmarks.clips.films.film import GIF, Film, Save, Shown, read, write
from benchmarks.clips.films.kind import chained
from benchmarks.clips.films.time import TIMES, at_rate, at_speed, part
from benchmarks.clips.run import is_right
from index.media.clips.kinds import is_clip
from index.verdict.segments import Segment

RATE = 10


def counting(seconds: float, *shown: Shown) -> Film:
    """Return a film whose frames have their number as grey level."""
    count = round(seconds * RATE)
    return Film(
        frames=[np.full((48, 64, 3), number, np.uint8) for number in range(count)],
        size=(64, 48),
        rate=Fraction(RATE),
        seconds=seconds,
        shown=shown or (Shown.of(0.0, seconds),),
    )


def numbers(film: Film) -> list[int]:
    """Return the numbers of the frames that a film shows."""
    return [int(frame[0, 0, 0]) for frame in film.frames]


def test_a_part_shows_what_is_left_of_the_clip():
    """Frames and the segment are cut at the same times, counted from the part's beginning."""
    cut = part(counting(6.0, Shown(starts=(0.0, 2.0), ends=(5.0, 5.0))), 1.0, 4.0)
    assert numbers(cut) == list(range(10, 40))
    assert cut.shown == (Shown(starts=(0.0, 1.0), ends=(3.0, 3.0)),)
    assert part(counting(6.0, Shown.of(0.0, 2.0)), 3.0, 6.0).shown == ()


@pytest.mark.parametrize("speed", [0.75, 1.25])
def test_speed_moves_frames_and_segments_alike(speed):
    """A frame at one time is shown at that time divided by the speed."""
    film = at_speed(counting(10.0, Shown.of(2.0, 6.0)), speed)
    assert film.seconds == pytest.approx(10 / speed)
    shown = film.shown[0]
    frames = numbers(film)
    assert len(frames) == film.count
    assert frames[round(shown.starts[0] * RATE)] == pytest.approx(20, abs=1)
    assert frames[round(shown.ends[0] * RATE)] == pytest.approx(60, abs=1)


def test_a_rate_changes_no_time():
    """Frames are left out or repeated; the length stays."""
    film = at_rate(counting(4.0), 25)
    assert (film.count, film.seconds, film.shown) == (100, 4.0, (Shown.of(0.0, 4.0),))
    assert numbers(film)[50] == 20


def test_backwards_turns_the_borders_round():
    """The last frame comes first, and a range of starts becomes a range of ends."""
    (reverse,) = (kind for kind in TIMES if kind.name == "reversed")
    film = reverse.make(counting(4.0, Shown(starts=(0.0, 1.0), ends=(4.0, 4.0))), None)
    assert film.shown == (Shown(starts=(0.0, 0.0), ends=(3.0, 4.0)),)
    assert numbers(film) == pytest.approx(list(range(39, -1, -1)), abs=3)  # kept as JPEG meanwhile


def test_a_chain_knows_when_each_part_is_shown():
    """Segments are moved by the length of what comes before."""
    film = chained(counting(2.0, Shown.of(1.0, 2.0)), counting(3.0, Shown.of(0.0, 3.0)))
    assert numbers(film) == [*range(20), *range(30)]
    assert film.shown == (Shown.of(1.0, 2.0), Shown.of(2.0, 5.0))


@pytest.mark.parametrize(
    ("told", "right"),
    [((500, 5_000), True), ((3_000, 6_000), True), ((4_500, 6_000), False), ((0, 3_500), False)],
)
def test_a_segment_is_right_within_a_second_of_what_may_be_true(told, right):
    """A start anywhere in the shared intro is as right as a start after it."""
    shown = Shown(starts=(0.5, 2.5), ends=(5.0, 5.0))
    assert is_right(shown, Segment(start_ms=told[0], end_ms=told[1])) is right


@pytest.mark.parametrize("save", [Save(), Save(suffix="webm", codec="libvpx-vp9")], ids=["mp4", "webm"])
def test_what_is_written_is_read_as_a_clip(tmp_path, save):
    """A file has the frames of its film, in a container that the product recognises as a clip."""
    path = tmp_path / f"film.{save.suffix}"
    write(counting(2.0), path, save)
    assert is_clip(path.read_bytes())
    assert len(list(read(path).frames)) == 20


def test_a_gif_goes_through_as_a_picture(tmp_path):
    """The product checks an animation as a picture, and so does the measurement."""
    path = tmp_path / "film.gif"
    write(counting(2.0), path, GIF)
    assert not is_clip(path.read_bytes())
