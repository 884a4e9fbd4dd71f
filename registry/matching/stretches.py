"""Stretched clips by windows: query frames are stretched back to the aspect of the registered clip and compared again.

Whole codes bear any stretch, but a moving camera leaves a key frame's whole codes within a tenth of a second. Windows
find the frames between key frames. They bear a stretch of about 1.2, so the stretch must be known:

1. A key frame that a query frame hits has an aspect. Its ratio to the aspect of the query frame is the stretch.
2. Once a stretch is known, each query frame that windows match weakly or not at all is stretched back and compared by
   windows again. So are the last query frames before it.
3. While nothing is known and nothing matches, one query frame in `GUESS_EVERY` is stretched by two of `GUESSES`.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from index.frames import QueryFrame, unstretched
from index.verdict import MIN_FRAME_NATS, MIN_NATS, Band, Segment, WindowEvidence
from registry.domain import FOUND_BY_WINDOWS_FROM, Family, KeyFrameCandidate
from registry.matching.frames import FrameMatcher, Wanted, evidence_of

Hit = tuple[KeyFrameCandidate, WindowEvidence]
"""A key frame, and the evidence of the query frame that shows it."""

GUESSES: Final = ((4 / 3, 3 / 4), (16 / 9, 9 / 16))
"""Factors by which the width is stretched if the stretch is unknown, in turn: the ratios of 4:3, 3:2 and 16:9 to a
square and to each other, as far as windows (which bear 1.2) do not find the clip without them or with another one."""

GUESS_EVERY: Final = 16
"""Number of query frames that match nothing between two guesses. A guess takes about 40 ms of CPU, a query frame 20."""

FIRST_GUESSES: Final = 4
"""Number of query frames between the first guesses, so that each factor is tried in a short clip."""

MIN_STRETCH: Final = 1.08
"""Stretch from which windows find less than without it. The aspect of a key frame is known within 0.5 %."""

MAX_STRETCH: Final = 2.0
"""Stretch beyond which it is rather a turned frame."""

MAX_STRETCHES: Final = 2
"""Number of stretches that are remembered, the latest. An upload rarely joins clips that are stretched differently."""

MAX_MISSES: Final = 8
"""Number of query frames in a row that do not match with a stretch, after which it is forgotten."""

MAX_WAITING: Final = 16
"""Number of query frames that matched nothing and wait for a stretch: 8 s, and 4 MiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenFrame:
    """A query frame with its place in the upload.

    Attributes:
        when: the time of the upload that the query frame stands for.
        run: number of the upload's run that the query frame belongs to.
    """

    when: Segment
    run: int
    query_frame: QueryFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnstretchedMatches:
    """The hits of query frames that were stretched back.

    Attributes:
        hits: query frames, each with its hits: the frame that was added, and earlier ones.
        is_finished: whether everything that triggered was compared.
    """

    hits: list[tuple[SeenFrame, list[Hit]]] = field(default_factory=list, repr=False)
    is_finished: bool = True


class Unstretcher:
    """The stretches of one upload, and its query frames stretched back. For one thread."""

    def __init__(self, frames: FrameMatcher, is_wanted: Wanted[KeyFrameCandidate]) -> None:
        """Take the comparison of query frames, and whether one is seen as a key frame."""
        self._frames = frames
        self._is_wanted = is_wanted
        self._misses: dict[float, int] = {}
        self._waiting: deque[SeenFrame] = deque(maxlen=MAX_WAITING)
        self._until_guess = 0
        self._guesses = 0

    def add(
        self, frame: SeenFrame, by_codes: Iterable[Hit], by_windows: Iterable[Hit], *, deadline: float
    ) -> UnstretchedMatches:
        """Compare the next query frame, and earlier ones if a stretch has become known.

        Args:
            frame: the query frame.
            by_codes: its hits by whole codes.
            by_windows: its hits by windows.
            deadline: reading of the processor time after which nothing more is compared.

        Raises:
            IndexBehind, StorageUnavailable: the index or the database cannot answer now.
            SealBroken: a stored key frame does not open.
        """
        if not self._frames.index.size(Family.FRAMES):
            return UnstretchedMatches()
        self._learn(frame, (one for one, found in by_codes if found.grade().band is not Band.NONE))
        strongest = max((found.nats for _, found in by_windows), default=0.0)
        if strongest >= MIN_FRAME_NATS:
            return UnstretchedMatches()
        if not self._misses and (strongest >= MIN_NATS or not self._guessed(frame, deadline)):
            self._waiting.append(frame)
            return UnstretchedMatches()
        hits, is_finished = self._compared(frame, deadline, is_new=True)
        return UnstretchedMatches(
            hits=[(frame, hits), *self.earlier(deadline=deadline)], is_finished=is_finished
        )

    def earlier(self, *, deadline: float) -> Iterator[tuple[SeenFrame, list[Hit]]]:
        """Compare the query frames that wait, the latest first, as far as the time allows, and yield their hits."""
        while self._misses and self._waiting and self._frames.cpu() <= deadline:
            frame = self._waiting.pop()
            yield frame, self._compared(frame, deadline, is_new=False)[0]

    def _compared(self, frame: SeenFrame, deadline: float, *, is_new: bool) -> tuple[list[Hit], bool]:
        """Compare a query frame with each known stretch (2.). Return its hits, and whether all was compared."""
        hits: list[Hit] = []
        is_finished = True
        for factor in tuple(self._misses):
            some, is_complete = self._matched(frame, factor, deadline)
            is_finished = is_finished and is_complete
            self._count(factor, is_hit=bool(some), is_new=is_new)
            hits += some
        return hits, is_finished

    def _matched(self, frame: SeenFrame, factor: float, deadline: float) -> tuple[list[Hit], bool]:
        back = unstretched(frame.query_frame, factor)
        found = self._frames.key_frames(back, deadline=deadline, is_wanted=self._is_wanted)
        return [(one, evidence_of(one, match)) for one, match in found.shown], found.is_finished

    def _guessed(self, frame: SeenFrame, deadline: float) -> bool:
        """Try to guess the stretch, if it is time to (3.). Return whether one is known now."""
        if len(frame.query_frame.windows) < FOUND_BY_WINDOWS_FROM:
            return False
        self._until_guess -= 1
        if self._until_guess >= 0:
            return False
        factors = GUESSES[self._guesses % len(GUESSES)]
        self._guesses += 1
        self._until_guess = (FIRST_GUESSES if self._guesses < len(GUESSES) else GUESS_EVERY) - 1
        for factor in factors:
            hits, _ = self._matched(frame, factor, deadline)
            self._learn(frame, (one for one, found in hits if found.nats >= MIN_NATS))
        return bool(self._misses)

    def _learn(self, frame: SeenFrame, shown: Iterable[KeyFrameCandidate]) -> None:
        """Remember the stretches between a query frame and the key frames that it shows (1.)."""
        rows, columns = frame.query_frame.luma.shape
        for one in shown:
            factor = one.windows.width / one.windows.height * rows / columns
            known = next((held for held in self._misses if _apart(held, factor) < MIN_STRETCH), factor)
            if MIN_STRETCH <= _apart(factor, 1.0) <= MAX_STRETCH:
                self._misses[known] = 0
        while len(self._misses) > MAX_STRETCHES:
            del self._misses[next(iter(self._misses))]

    def _count(self, factor: float, *, is_hit: bool, is_new: bool) -> None:
        """Forget a stretch with which nothing matches any more. Frames that waited say nothing about it."""
        if is_hit:
            self._misses[factor] = 0
        elif is_new:
            self._misses[factor] += 1
            if self._misses[factor] >= MAX_MISSES:
                del self._misses[factor]


def _apart(one: float, other: float) -> float:
    """Return the ratio of two factors, 1 or more."""
    return math.exp(abs(math.log(one / other)))
