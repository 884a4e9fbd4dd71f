"""Find a picture seen at an angle, as in a photograph of a print or of a monitor.

The windows of a registered picture bear an angle of about 40 degrees. Seen from farther aside, a picture is found by a
look at it from the front (`rectifying`). It is a convex quadrilateral with straight sides:

1. The lines of a small plane are found (`lines`). An edge of the plane may be one side.
2. Two lines that face each other and two that cross both make a quadrilateral. It is kept if it is large, and neither
   an upright nor a turned rectangle, which the windows find.
3. Each side must have an edge along most of it.
4. Quadrilaterals are rated by their sides and their area. The sides of the best are fitted again to their edge pixels.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from index.arrays import F64, I64, Flags, Plane
from index.frames.views.lines import Edges, Lines

CORNERS: Final = 4
MIN_CROSSING: Final = np.sin(np.radians(20))  # of neighbouring sides
MAX_FACING: Final = np.sin(np.radians(48))  # of opposite sides
MIN_AREA: Final = 0.12  # share of the upload
AREA_WEIGHT: Final = 0.5
MIN_LENGTH: Final = 0.25  # of the shorter side of the upload, the shortest side of a quadrilateral
OUTSIDE: Final = 0.12  # of the longer side; corners may lie so far outside the upload
MIN_SLANT: Final = np.radians(7.0)  # of a corner from a right angle; with less the windows need no help
MAX_SLANT: Final = np.radians(60.0)
MIN_EDGED: Final = 0.55  # share of each side that has an edge
MIN_EDGED_OF_THREE: Final = 0.65  # the same if an edge of the upload is one side, which is no evidence
FRAME_EDGED: Final = 0.7  # what an edge of the upload counts as
MAX_FRAME_SIDES: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quad:
    """A quadrilateral: four corners in order around it, float64 [4, 2], as shares of a plane's width and height."""

    corners: F64 = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fours:
    """Quadrilaterals between lines.

    Attributes:
        lines: int64 [4, n], the lines in order around each.
        corners: float64 [n, 4, 2], where each line crosses the next, from the plane's middle.
        starts: float64 [4, n], where each side starts along its line.
        ends: float64 [4, n], where it ends.
    """

    lines: I64 = field(repr=False)
    corners: F64 = field(repr=False)
    starts: F64 = field(repr=False)
    ends: F64 = field(repr=False)

    def where(self, flags: Flags) -> Self:
        """Return some of the quadrilaterals."""
        return type(self)(
            lines=self.lines[:, flags],
            corners=self.corners[flags],
            starts=self.starts[:, flags],
            ends=self.ends[:, flags],
        )


def quad_in(small: Plane) -> Quad | None:
    """Return the likeliest quadrilateral of a small plane that is a picture seen at an angle; None if there is none."""
    edges = Edges.of(small)
    lines = Lines.of(edges)  # 1.
    if lines.found < CORNERS - MAX_FRAME_SIDES:
        return None
    fours = _fours(lines)
    fours = fours.where(
        _is_large(fours.corners, edges.shape) & _is_slanted(fours.corners, fours.lines >= lines.found)
    )  # 2.
    best = _best(fours, lines, edges)
    if best is None:
        return None
    corners = _corners_of([lines.fitted(edges, row) for row in best])
    if not _is_slanted(corners[None], np.array(best)[:, None] >= lines.found)[0]:
        return None
    return Quad(corners=corners / small.shape[::-1] + 0.5)


def _fours(lines: Lines) -> _Fours:
    """Return all quadrilaterals between the lines."""
    across, down, rho = np.cos(lines.turn), np.sin(lines.turn), lines.rho
    sines = across[:, None] * down - down[:, None] * across
    crosses = np.abs(sines) >= MIN_CROSSING
    one, other = np.nonzero(np.triu(np.abs(sines) <= MAX_FACING, 1))
    of_both = crosses[one] & crosses[other]  # [pairs, lines]
    first, second = np.nonzero(np.triu(of_both[:, one] & of_both[:, other], 1))
    around = np.stack([one[first], one[second], other[first], other[second]])
    around = around[:, (around >= lines.found).sum(axis=0) <= MAX_FRAME_SIDES]
    after, before = np.roll(around, -1, axis=0), np.roll(around, 1, axis=0)
    divisor = np.where(crosses, sines, 1.0)
    x = (rho[:, None] * down - down[:, None] * rho) / divisor
    y = (across[:, None] * rho - rho[:, None] * across) / divisor
    along = y * across[:, None] - x * down[:, None]
    ends = along[around, before], along[around, after]
    return _Fours(
        lines=around,
        corners=np.stack([x[around, after], y[around, after]], axis=-1).transpose(1, 0, 2),
        starts=np.minimum(*ends),
        ends=np.maximum(*ends),
    )


def _is_large(corners: F64, shape: tuple[int, int]) -> Flags:
    """Return which quadrilaterals fill enough of a plane, and hardly reach beyond it."""
    ahead = np.roll(corners, -1, axis=1)
    twice = (corners[..., 0] * ahead[..., 1] - corners[..., 1] * ahead[..., 0]).sum(axis=1)
    beyond = (np.abs(corners) - (shape[1] / 2, shape[0] / 2)).max(axis=(1, 2))
    lengths = np.linalg.norm(ahead - corners, axis=2).min(axis=1)
    flags: Flags = (
        (np.abs(twice) >= 2 * MIN_AREA * shape[0] * shape[1])
        & (beyond <= OUTSIDE * max(shape))
        & (lengths >= MIN_LENGTH * min(shape))
    )
    return flags


def _is_slanted(corners: F64, of_frame: Flags) -> Flags:
    """Return which quadrilaterals are convex, and not nearly rectangles.

    Args:
        corners: float64 [n, 4, 2].
        of_frame: bool [4, n], which lines are edges of the upload. Their corners tell nothing about the picture.
    """
    ahead = np.roll(corners, -1, axis=1) - corners
    behind = np.roll(ahead, 1, axis=1)
    cross = behind[..., 0] * ahead[..., 1] - behind[..., 1] * ahead[..., 0]
    slants = np.abs(np.arctan2((behind * ahead).sum(axis=2), np.abs(cross)))
    own = ~(of_frame | np.roll(of_frame, -1, axis=0)).T
    convex = (cross > 0).all(axis=1) | (cross < 0).all(axis=1)
    flags: Flags = convex & ((slants * own).max(axis=1) >= MIN_SLANT) & (slants.max(axis=1) <= MAX_SLANT)
    return flags


def _best(fours: _Fours, lines: Lines, edges: Edges) -> list[int] | None:
    """Return the lines around the best quadrilateral; None if none has edges along its sides (3, 4)."""
    if not fours.lines.size:
        return None
    reach = int(np.hypot(*edges.shape) / 2 * (1 + 2 * OUTSIDE)) + 2
    sums = lines.edged(edges, reach)
    starts, ends = (
        np.rint(at).astype(np.int64).clip(-reach, reach) + reach for at in (fours.starts, fours.ends)
    )
    edged = sums[fours.lines, ends + 1] - sums[fours.lines, starts]
    shares = np.minimum(edged / (ends + 1 - starts), 1.0)
    of_frame = fours.lines >= lines.found
    shares[of_frame] = FRAME_EDGED
    weakest = shares.min(axis=0)
    good = weakest >= np.where(of_frame.any(axis=0), MIN_EDGED_OF_THREE, MIN_EDGED)
    if not good.any():
        return None
    first, second = fours.corners[:, 2] - fours.corners[:, 0], fours.corners[:, 3] - fours.corners[:, 1]
    area = (
        np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
        / 2
        / (edges.shape[0] * edges.shape[1])
    )
    score = weakest + shares.mean(axis=0) + AREA_WEIGHT * np.sqrt(np.minimum(area, 1.0))
    around: list[int] = fours.lines[:, int(np.where(good, score, 0).argmax())].tolist()
    return around


def _corners_of(around: Sequence[tuple[float, float]]) -> F64:
    """Return where each line crosses the next one, float64 [4, 2]."""
    corners = []
    for (turn, rho), (next_turn, next_rho) in itertools.pairwise([*around, around[0]]):
        matrix = np.array([(np.cos(turn), np.sin(turn)), (np.cos(next_turn), np.sin(next_turn))])
        corners.append(np.linalg.solve(matrix, (rho, next_rho)))
    return np.array(corners)
