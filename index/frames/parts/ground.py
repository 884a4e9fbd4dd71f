"""Find the islands of a page: what stands on its painted ground, as rectangles.

1. Pixels whose surroundings are flat are candidates for the ground.
2. The few grey levels that most of them have are the levels of the page: its colour, and those of bubbles and bars.
3. Connected pixels that are not ground make an island. Small islands (letters, icons) and hollow ones (the outline of a
   bubble) are dropped: what an outline encloses is an island of its own.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from index.arrays import I64, Flags, Plane
from index.frames.layout import Rectangle

REACH: Final = 5  # pixels; narrower gaps join islands, which straight edges part again
FLAT_LEVELS: Final = 8  # grey levels within that reach; JPEG leaves painted areas so flat
LEVEL_REACH: Final = 4  # grey levels to either side of a level of the page
MAX_LEVELS: Final = 4
LEVEL_SHARE: Final = 0.1  # of the flat pixels
EXPLAINED: Final = 0.6  # share of the flat pixels that the levels of a page account for
MIN_FLAT: Final = 0.02  # share of the plane; with less it has no ground
SAMPLING: Final = 3  # pixels; less than `REACH`, so that no gap is missed
MIN_FILL: Final = 0.2  # share of an island's rectangle; an outline fills less


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The painted ground of a page, on every third pixel each way.

    Attributes:
        flat: bool [height / 3, width / 3], pixels with flat surroundings.
        painted: the flat pixels that have a level of the page.
        is_page: True if the levels of the page account for most flat pixels.
    """

    flat: Flags = field(repr=False)
    painted: Flags = field(repr=False)
    is_page: bool


def ground_of(plane: Plane) -> Ground:
    """Return the ground of a plane, uint8 [height, width] (1, 2)."""
    kernel = np.ones((REACH, REACH), np.uint8)
    spread = cv2.subtract(cv2.dilate(plane, kernel), cv2.erode(plane, kernel))
    flat: Flags = np.asarray(spread, np.uint8)[::SAMPLING, ::SAMPLING] <= FLAT_LEVELS
    sampled = plane[::SAMPLING, ::SAMPLING]
    counts = np.bincount(sampled[flat], minlength=256).astype(np.int64)
    of_page = _levels(counts)
    explained = int(counts[of_page].sum())
    return Ground(
        flat=_grown(flat),
        painted=_grown(flat & of_page[sampled]),
        is_page=explained >= max(EXPLAINED * counts.sum(), MIN_FLAT * flat.size),
    )


def _grown(flags: Flags) -> Flags:
    """Return the pixels around marked ones too: the whole surroundings of a flat pixel are ground."""
    grown = np.asarray(cv2.dilate(flags.view(np.uint8), np.ones((3, 3), np.uint8)), np.uint8)
    return grown.view(np.bool_)


def _levels(counts: I64) -> Flags:
    """Return which grey levels are those of the page, bool [256] (2)."""
    of_page: Flags = np.zeros(256, np.bool_)
    left = counts.copy()
    for _ in range(MAX_LEVELS):
        near = np.convolve(left, np.ones(2 * LEVEL_REACH + 1, np.int64), "same")
        level = int(near.argmax())
        if near[level] < LEVEL_SHARE * counts.sum():
            break
        start, end = max(0, level - LEVEL_REACH), level + LEVEL_REACH + 1
        of_page[start:end] = True
        left[start:end] = 0
    return of_page


def ground_share(ground: Flags, within: Rectangle) -> float:
    """Return the share of a rectangle that is ground, given the sampled ground."""
    part = _sampled(ground, within)
    return float(part.mean()) if part.size else 0.0


def islands(ground: Flags, within: Rectangle, least: int) -> list[Rectangle]:
    """Return the islands within a rectangle with a shorter side of at least `least` pixels (3)."""
    left, top = within.left // SAMPLING, within.top // SAMPLING
    land = ~_sampled(ground, within)
    if not land.size:
        return []
    _, _, stats, _ = cv2.connectedComponentsWithStats(land.view(np.uint8), connectivity=4)
    x, y, wide, high, area = (stats[1:, column].astype(np.int64) for column in range(5))
    kept = (np.minimum(wide, high) * SAMPLING >= least) & (area >= MIN_FILL * wide * high)
    sides = np.stack([x + left, y + top, x + left + wide, y + top + high], axis=1)[kept] * SAMPLING
    return [
        Rectangle(
            left=max(side[0], within.left),
            top=max(side[1], within.top),
            right=min(side[2], within.right),
            bottom=min(side[3], within.bottom),
        )
        for side in sides.tolist()
    ]


def _sampled(ground: Flags, within: Rectangle) -> Flags:
    """Return the sampled ground within a rectangle."""
    rows = slice(within.top // SAMPLING, -(-within.bottom // SAMPLING))
    return np.ascontiguousarray(ground[rows, within.left // SAMPLING : -(-within.right // SAMPLING)])
