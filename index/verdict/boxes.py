"""A part of an upload, the only geometry that leaves: where the matched picture lies in what was uploaded."""

import math
from dataclasses import dataclass
from typing import Final, Self

STEPS: Final = 64
"""Boxes are told in 64ths of a side: enough to show a person where to look, too coarse to measure a reference by."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Box:
    """Edges as shares of a picture's width and height, 0 to 1.

    Where a registered picture lies in an upload is told by `coarse` boxes alone.
    """

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def coarse(cls, left: float, top: float, right: float, bottom: float) -> Self:
        """Cuts edges to the upload and rounds them outwards to `STEPS`, so that no box is empty.

        An edge that is no number is the upload's own: where it lies is not known, so nothing is left out. Edges the
        wrong way round give the step at the left or upper one.
        """
        left_step, right_step = _outwards(left, right)
        top_step, bottom_step = _outwards(top, bottom)
        return cls.of_steps(left_step, top_step, right_step, bottom_step)

    def coarsened(self) -> Self:
        """Returns the coarse box around this one: itself, where it is coarse."""
        return self.coarse(*self.edges)

    @classmethod
    def of_steps(cls, left: int, top: int, right: int, bottom: int) -> Self:
        """Reads the box back whose `steps` these are."""
        return cls(left=left / STEPS, top=top / STEPS, right=right / STEPS, bottom=bottom / STEPS)

    @classmethod
    def of_edges(cls, left: float, top: float, right: float, bottom: float) -> Self:
        """Return the box with these edges, unchecked (`is_proper`)."""
        return cls(left=left, top=top, right=right, bottom=bottom)

    @property
    def is_proper(self) -> bool:
        """True if the box has an area within the picture. Comparisons with NaN are false."""
        return 0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1

    def within(self, part: "Box") -> "Box":
        """Return the place, in a whole picture, of this box in a part of the picture."""
        width, height = part.right - part.left, part.bottom - part.top
        return Box(
            left=part.left + width * self.left,
            top=part.top + height * self.top,
            right=part.left + width * self.right,
            bottom=part.top + height * self.bottom,
        )

    def overlaps(self, other: "Box") -> bool:
        """Return whether two boxes have an area in common."""
        return max(self.left, other.left) < min(self.right, other.right) and max(self.top, other.top) < min(
            self.bottom, other.bottom
        )

    def around(self, *others: "Box") -> "Box":
        """Return the smallest box around this one and others."""
        boxes = (self, *others)
        return Box(
            left=min(box.left for box in boxes),
            top=min(box.top for box in boxes),
            right=max(box.right for box in boxes),
            bottom=max(box.bottom for box in boxes),
        )

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom as shares."""
        return (self.left, self.top, self.right, self.bottom)

    @property
    def steps(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of a coarse box as whole numbers of steps."""
        left, top, right, bottom = (round(edge * STEPS) for edge in self.edges)
        return (left, top, right, bottom)


def _outwards(low: float, high: float) -> tuple[int, int]:
    """Rounds one side's two edges to steps, away from each other."""
    first = min(math.floor(_cut(low, unknown=0.0) * STEPS), STEPS - 1)
    last = math.ceil(_cut(high, unknown=1.0) * STEPS)
    return first, max(last, first + 1)


def _cut(edge: float, *, unknown: float) -> float:
    return unknown if math.isnan(edge) else min(max(edge, 0.0), 1.0)


WHOLE: Final = Box(left=0.0, top=0.0, right=1.0, bottom=1.0)
