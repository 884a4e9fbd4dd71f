"""An upload seen in the frame of a regional signature, and the registration of the frame by the signature itself.

The frame of a match comes from windows, or from whole codes. It is a few pixels off, and a few pixels are half a cell.
So the frame is corrected where cells do not agree:

1. The grid is shifted by a few pixels each way. Each cell votes for the shift with which it and its neighbours agree
   best, with more weight if they agree well and show much.
2. A projective map is fitted to the votes, robustly (Cauchy), since cells of a replaced region vote at random.
3. The upload is warped again, and the new frame kept if the better two thirds of the cells agree better.
"""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
import numpy.typing as npt

from index.arrays import F32, F64, Flags, Plane
from index.regions.cells import (
    CELL_PIXELS,
    cell_histograms,
    direction_maps,
    projected,
    shifted_histograms,
)
from index.regions.signature import WHOLE_SIDE, Grid

OVERSAMPLED: Final = 2  # pixels of the view for one pixel of the canvas, a side

WITHIN_EDGE: Final = 0.01  # share of the upload's sides; points at most this far outside count as covered
MIN_COVERED: Final = 0.75  # share of a cell's patch that must lie in the upload for the cell to be judged
MIN_CELLS: Final = 10  # judged cells, below which nothing is told

ALIKE: Final = 0.75
"""Agreement of each cell and its neighbours, from which the frame shows nothing else. Of 2,332 plain re-uploads 0.47
agree so well, and 0.005 of 1,188 with a replaced region (with 0.85: 0.35 and 0.003)."""

FACE_ALIKE: Final = 0.85  # the same in the grid of a face

CORRECTED_UP_TO: Final = 0.85  # the same, from which the frame needs no correction

INVERTED_BELOW: Final = 0.70  # agreement below which the inverted picture is tried
INVERTED_GAIN: Final = 0.10

STEPS: Final = (3.0, 1.5)
"""Shifts of the grid, in pixels of the canvas. Three (4, 2, 1) agree no better (0.922 and 0.920 in 182 matches) and
take 1.4 times as long."""

MIN_PEAK: Final = 0.45  # agreement from which a cell votes
CAUCHY: Final = 2.0  # steps
REWEIGHTINGS: Final = 4
RIDGE: Final = np.array([0.01, 0.2, 0.2, 0.01, 0.2, 0.2, 1.0, 1.0])
"""Damping of a fit's shift, linear part and tilt, against few votes."""

FLAT: Final = 1e-6  # bend of a parabola without a peak
MIN_GAIN: Final = 1e-3  # agreement that a corrected frame must gain

Frame = npt.NDArray[np.float64]
"""A projective map from a view's pixels to the pixels of a luma plane, float64 [3, 3]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """An upload in a grid's frame.

    Attributes:
        frame: from the view's pixels to the plane.
        view: uint8 [size, size], with `OVERSAMPLED` pixels for each of the canvas.
        maps: direction maps of the canvas.
        covered: bool [cells], cells that can be judged.
        agreement: float32 [cells], -1 to 1.
    """

    frame: Frame
    view: Plane
    maps: F32
    covered: Flags
    agreement: F32

    @classmethod
    def of(cls, plane: Plane, frame: Frame, grid: Grid) -> Self:
        """Warp an upload's plane to a frame and compare it with the grid."""
        size = grid.side * CELL_PIXELS
        view = cv2.warpPerspective(
            plane,
            frame,
            (OVERSAMPLED * size, OVERSAMPLED * size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        maps = direction_maps(canvas_of(np.asarray(view, np.uint8)))
        return cls(
            frame=frame,
            view=np.asarray(view, np.uint8),
            maps=maps,
            covered=covered_cells(frame, plane.shape, grid.side),
            agreement=agreement(projected(cell_histograms(maps)), grid.signs),
        )

    @property
    def quality(self) -> float:
        """Mean agreement of the better two thirds of the covered cells; -1 if too few are covered."""
        judged = np.sort(self.agreement[self.covered])
        return float(judged[len(judged) // 3 :].mean()) if len(judged) >= MIN_CELLS else -1.0

    @property
    def is_alike(self) -> bool:
        """True if all covered cells, each with its neighbours, agree so well that nothing can be replaced."""
        return self.agrees(ALIKE if len(self.agreement) == WHOLE_SIDE**2 else FACE_ALIKE)

    def agrees(self, least: float) -> bool:
        """Return whether each covered cell and its neighbours agree at least so well."""
        near = around(self.agreement, self.covered)
        return bool((near[self.covered] >= least).all())


def canvas_of(view: Plane) -> Plane:
    """Return the canvas of a view."""
    side = len(view) // OVERSAMPLED
    return np.asarray(cv2.resize(view, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def agreement(values: F32, signs: F32) -> F32:
    """Return how well projections [..., cells, 16] have the held signs, -1 to 1; strong projections count more."""
    total = np.abs(values).sum(axis=-1) + np.float32(1e-6)
    return np.asarray((values * signs).sum(axis=-1) / total, np.float32)


def around(values: F32, covered: Flags, reach: int = 1) -> F32:
    """Return the mean of each cell and its covered neighbours, of values float32 [cells]."""
    side = round(float(np.sqrt(len(values))))
    known = covered.reshape(side, side).astype(np.float32)
    size = (2 * reach + 1, 2 * reach + 1)
    sums = cv2.blur(values.reshape(side, side) * known, size, borderType=cv2.BORDER_CONSTANT)
    counts = cv2.blur(known, size, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(sums / np.maximum(counts, 1e-3), np.float32).ravel()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shifted:
    """The cells of a canvas in place and at four small shifts (`shifted_histograms`).

    Attributes:
        found: histograms, float32 [5, cells, 128].
        values: projections, float32 [5, cells, 16].
        agreement: float32 [5, cells].
        near: mean agreement of each cell and its neighbours, float32 [5, cells].
    """

    found: F32
    values: F32
    agreement: F32
    near: F32

    @classmethod
    def of(cls, maps: F32, grid: Grid, step: float) -> Self:
        """Read the direction maps of a canvas, shifted by so many of its pixels."""
        side = grid.side
        found = shifted_histograms(maps, step)
        values = projected(found.reshape(-1, found.shape[2])).reshape(len(found), side * side, -1)
        each = agreement(values, grid.signs)
        near = [
            cv2.blur(one.reshape(side, side), (3, 3), borderType=cv2.BORDER_REFLECT_101).ravel()
            for one in each
        ]
        return cls(found=found, values=values, agreement=each, near=np.stack(near))


def covered_cells(frame: Frame, shape: tuple[int, ...], side: int) -> Flags:
    """Return which cells' patches lie in the upload, bool [cells]."""
    rows, columns = shape
    half = CELL_PIXELS * OVERSAMPLED // 2
    line = (np.arange(-1, 2 * side + 1) + 0.5) * half - 0.5
    x, y = np.meshgrid(line.clip(0, line[-2]), line.clip(0, line[-2]))
    at = frame @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    x, y = at[0] / at[2] / columns, at[1] / at[2] / rows
    inside = (x >= -WITHIN_EDGE) & (x <= 1 + WITHIN_EDGE) & (y >= -WITHIN_EDGE) & (y <= 1 + WITHIN_EDGE)
    inside &= at[2] > 0
    share = cv2.blur(
        inside.reshape(2 * side + 2, -1).astype(np.float32),
        (4, 4),
        anchor=(0, 0),
        borderType=cv2.BORDER_REPLICATE,
    )
    return np.asarray(share[0:-2:2, 0:-2:2] > MIN_COVERED).ravel()


def registered(plane: Plane, frame: Frame, grid: Grid) -> tuple[Placed, Plane]:
    """Return an upload in the corrected frame, and its plane, which is inverted if that agrees better."""
    placed = Placed.of(plane, frame, grid)
    if placed.quality < INVERTED_BELOW:
        inverted = np.asarray(255 - plane, np.uint8)
        other = Placed.of(inverted, frame, grid)
        if other.quality > placed.quality + INVERTED_GAIN:
            plane, placed = inverted, other
    weights = np.clip(grid.textures + 2.5, 0.1, 4)
    for step in STEPS:
        if placed.quality < 0 or placed.agrees(CORRECTED_UP_TO):
            break
        move = _move(placed, grid, step, weights)
        if move is None:
            continue
        tried = Placed.of(plane, placed.frame @ move, grid)
        if tried.quality >= placed.quality + MIN_GAIN:
            placed = tried
    return placed, plane


def _move(placed: Placed, grid: Grid, step: float, weights: F32) -> Frame | None:
    """Return the move of the frame for which the cells vote; None if too few vote."""
    near = Shifted.of(placed.maps, grid, step).near
    strength = np.where(placed.covered, np.clip(near.max(axis=0) - MIN_PEAK, 0, 1), 0) ** 2 * weights
    if int((strength > 0).sum()) < MIN_CELLS:
        return None
    votes = np.stack([_peak(near[1], near[0], near[2]), _peak(near[3], near[0], near[4])], axis=1) * step
    size = grid.side * CELL_PIXELS
    return _fitted(votes * (2 / size), strength, CAUCHY * step * 2 / size, size * OVERSAMPLED)


def _peak(before: F32, here: F32, after: F32) -> F64:
    """Return where the parabola through three values is highest, in steps, -1 to 1."""
    bend = before - 2 * here + after
    peak = 0.5 * (before - after) / np.minimum(bend, -FLAT)
    return np.asarray(np.where(bend < -FLAT, peak, np.sign(after - before)).clip(-1, 1), np.float64)


def _fitted(votes: F64, strength: F32, spread: float, size: int) -> Frame:
    """Fit a projective move, in pixels of the view, to the votes of a grid's cells, in halves of its side."""
    side = round(float(np.sqrt(len(votes))))
    line = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = (one.ravel() for one in np.meshgrid(line, line))
    one, none = np.ones_like(x), np.zeros_like(x)
    table = np.concatenate(
        [
            np.stack([one, x, y, none, none, none, x * x, x * y], axis=1),
            np.stack([none, none, none, one, x, y, x * y, y * y], axis=1),
        ]
    )
    wanted = votes.T.ravel()
    weights = strength.astype(np.float64)
    solved = np.zeros(8)
    for _ in range(REWEIGHTINGS):
        weighted = table * np.tile(weights, 2)[:, None]
        solved = np.linalg.solve(weighted.T @ table + np.diag(RIDGE), weighted.T @ wanted)
        off = np.hypot(*(wanted - table @ solved).reshape(2, -1))
        weights = strength / (1 + (off / spread) ** 2)
    a, b, c, d, e, f, g, h = solved
    move = np.array([[1 + b, c, a], [e, 1 + f, d], [-g, -h, 1]])
    middle = (size - 1) / 2
    into = np.array([[2 / size, 0, -middle * 2 / size], [0, 2 / size, -middle * 2 / size], [0, 0, 1]])
    back = np.array([[size / 2, 0, middle], [0, size / 2, middle], [0, 0, 1]])
    return np.asarray(back @ move @ into, np.float64)
