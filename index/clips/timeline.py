"""When an upload shows a registered clip: frames vote for lines of time.

A *hit* is one look at the upload that shows one stored frame of the clip. On a line, the time of the clip is
speed * time of the upload + offset; reversed play has a negative speed. Procedure (design.md section 5, Video):

1. Meetings of one *run* of the upload, whose looks are alike, with one stored frame are one vote: a still shown for a
   minute says no more than one shown for a second. A vote allows, for each speed, an interval of offsets, as a stored
   frame stands for an interval of the clip.
2. For each speed of a grid the offset that most evidence allows is a guess. The best guesses are fitted by least
   squares to the frame_hits that they hold, and hold other frame_hits then; this is repeated.
3. The guess with most *pieces* is a line. A piece is a run and a stored frame that meet, each counted once: what is
   alike on either side is one piece.
4. The line's looks are taken away, and the next line is looked for among the rest: a clip that is cut into parts, or
   shown twice, has several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import F64, Flags
from index.verdict import Segment, joined

TOLERANCE_MS: Final = 500.0
"""How far beside a line a hit may lie: the step in which uploads are looked at."""

SLACK_MS: Final = 1_000.0
"""How far a line may lie beside the true one."""

MIN_SPEED: Final = 0.45
MAX_SPEED: Final = 2.2
SPEED_STEP: Final = 1.02
"""Neighbouring speeds are this factor apart: over 25 s they differ by the tolerance, and fitting does the rest."""

MAX_LINES: Final = 8
GUESSES: Final = 12
FITS: Final = 6
EDGE_SHARE: Final = 0.4

GAP_MS: Final = 1_500
"""Time without a hit after which a line's segment ends: what comes later is another."""

FULL_NATS: Final = 100.0
"""Evidence beyond which a vote weighs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHit:
    """One look at the upload that shows one stored frame.

    Attributes:
        at_ms: time of the upload.
        run: number of the upload's run that the look belongs to.
        frame: number of the stored frame.
        start_ms: from when on in the clip it stands for what is shown.
        end_ms: until when.
        nats: evidence of its windows.
        is_tight: whether the look shows that very picture.
    """

    at_ms: int
    run: int
    frame: int
    start_ms: int
    end_ms: int
    nats: float
    is_tight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One part of the upload that shows the clip.

    Attributes:
        speed: milliseconds of the clip in one of the upload; negative where it is reversed.
        offset_ms: time of the clip at the upload's beginning.
        frame_hits: those that lie on it, in the upload's order.
        strengths: nats of each piece, the strongest first.
        tight_support: pieces of tight frame_hits.
    """

    speed: float
    offset_ms: float
    frame_hits: tuple[FrameHit, ...]
    strengths: tuple[float, ...]
    tight_support: int

    @property
    def pieces(self) -> int:
        """How many distinct pieces of evidence there are."""
        return len(self.strengths)

    def upload(self, step_ms: int) -> tuple[Segment, ...]:
        """Returns when the upload shows it; each look stands for `step_ms`."""
        looks = (Segment(start_ms=one.at_ms, end_ms=one.at_ms + step_ms) for one in self.frame_hits)
        return joined(looks, GAP_MS)

    def reference(self, step_ms: int, duration_ms: int) -> Segment:
        """Returns what part of the clip is shown, generously: a stored frame stands for more than one moment."""
        ends = (self.frame_hits[0].at_ms, self.frame_hits[-1].at_ms + step_ms)
        start, end = sorted(self.speed * at + self.offset_ms for at in ends)
        start = max(start - SLACK_MS, float(min(one.start_ms for one in self.frame_hits)))
        end = min(end + SLACK_MS, float(max(one.end_ms for one in self.frame_hits)), float(duration_ms))
        first = round(min(max(start, 0.0), duration_ms - 1))
        return Segment(start_ms=first, end_ms=max(first + 1, round(end)))


def align(frame_hits: Sequence[FrameHit]) -> list[Line]:
    """Finds lines, each with one piece at least: the one with most pieces first."""
    left = list(frame_hits)
    lines: list[Line] = []
    while left and len(lines) < MAX_LINES:
        line = _best(left)
        lines.append(line)
        explained = {one.at_ms for one in line.frame_hits}
        left = [one for one in left if one.at_ms not in explained]
    return lines


def support_of(frame_hits: Sequence[FrameHit]) -> tuple[float, ...]:
    """Pairs runs and stored frames that meet, each once and the strongest first; returns their nats."""
    runs: set[int] = set()
    frames: set[int] = set()
    strengths = []
    for one in sorted(frame_hits, key=lambda one: -one.nats):
        if one.run in runs or one.frame in frames:
            continue
        runs.add(one.run)
        frames.add(one.frame)
        strengths.append(one.nats)
    return tuple(strengths)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Meetings as columns: float64 [m] each."""

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
        """Tells which lie on a line."""
        shown = speed * self.at + offset
        flags: Flags = (shown >= self.start - TOLERANCE_MS) & (shown <= self.end + TOLERANCE_MS)
        return flags

    def fitted(self, held: Flags, speed: float, offset: float) -> tuple[float, float]:
        """Moves a line by least squares towards the frame_hits that it holds."""
        at = self.at[held]
        if len(np.unique(at)) < 2:  # noqa: PLR2004  a line through one time is as it was guessed
            return speed, offset
        start, end = self.start[held], self.end[held]
        edge = EDGE_SHARE * (end - start)  # the middle of what a frame stands for is likelier than its ends
        shown = np.clip(speed * at + offset, start + edge, end - edge)
        slope, rest = np.polyfit(at, shown, 1, w=np.sqrt(self.weight[held]))
        return float(slope), float(rest)


_FASTER: Final = SPEED_STEP ** np.arange(
    np.floor(np.log(MIN_SPEED) / np.log(SPEED_STEP)), np.ceil(np.log(MAX_SPEED) / np.log(SPEED_STEP)) + 1
)
_SPEEDS: Final = np.concatenate([_FASTER, -_FASTER])


def _best(frame_hits: Sequence[FrameHit]) -> Line:
    columns = _Columns.of(frame_hits)
    strongest = max(frame_hits, key=lambda one: one.nats)
    alone = (1.0, (strongest.start_ms + strongest.end_ms) / 2 - strongest.at_ms)  # holds that one at least
    lines = [_line(frame_hits, columns, *guess) for guess in (*_guesses(frame_hits), alone)]
    return max(lines, key=_rank)


def _rank(line: Line) -> tuple[int, float, float]:
    """Orders lines: most pieces, most evidence, and in doubt the speed nearest to plain play."""
    plainness = -abs(np.log(abs(line.speed))) - (line.speed < 0)
    return (line.pieces, round(sum(min(one, FULL_NATS) for one in line.strengths)), plainness)


def _line(frame_hits: Sequence[FrameHit], columns: _Columns, speed: float, offset: float) -> Line:
    held = columns.held(speed, offset)
    for _ in range(FITS):
        new_speed, new_offset = columns.fitted(held, speed, offset)
        if not MIN_SPEED <= abs(new_speed) <= MAX_SPEED:
            break
        new_held = columns.held(new_speed, new_offset)
        if new_held.sum() < held.sum():
            break
        speed, offset, held = new_speed, new_offset, new_held
    on_it = [one for one, is_held in zip(frame_hits, held, strict=True) if is_held]
    on_it.sort(key=lambda one: one.at_ms)
    return Line(
        speed=speed,
        offset_ms=offset,
        frame_hits=tuple(on_it),
        strengths=support_of(on_it),
        tight_support=len(support_of([one for one in on_it if one.is_tight])),
    )


def _guesses(frame_hits: Sequence[FrameHit]) -> list[tuple[float, float]]:
    """Returns speeds and offsets with the most votes (1., 2.)."""
    first, last, start, end, weight = _votes(frame_hits)
    found = []
    for speed in _SPEEDS:
        # Of a run the look that allows most: a vote is generous, and what lies on a line is seen afterwards.
        early, late = (first, last) if speed > 0 else (last, first)
        low = start - TOLERANCE_MS - speed * late
        high = end + TOLERANCE_MS - speed * early
        places = np.concatenate([low, high])
        changes = np.concatenate([weight, -weight])
        order = np.lexsort((-changes, places))  # what begins where another ends still meets it
        standing = np.cumsum(changes[order])
        top = int(standing.argmax())
        until = places[order[top + 1]] if top + 1 < len(order) else places[order[top]]
        found.append((float(standing[top]), float(speed), float((places[order[top]] + until) / 2)))
    # Many speeds hold the same votes: among these plain play comes first.
    found.sort(key=lambda one: (-round(one[0]), one[1] < 0, abs(np.log(abs(one[1])))))
    best = found[:GUESSES]
    best += [one for one in found[GUESSES:] if one[1] in (1.0, -1.0)]
    return [(speed, offset) for _, speed, offset in best]


def _votes(frame_hits: Sequence[FrameHit]) -> tuple[F64, F64, F64, F64, F64]:
    """Sums frame_hits up to votes: first and last look, start and end of the frame, weight; float64 [v] each."""
    votes: dict[tuple[int, int], list[float]] = {}
    for one in frame_hits:
        weight = min(one.nats, FULL_NATS)
        vote = votes.setdefault(
            (one.run, one.frame), [one.at_ms, one.at_ms, one.start_ms, one.end_ms, weight]
        )
        vote[0], vote[1] = min(vote[0], one.at_ms), max(vote[1], one.at_ms)
        vote[4] = max(vote[4], weight)
    first, last, start, end, weights = np.array(list(votes.values()), np.float64).T
    return first, last, start, end, weights
