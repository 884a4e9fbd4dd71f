"""Gradient histograms of the cells of a grid, and what of them is stored and compared.

A grid is read from a canvas with `CELL_PIXELS` pixels for each cell:

1. Direction maps: the canvas is smoothed slightly. The strength of each pixel's gradient (central differences) is
   shared out between the nearest two of 8 directions.
2. Sub-cells: the maps are averaged with Gaussian weights around points `STEP` pixels apart.
3. A cell's histogram has 4 x 4 sub-cells around its centre, so that it reaches over a patch of twice its side.
   It holds what a window's histogram (`index.windows`) holds, and the same projection turns it into signs.

Sub-cells lie symmetrically, so that a mirrored picture has mirrored histograms.

Cells are read many times for each match, so numbers lie in memory in the order in which they are added up: directions
last, and sub-cells column by column.
"""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from index.arrays import F32, I64, Plane
from index.regions.signature import SIGNS
from index.windows import features, load_projection

DIRECTIONS: Final = 8
CELL_PIXELS: Final = 8  # side of a cell on the canvas
BLOCK: Final = 2  # side of the blocks of pixels whose gradients are added up at once, in pixels
STEP: Final = 4  # pixels between two sub-cells
SUB_CELLS: Final = 4  # sub-cells a side of a cell's patch

CANVAS_BLUR: Final = 0.6  # standard deviation, pixels of the canvas
SUB_CELL_BLUR: Final = 1.55
"""Standard deviation of a sub-cell's weights, in pixels: they fall off about as the triangles of a window's histogram
do."""

NO_WEIGHT: Final = 1e-9  # far below what float32 adds up; denormal numbers would take ten times as long

MIN_TEXTURE: Final = 1.0  # added to a cell's sum of gradients, in grey levels, before the logarithm

CROSS: Final = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
"""Shifts of a grid, in steps to the right and down."""

_RUN: Final = SUB_CELLS * DIRECTIONS  # numbers of a patch that lie together in memory
_FEATURES: Final = SUB_CELLS * _RUN


def direction_maps(canvas: Plane) -> F32:
    """Return how strong the gradients of 8 directions are in each 2 x 2 pixels: float32 [height / 2, width / 2, 8]."""
    soft = cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), CANVAS_BLUR)
    across, down = np.zeros_like(soft), np.zeros_like(soft)
    np.subtract(soft[:, 2:], soft[:, :-2], out=across[:, 1:-1])
    np.subtract(soft[2:], soft[:-2], out=down[1:-1])
    strength, angle = (one.ravel() for one in cv2.cartToPolar(across, down))
    angle = angle * np.float32(DIRECTIONS / (2 * np.pi))
    first = angle.astype(np.int64)
    upper = (angle - first) * strength
    places, size = _blocks(len(canvas))
    maps = np.bincount(places + (first & (DIRECTIONS - 1)), strength - upper, size)
    maps += np.bincount(places + ((first + 1) & (DIRECTIONS - 1)), upper, size)
    side = len(canvas) // BLOCK
    return maps.astype(np.float32).reshape(side, side, DIRECTIONS)


@lru_cache(maxsize=4)
def _blocks(side: int) -> tuple[I64, int]:
    """Return where the first direction of each pixel's block lies, int64 [side * side], and how many numbers lie."""
    line = np.arange(side) // BLOCK
    places = (line[:, None] * (side // BLOCK) + line).ravel() * DIRECTIONS
    return places, (side // BLOCK) ** 2 * DIRECTIONS


def cell_histograms(maps: F32) -> F32:
    """Return the histograms of a square grid's cells: float32 [cells, 128]."""
    line = _averaging(len(maps), 0.0)
    return _cut(_columns(line, _rows(line, maps)))


def shifted_histograms(maps: F32, step: float) -> F32:
    """Return the histograms of the grid shifted as `CROSS` says, `step` pixels each: float32 [5, cells, 128]."""
    before, line, after = (_averaging(len(maps), shift) for shift in (-step, 0.0, step))
    middle = _rows(line, maps)
    read = (
        _columns(line, middle),
        _columns(before, middle),
        _columns(after, middle),
        _columns(line, _rows(before, maps)),
        _columns(line, _rows(after, maps)),
    )
    return np.stack([_cut(one) for one in read])


def _rows(line: F32, maps: F32) -> F32:
    """Average the rows of maps: float32 [columns, n + 2 rows, 8]."""
    side = len(maps)
    rows = (line @ maps.reshape(side, side * DIRECTIONS)).reshape(len(line), side, DIRECTIONS)
    return np.ascontiguousarray(rows.transpose(1, 0, 2))


def _columns(line: F32, rows: F32) -> F32:
    """Average the columns of averaged rows: float32 [n + 2 columns, n + 2 rows, 8]."""
    return np.asarray((line @ rows.reshape(len(rows), -1)).reshape(len(line), *rows.shape[1:]), np.float32)


def _cut(sub_cells: F32) -> F32:
    """Cut sub-cells, float32 [n + 2 columns, n + 2 rows, 8], into patches of 4 x 4, two apart: float32 [cells, 128]."""
    side = len(sub_cells) // 2 - 1
    across, down, number = sub_cells.strides
    patches = np.lib.stride_tricks.as_strided(
        sub_cells, (side, side, SUB_CELLS, _RUN), (2 * down, 2 * across, across, number), writeable=False
    )
    return np.ascontiguousarray(patches).reshape(-1, _FEATURES)


@lru_cache(maxsize=32)
def _averaging(side: int, shift: float) -> F32:
    """Return the weights of a map's blocks for each row of sub-cells, one more row at either end: [n + 2, side]."""
    size = side * BLOCK
    centres = (np.arange(-1, size // STEP + 1) + 0.5) * STEP + shift
    blocks = (np.arange(side) + 0.5) * BLOCK
    weights = np.exp(-((blocks - centres[:, None]) ** 2) / (2 * SUB_CELL_BLUR**2))
    weights /= weights.sum(axis=1, keepdims=True)
    weights[weights < NO_WEIGHT] = 0
    return np.asarray(weights, np.float32)


def projected(found: F32, *, is_inverted: bool = False) -> F32:
    """Return the first 16 projections of histograms [n, 128], or of their negatives: float32 [n, 16].

    Their signs are stored.
    """
    matrix, offset = _projection(is_inverted=is_inverted)
    return np.asarray(features(found) @ matrix - offset, np.float32)


@lru_cache(maxsize=2)
def _projection(*, is_inverted: bool) -> tuple[F32, F32]:
    """Return the projection for the order of numbers of `cell_histograms`: float32 [128, 16] and its offset [16]."""
    projection = load_projection()
    matrix = projection.matrix[:, :SIGNS]
    order = np.arange(_FEATURES).reshape(DIRECTIONS, SUB_CELLS, SUB_CELLS).transpose(2, 1, 0)
    if is_inverted:
        order = np.roll(order, DIRECTIONS // 2, axis=2)  # the gradients of a negative point the other way
    return np.ascontiguousarray(matrix[order.ravel()]), projection.mean @ matrix


def log_textures(found: F32) -> F32:
    """Return the natural logarithm of how much gradient a cell has: float32 [n], of histograms [n, 128]."""
    return np.asarray(np.log(found.sum(axis=1) + MIN_TEXTURE), np.float32)
