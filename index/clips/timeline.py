"""Timeline fits: the parts of an upload that show a registered clip, and their speed. Frame hits vote for them.

A *frame hit* is a query frame that matched a key frame of the clip. A *timeline fit* maps the upload's time to the
clip's: time of the clip = speed * time of the upload + offset, with a negative speed for reversed play. Example: a
clip's seconds 10 to 20, played twice as fast from the upload's second 3 on, have speed 2 and offset 4,000 ms.

1. Hits of one *run* (consecutive similar query frames) with one key frame are one vote, because a still shown for a
   minute proves no more than a still shown for a second. For each speed, a vote allows an interval of offsets, because
   a key frame represents an interval of the clip.
2. For each speed of a grid, the offset with the most evidence is a guess. The best guesses are fitted by least squares
   to the hits that lie on them. Other hits may lie on the new fit, so this is repeated.
3. The guess with the most *support* is a timeline fit. Support is the number of independent hits: pairs of a run and a
   key frame, with each run and each key frame counted once, because similar frames are not independent evidence.
4. The hits at the times of the fit are removed, and the next fit is searched for among the rest. An upload that cuts a
   clip into parts, or shows it twice, has several fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import F64, Flags
from index.verdict import MIN_NATS, Segment, joined

TOLERANCE_MS: Final = 500.0
"""Maximum distance of a hit from its timeline fit, in the clip's time: the step between two query frames."""

SLACK_MS: Final = 1_000.0
"""Maximum distance of a timeline fit from the true one."""

MIN_SPEED: Final = 0.45
MAX_SPEED: Final = 2.2
SPEED_STEP: Final = 1.02
"""Factor between neighbouring speeds of the grid. Over 25 s they differ by the tolerance, which the fit corrects."""

MAX_FITS: Final = 8
"""Maximum number of timeline fits for one clip."""

MAX_GUESSES: Final = 12
"""Maximum number of guesses that are fitted, besides those of plain and of plainly reversed play."""

MAX_ROUNDS: Final = 6
"""Maximum number of least-squares rounds for one guess."""

EDGE_SHARE: Final = 0.4
"""Share of a key frame's interval, at either end, that a fit avoids. The middle is likelier than the ends."""

GAP_MS: Final = 1_500
"""Time without a hit after which a segment of the upload ends. A later hit begins another segment."""

FULL_NATS: Final = 100.0
"""Log-likelihood ratio, in nats, beyond which a vote weighs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHit:
    """A query frame that matched a key frame.

    Attributes:
        at_ms: time of the query frame in the upload.
        run: number of the upload's run that the query frame belongs to.
        key_frame: number of the key frame in its clip.
        start_ms: start of the interval of the clip that the key frame represents.
        end_ms: end of that interval.
        nats: log-likelihood ratio of its windows or of its whole codes, in nats.
        is_tight: whether the query frame is a tight match of the key frame.
        until_ms: time until which the query frame is shown; 0 if it is not known.
    """

    at_ms: int
    run: int
    key_frame: int
    start_ms: int
    end_ms: int
    nats: float
    is_tight: bool = False
    until_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineFit:
    """One part of the upload that shows the clip.

    Attributes:
        speed: milliseconds of the clip per millisecond of the upload; negative for reversed play.
        offset_ms: time of the clip at the upload's beginning.
        frame_hits: the hits that lie on it, in the upload's order.
        strengths: log-likelihood ratio of each independent hit, in nats, the strongest first.
        tight_support: number of independent tight hits.
    """

    speed: float
    offset_ms: float
    frame_hits: tuple[FrameHit, ...]
    strengths: tuple[float, ...]
    tight_support: int

    @property
    def support(self) -> int:
        """The number of independent hits."""
        return len(self.strengths)

    def upload(self, step_ms: int) -> tuple[Segment, ...]:
        """Return the segments of the upload that show the clip.

        A query frame represents `step_ms`, or the time for which it is shown if this is longer.
        """
        shown = (
            Segment(start_ms=one.at_ms, end_ms=max(one.at_ms + step_ms, one.until_ms))
            for one in self.frame_hits
        )
        return joined(shown, GAP_MS)

    def reference(self, step_ms: int, duration_ms: int) -> Segment:
        """Return the shown part of the clip, with a margin, because a key frame represents an interval."""
        ends = (self.frame_hits[0].at_ms, self.frame_hits[-1].at_ms + step_ms)
        start, end = sorted(self.speed * at + self.offset_ms for at in ends)
        start = max(start - SLACK_MS, float(min(one.start_ms for one in self.frame_hits)))
        end = min(end + SLACK_MS, float(max(one.end_ms for one in self.frame_hits)), float(duration_ms))
        first = round(min(max(start, 0.0), duration_ms - 1))
        return Segment(start_ms=first, end_ms=max(first + 1, round(end)))


def fit_timelines(frame_hits: Sequence[FrameHit]) -> list[TimelineFit]:
    """Return timeline fits, each with at least one hit, the fit with the most support first."""
    left = list(frame_hits)
    fits: list[TimelineFit] = []
    while left and len(fits) < MAX_FITS:
        fit = _best(left)
        fits.append(fit)
        explained = {one.at_ms for one in fit.frame_hits}
        left = [one for one in left if one.at_ms not in explained]
    return fits


def support_of(frame_hits: Sequence[FrameHit]) -> tuple[float, ...]:
    """Return the nats of the independent hits, the strongest first: each run and each key frame counts once.

    Weak hits, below `MIN_NATS`, support nothing. If all are weak, the strongest is returned alone.
    """
    runs: set[int] = set()
    key_frames: set[int] = set()
    strengths: list[float] = []
    for one in sorted(frame_hits, key=lambda one: -one.nats):
        if one.run in runs or one.key_frame in key_frames:
            continue
        runs.add(one.run)
        key_frames.add(one.key_frame)
        if strengths and one.nats < MIN_NATS:
            break
        strengths.append(one.nats)
    return tuple(strengths)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Frame hits as columns: float64 [m] each."""

    at: F64
    start: F64
    end: F64
    weight: F64

    @classmethod
    def of(cls, frame_hits: Sequence[FrameHit]) -> "_Columns":
        return cls(
            at=np.array([one.at_ms for one in frame_hits], np.float64),
            start=np.array([one.start_ms for one in frame_hits], np.float64),
            end=np.array([one.end_ms for one in frame_hits], np.float64),
            weight=np.array([min(one.nats, FULL_NATS) for one in frame_hits], np.float64),
        )

    def held(self, speed: float, offset: float) -> Flags:
        """Return the hits that lie on a guess: bool [m]."""
        shown = speed * self.at + offset
        flags: Flags = (shown >= self.start - TOLERANCE_MS) & (shown <= self.end + TOLERANCE_MS)
        return flags

    def fitted(self, held: Flags, speed: float, offset: float) -> tuple[float, float]:
        """Move a guess by least squares towards the hits that lie on it."""
        at = self.at[held]
        if len(np.unique(at)) < 2:  # noqa: PLR2004  one time fits every speed
            return speed, offset
        start, end = self.start[held], self.end[held]
        edge = EDGE_SHARE * (end - start)
        shown = np.clip(speed * at + offset, start + edge, end - edge)
        slope, rest = np.polyfit(at, shown, 1, w=np.sqrt(self.weight[held]))
        return float(slope), float(rest)


_FASTER: Final = SPEED_STEP ** np.arange(
    np.floor(np.log(MIN_SPEED) / np.log(SPEED_STEP)), np.ceil(np.log(MAX_SPEED) / np.log(SPEED_STEP)) + 1
)
_SPEEDS: Final = np.concatenate([_FASTER, -_FASTER])


def _best(frame_hits: Sequence[FrameHit]) -> TimelineFit:
    columns = _Columns.of(frame_hits)
    strongest = max(frame_hits, key=lambda one: one.nats)
    alone = (
        1.0,
        (strongest.start_ms + strongest.end_ms) / 2 - strongest.at_ms,
    )  # that hit lies on it at least
    fits = [_fitted(frame_hits, columns, *guess) for guess in (*_guesses(frame_hits), alone)]
    return max(fits, key=_rank)


def _rank(fit: TimelineFit) -> tuple[int, float, float]:
    """Return the sort key of a fit: support, then evidence, then closeness of the speed to plain play."""
    plainness = -abs(np.log(abs(fit.speed))) - (fit.speed < 0)
    return (fit.support, round(sum(min(one, FULL_NATS) for one in fit.strengths)), plainness)


def _fitted(frame_hits: Sequence[FrameHit], columns: _Columns, speed: float, offset: float) -> TimelineFit:
    held = columns.held(speed, offset)
    for _ in range(MAX_ROUNDS):
        new_speed, new_offset = columns.fitted(held, speed, offset)
        if not MIN_SPEED <= abs(new_speed) <= MAX_SPEED:
            break
        new_held = columns.held(new_speed, new_offset)
        if new_held.sum() < held.sum():
            break
        speed, offset, held = new_speed, new_offset, new_held
    on_it = [one for one, is_held in zip(frame_hits, held, strict=True) if is_held]
    on_it.sort(key=lambda one: one.at_ms)
    return TimelineFit(
        speed=speed,
        offset_ms=offset,
        frame_hits=tuple(on_it),
        strengths=support_of(on_it),
        tight_support=len(support_of([one for one in on_it if one.is_tight])),
    )


def _guesses(frame_hits: Sequence[FrameHit]) -> list[tuple[float, float]]:
    """Return the speeds and offsets with most votes (1., 2.)."""
    first, last, start, end, weight = _votes(frame_hits)
    found = []
    for speed in _SPEEDS:
        # Use the query frame of a run with the widest interval: votes are generous, and the hits are tested afterwards.
        early, late = (first, last) if speed > 0 else (last, first)
        low = start - TOLERANCE_MS - speed * late
        high = end + TOLERANCE_MS - speed * early
        places = np.concatenate([low, high])
        changes = np.concatenate([weight, -weight])
        order = np.lexsort((-changes, places))  # an interval that begins where another ends overlaps it
        standing = np.cumsum(changes[order])
        top = int(standing.argmax())
        until = places[order[top + 1]] if top + 1 < len(order) else places[order[top]]
        found.append((float(standing[top]), float(speed), float((places[order[top]] + until) / 2)))
    # Many speeds allow the same votes. Among these, plain play comes first.
    found.sort(key=lambda one: (-round(one[0]), one[1] < 0, abs(np.log(abs(one[1])))))
    best = found[:MAX_GUESSES]
    best += [one for one in found[MAX_GUESSES:] if one[1] in (1.0, -1.0)]
    return [(speed, offset) for _, speed, offset in best]


def _votes(frame_hits: Sequence[FrameHit]) -> tuple[F64, F64, F64, F64, F64]:
    """Group frame hits into votes. Return five columns, float64 [v] each.

    These are the times of the run's first and last query frame, the start and end of the key frame, and the weight.
    """
    votes: dict[tuple[int, int], list[float]] = {}
    for one in frame_hits:
        weight = min(one.nats, FULL_NATS)
        vote = votes.setdefault(
            (one.run, one.key_frame), [one.at_ms, one.at_ms, one.start_ms, one.end_ms, weight]
        )
        vote[0], vote[1] = min(vote[0], one.at_ms), max(vote[1], one.at_ms)
        vote[4] = max(vote[4], weight)
    first, last, start, end, weights = np.array(list(votes.values()), np.float64).T
    return first, last, start, end, weights
