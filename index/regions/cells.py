"""Gradient histograms of the cells of a grid, and what of them is stored and compared.

A grid is read from a canvas with `CELL_PIXELS` pixels for each cell:

1. Orientation maps: the canvas is smoothed slightly. The strength of each pixel's gradient (central differences) is
   shared out between the nearest two of 8 directions.
2. Sub-cells: the maps are smoothed and read at points `STEP` pixels apart.
3. A cell's histogram has 4 x 4 sub-cells around its centre, so that it reaches over a patch of twice its side.
   It has the form of a window's histogram (`index.windows`), and the same projection turns it into signs.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F32, Plane
from index.regions.signature import SIGNS
from index.windows import features, load_projection

DIRECTIONS: Final = 8
CELL_PIXELS: Final = 8  # side of a cell on the canvas
STEP: Final = 4  # pixels between two sub-cells
SUB_CELLS: Final = 4  # sub-cells a side of a cell's patch

CANVAS_BLUR: Final = 0.6  # standard deviation, pixels of the canvas
SUB_CELL_BLUR: Final = 1.63
"""Standard deviation of the smoothing of the maps, in pixels: with it, a sub-cell weighs gradients about as the
triangles of a window's histogram do."""

REACH: Final = STEP + 2  # pixels that a reading may lie outside the canvas's sub-cells


def orientation_maps(canvas: Plane) -> F32:
    """Return how strong the gradients of 8 directions are around each pixel: float32 [height, width, 8].

    A map's pixel stands for the point half a pixel left of and above the canvas's pixel, so that sub-cells lie
    symmetrically and a mirrored picture gives mirrored histograms.
    """
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
    maps = np.zeros((canvas.size, DIRECTIONS), np.float32)
    flat = maps.reshape(-1)
    pixels = np.arange(canvas.size) * DIRECTIONS
    flat[pixels + first] = strength - share
    flat[pixels + (first + 1) % DIRECTIONS] = share
    smooth = cv2.sepFilter2D(
        maps.reshape(*canvas.shape, DIRECTIONS), -1, _SMOOTH, _SMOOTH, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(smooth, np.float32)


def cell_histograms(maps: F32, across: int = 0, down: int = 0) -> F32:
    """Return the histograms of a square grid's cells: float32 [cells, 8 directions, 16 sub-cells].

    Args:
        maps: `orientation_maps` of a canvas.
        across: pixels by which the grid is shifted to the right.
        down: pixels by which it is shifted down.
    """
    size = len(maps)
    # Sub-cells lie between the pixels 4k + 1 and 4k + 2 of the canvas, for k from -1 on; beyond the edge they repeat.
    line = np.arange(-1, size // STEP + 1) * STEP + 2
    rows, columns = (line + down).clip(0, size - 1), (line + across).clip(0, size - 1)
    read = maps[rows[:, None], columns]
    patches = np.lib.stride_tricks.sliding_window_view(read, (SUB_CELLS, SUB_CELLS), axis=(0, 1))[::2, ::2]
    side = size // CELL_PIXELS
    found: F32 = np.ascontiguousarray(patches).reshape(side * side, DIRECTIONS, SUB_CELLS * SUB_CELLS)
    return found


def projected(found: F32) -> F32:
    """Return the first 16 projections of histograms: float32 [cells, 16]. Their signs are stored."""
    projection = load_projection()
    values = (features(found) - projection.mean) @ projection.matrix[:, :SIGNS]
    return np.asarray(values, np.float32)


def log_textures(found: F32) -> F32:
    """Return the natural logarithm of how much gradient a cell has: float32 [cells]."""
    texture: F32 = np.log(found.sum(axis=(1, 2)) + np.float32(1))
    return texture


def _smoothing() -> F32:
    """Return a Gaussian of even length, so that the smoothed map lies between pixels."""
    places = np.arange(-REACH, REACH) + 0.5
    weights = np.exp(-(places**2) / (2 * SUB_CELL_BLUR**2))
    kernel: F32 = (weights / weights.sum()).astype(np.float32)
    return kernel


_SMOOTH: Final = _smoothing()
