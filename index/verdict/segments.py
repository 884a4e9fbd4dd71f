"""Segments: the intervals of an upload that show a registered clip. An answer discloses no other times."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

STEP_MS: Final = 500
"""Segments are told in half seconds: an upload is looked at twice a second."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Segment:
    """Times in milliseconds since a clip's first frame; `start_ms` is before `end_ms`.

    Where something registered is shown in an upload is told by `coarse` segments alone.
    """

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms

    def coarsened(self) -> Self:
        """Rounds both ends to the nearest step, so that no segment is empty."""
        start = max(0, math.floor(self.start_ms / STEP_MS + 0.5))
        end = max(start + 1, math.floor(self.end_ms / STEP_MS + 0.5))
        return self.of_steps(start, end)

    @classmethod
    def of_steps(cls, start: int, end: int) -> Self:
        """Reads the coarse segment back whose `steps` these are."""
        return cls(start_ms=start * STEP_MS, end_ms=end * STEP_MS)

    @property
    def steps(self) -> tuple[int, int]:
        """Start and end of a coarse segment as whole numbers of steps."""
        return (round(self.start_ms / STEP_MS), round(self.end_ms / STEP_MS))


def joined(segments: Iterable[Segment], gap_ms: int = 0) -> tuple[Segment, ...]:
    """Joins segments that overlap, or lie no further apart than `gap_ms`; the result is in order."""
    result: list[Segment] = []
    for one in sorted(segments):
        if result and one.start_ms <= result[-1].end_ms + gap_ms:
            last = result.pop()
            one = Segment(start_ms=last.start_ms, end_ms=max(last.end_ms, one.end_ms))  # noqa: PLW2901
        result.append(one)
    return tuple(result)
