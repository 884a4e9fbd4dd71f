"""Re-uploads with other times: frame rates, speeds, parts, splices, and the film played backwards."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final

import cv2
import numpy as np

from benchmarks.clips.films.film import MATROSKA, Film, Frame, Size, resized
from benchmarks.clips.films.kind import Around, Kind, Make, chained, painted

LONG_KIND: Final = "within_10min"
LONG_SECONDS: Final = 600.0
_LONG_SIZE: Final[Size] = (320, 180)
_LONG_RATE: Final = Fraction(10)
_CUT_SECONDS: Final = 3.0
_TRIM: Final = (0.25, 0.4)
_KEPT_QUALITY: Final = 95  # JPEG quality of the frames that are kept to be played backwards


def _picked(frames: Iterable[Frame], places: Iterable[int]) -> Iterator[Frame]:
    """Yield frames by ascending numbers; the last frame stands for any number beyond it."""
    source = iter(frames)
    at, frame = 0, next(source, None)
    for place in places:
        while at < place and (later := next(source, None)) is not None:
            at, frame = at + 1, later
        if frame is not None:
            yield frame


def _timed(film: Film, rate: Fraction, speed: float) -> Film:
    """Return a film at another rate and speed; frames are left out or repeated."""
    seconds = film.seconds / speed
    count = round(seconds * rate)
    places = (
        min(film.count - 1, int(float(number / rate) * speed * float(film.rate) + 1e-6))
        for number in range(count)
    )
    return replace(
        film,
        frames=_picked(film.frames, places),
        rate=rate,
        seconds=seconds,
        shown=tuple(one.moved(1 / speed) for one in film.shown),
    )


def part(film: Film, start: float, end: float) -> Film:
    """Return the part between two times."""
    first, last = round(start * film.rate), round(end * film.rate)
    kept = (one.within(start, end) for one in film.shown)
    return replace(
        film,
        frames=(frame for number, frame in enumerate(film.frames) if first <= number < last),
        seconds=float((last - first) / film.rate),
        shown=tuple(one for one in kept if one is not None),
    )


def at_rate(film: Film, rate: int) -> Film:
    """Return the film at another number of frames per second."""
    return _timed(film, Fraction(rate), 1.0)


def at_speed(film: Film, speed: float) -> Film:
    """Return the film at another speed, with the same number of frames per second."""
    return _timed(film, film.rate, speed)


def _own_start(around: Around) -> float:
    """Return the time at which the content that only this clip has begins, in seconds."""
    return around.clip.whole.starts[1]


def _trim_start(film: Film, around: Around) -> Film:
    return part(film, film.seconds * around.rng.uniform(*_TRIM), film.seconds)


def _trim_end(film: Film, around: Around) -> Film:
    start = _own_start(around)
    return part(film, 0.0, start + (film.seconds - start) * (1 - around.rng.uniform(*_TRIM)))


def _three_seconds(film: Film, around: Around) -> Film:
    """Return 3 s of content that only this clip has; the blank half of the door's clip is not such content."""
    latest = min(film.seconds, around.clip.whole.ends[0] + 1.5) - _CUT_SECONDS
    start = around.rng.uniform(_own_start(around), max(_own_start(around), latest))
    return part(film, start, start + _CUT_SECONDS)


def _fit(film: Film, size: Size) -> Film:
    return painted(film, lambda frame: boxed(frame, size), size)


def boxed(frame: Frame, size: Size) -> Frame:
    """Return a frame between bars, its aspect kept."""
    factor = min(size[0] / frame.shape[1], size[1] / frame.shape[0])
    inner = resized(frame, (max(2, round(frame.shape[1] * factor)), max(2, round(frame.shape[0] * factor))))
    sheet = np.zeros((size[1], size[0], 3), np.uint8)
    top, left = (size[1] - inner.shape[0]) // 2, (size[0] - inner.shape[1]) // 2
    sheet[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return sheet


def _within_ten_minutes(film: Film, around: Around) -> Film:
    """Return 3 s of the clip at a random time in ten minutes of other content, small and at a low frame rate."""
    inner = _fit(at_rate(_three_seconds(film, around), int(_LONG_RATE)), _LONG_SIZE)
    before = float(around.rng.integers(60, 540))
    after = LONG_SECONDS - before - inner.seconds
    films = [around.other(_LONG_SIZE, _LONG_RATE, before), inner, around.other(_LONG_SIZE, _LONG_RATE, after)]
    return chained(*films)


def _spliced(film: Film, around: Around) -> Film:
    """Return two parts of the clip with other content before, between and after them."""
    start = _own_start(around)
    middle = start + (film.seconds - start) / 2
    others = [around.other(film.size, film.rate, float(around.rng.uniform(2, 5))) for _ in range(3)]
    return chained(others[0], part(film, 0.0, middle), others[1], part(film, middle, film.seconds), others[2])


def _reversed(film: Film, _around: Around) -> Film:
    return replace(
        film,
        frames=_backwards(film.frames),
        shown=tuple(one.moved(-1.0, film.seconds) for one in reversed(film.shown)),
    )


def _backwards(frames: Iterable[Frame]) -> Iterator[Frame]:
    quality = [cv2.IMWRITE_JPEG_QUALITY, _KEPT_QUALITY]
    kept = [cv2.imencode(".jpg", frame, quality)[1] for frame in frames]
    for packed in reversed(kept):
        yield np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _speed(speed: float) -> Make:
    return lambda film, _around: at_speed(film, speed)


TIMES: Final = (
    Kind(name="fps_10", make=lambda film, _around: at_rate(film, 10)),
    Kind(name="fps_60", make=lambda film, _around: at_rate(film, 60), save=MATROSKA),
    Kind(name="speed_up_5", make=_speed(1.05)),
    Kind(name="speed_up_10", make=_speed(1.10)),
    Kind(name="speed_up_25", make=_speed(1.25)),
    Kind(name="slow_5", make=_speed(0.95)),
    Kind(name="slow_10", make=_speed(0.90)),
    Kind(name="slow_25", make=_speed(0.75)),
    Kind(name="trim_start", make=_trim_start),
    Kind(name="trim_end", make=_trim_end),
    Kind(name="cut_3s", make=_three_seconds),
    Kind(name=LONG_KIND, make=_within_ten_minutes, share=0.75),
    Kind(name="splice", make=_spliced),
    Kind(name="reversed", make=_reversed),
)
