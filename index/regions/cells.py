"""Gradient histograms of the cells of a grid, and what of them is stored and compared.

A grid is read from a canvas with `CELL_PIXELS` pixels for each cell:

1. Direction maps: the canvas is smoothed slightly. The strength of each pixel's gradient (central differences) is
   shared out between the nearest two of 8 directions.
2. Sub-cells: the maps are averaged with Gaussian weights around points `STEP` pixels apart.
3. A cell's histogram has 4 x 4 sub-cells around its centre, so that it reaches over a patch of twice its side.
   It has the form of a window's histogram (`index.windows`), and the same projection turns it into signs.

Sub-cells lie symmetrically, so that a mirrored picture has mirrored histograms.
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

MIN_TEXTURE: Final = 1.0  # added to a cell's sum of gradients, in grey levels, before the logarithm

CROSS: Final = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
"""Shifts of a grid, in steps to the right and down."""


def direction_maps(canvas: Plane) -> F32:
    """Return how strong the gradients of 8 directions are in each 2 x 2 pixels: float32 [8, height / 2, width / 2]."""
    soft = cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), CANVAS_BLUR)
    across, down = np.zeros_like(soft), np.zeros_like(soft)
    np.subtract(soft[:, 2:], soft[:, :-2], out=across[:, 1:-1])
    np.subtract(soft[2:], soft[:-2], out=down[1:-1])
    strength, angle = cv2.cartToPolar(across, down)
    angle = angle.ravel() * np.float32(DIRECTIONS / (2 * np.pi))
    strength = strength.ravel()
    lower = np.floor(angle)
    share = (angle - lower) * strength
    first = lower.astype(np.int64) % DIRECTIONS
    places, size = _blocks(len(canvas))
    maps = np.bincount(first * size + places, strength - share, DIRECTIONS * size)
    maps += np.bincount((first + 1) % DIRECTIONS * size + places, share, DIRECTIONS * size)
    side = len(canvas) // BLOCK
    return maps.astype(np.float32).reshape(DIRECTIONS, side, side)


@lru_cache(maxsize=4)
def _blocks(side: int) -> tuple[I64, int]:
    """Return the block of each pixel of a square canvas, int64 [side * side], and the number of blocks."""
    line = np.arange(side) // BLOCK
    return (line[:, None] * (side // BLOCK) + line).ravel(), (side // BLOCK) ** 2


def cell_histograms(maps: F32) -> F32:
    """Return the histograms of a square grid's cells: float32 [cells, 8 directions, 16 sub-cells]."""
    line = _averaging(len(maps[0]), 0.0)
    return _cut(line @ _turned(line @ maps))


def shifted_histograms(maps: F32, step: float) -> F32:
    """Return the histograms of the grid shifted as `CROSS` says, `step` pixels each: float32 [5, cells, 8, 16]."""
    before, line, after = (_averaging(len(maps[0]), shift) for shift in (-step, 0.0, step))
    middle = _turned(line @ maps)
    read = (
        line @ middle,
        before @ middle,
        after @ middle,
        line @ _turned(before @ maps),
        line @ _turned(after @ maps),
    )
    return np.stack([_cut(one) for one in read])


def _turned(maps: F32) -> F32:
    """Return maps with rows and columns exchanged."""
    return np.ascontiguousarray(maps.transpose(0, 2, 1))


def _cut(sub_cells: F32) -> F32:
    """Cut sub-cells, float32 [8, n + 2 columns, n + 2 rows], into patches of 4 x 4, two apart."""
    patches = np.lib.stride_tricks.sliding_window_view(sub_cells, (SUB_CELLS, SUB_CELLS), axis=(1, 2))
    every = patches[:, ::2, ::2].transpose(2, 1, 0, 4, 3)
    return np.ascontiguousarray(every).reshape(-1, DIRECTIONS, SUB_CELLS * SUB_CELLS)


@lru_cache(maxsize=32)
def _averaging(side: int, shift: float) -> F32:
    """Return the weights of a map's blocks for each row of sub-cells, one more row at either end: [n + 2, side]."""
    size = side * BLOCK
    centres = (np.arange(-1, size // STEP + 1) + 0.5) * STEP + shift
    blocks = (np.arange(side) + 0.5) * BLOCK
    weights = np.exp(-((blocks - centres[:, None]) ** 2) / (2 * SUB_CELL_BLUR**2))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights, np.float32)


def projected(found: F32) -> F32:
    """Return the first 16 projections of histograms [n, 8, 16]: float32 [n, 16]. Their signs are stored."""
    projection = load_projection()
    values = (features(found) - projection.mean) @ projection.matrix[:, :SIGNS]
    return np.asarray(values, np.float32)


def log_textures(found: F32) -> F32:
    """Return the natural logarithm of how much gradient a cell has: float32 [n], of histograms [n, 8, 16]."""
    return np.asarray(np.log(found.sum(axis=(1, 2)) + MIN_TEXTURE), np.float32)
