"""Tell graphics (screens, pages, patterns and drawings) from photographs.

Two graphics of one design have near codes and say different things: two towns' screens of one weather app, two
chequered floors. So a graphic never blocks by whole codes. Three signs are measured on a plane of 256 pixels:

1. *Few levels*: the mean share of a cell's pixels in its three commonest grey levels.
2. *Hard edges*: the share of strong edges that border a flat area. Letters and panels do; the edges of a photograph
   lie between textures.
3. *Repetition*: the highest peak of the autocorrelation away from its centre. Bricks, tiles and chequers repeat.

Few levels alone make a graphic. The other signs must be stronger where there are as many levels as in a photograph: a
zebra's stripes repeat too.

docs/decisions/0014-graphics-never-block.md has the measurement.
"""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from index.arrays import F32, F64, U8, Flags, Plane
from index.hashing.reducing import reduced
from index.hashing.whole import SAMPLES, flat_share, sampled
from index.verdict import (
    GRAPHIC_FEW_LEVELS,
    GRAPHIC_HARD_EDGES,
    GRAPHIC_REPETITION,
    GRAPHIC_SOME_LEVELS,
    GRAPHIC_SURE_SIGN,
)

LEVELS: Final = 256
SIGNS_SIDE: Final = 256  # pixels of the longer side

STRETCH_PERCENTS: Final = (1, 99)
MIN_RANGE: Final = 24  # grey levels; a smaller range is noise
HARD_LEVELS: Final = 32  # difference within 3 x 3 pixels at a strong edge, in levels of the stretched plane
FLAT_LEVELS: Final = 3  # the same in a flat area
NEAR_PIXELS: Final = 3  # distance from an edge to the flat area that it borders

CELLS: Final = 4  # a side
COMMONEST: Final = 3  # number of levels
LEVELS_WITHIN: Final = 3  # tolerance to either side, in 255ths of the cell's range
CELL_PERCENTS: Final = (2, 98)
MIN_CELL_RANGE: Final = 8  # grey levels

LOCAL_SAMPLES: Final = 6.0  # standard deviation of the mean that is subtracted, in samples
REPEATS: Final = (5, 22)  # distances at which a pattern may repeat, in samples of 64


def template_share(plane: Plane) -> float:
    """Measure how much of a picture is a template, 0 to 1: all of a graphic, otherwise the flat share.

    Args:
        plane: Luma, uint8 [height, width].
    """
    return 1.0 if is_graphic(plane) else flat_share(plane)


def is_graphic(plane: Plane) -> bool:
    """Return True if a plane, uint8 [height, width], is a screen, a page, a pattern or a drawing. Takes 2 ms."""
    plane = reduced(plane, SIGNS_SIDE)
    levels, edges, repeats = few_levels(plane), hard_edges(plane), repetition(plane)
    if levels >= GRAPHIC_FEW_LEVELS or max(edges, repeats) >= GRAPHIC_SURE_SIGN:
        return True
    return levels >= GRAPHIC_SOME_LEVELS and (edges >= GRAPHIC_HARD_EDGES or repeats >= GRAPHIC_REPETITION)


def hard_edges(plane: Plane) -> float:
    """Return the share of strong edges that border a flat area, 0 to 1; 0 without strong edges."""
    strong, bordering = edge_maps(plane)
    return float(bordering[strong].mean()) if strong.any() else 0.0


def edge_maps(plane: Plane) -> tuple[Flags, Flags]:
    """Return which pixels are strong edges and which of them border a flat area, bool [height, width] each."""
    counts = np.bincount(plane.ravel(), minlength=LEVELS)[None]
    clear = np.asarray(cv2.LUT(plane, _stretching(counts, STRETCH_PERCENTS, MIN_RANGE)[0]), np.uint8)
    changes = np.asarray(cv2.morphologyEx(clear, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)
    reach = np.ones((2 * NEAR_PIXELS + 1, 2 * NEAR_PIXELS + 1), np.uint8)
    near_flat = np.asarray(cv2.dilate((changes <= FLAT_LEVELS).astype(np.uint8), reach), np.uint8) > 0
    strong: Flags = changes >= HARD_LEVELS
    bordering: Flags = strong & near_flat
    return strong, bordering


def few_levels(plane: Plane) -> float:
    """Return the mean over all cells of the share of the commonest levels, after each cell is stretched, 0 to 1."""
    smooth = np.asarray(cv2.medianBlur(plane, 3), np.uint8)
    rows, columns = (np.arange(side) * CELLS // side for side in smooth.shape)
    cells = (rows[:, None] * CELLS + columns) * LEVELS + smooth
    counts = np.bincount(cells.ravel(), minlength=CELLS**2 * LEVELS).reshape(-1, LEVELS)
    counts = counts[counts.any(axis=1)]
    sizes = counts.sum(axis=1)
    which = np.arange(len(counts))
    levels = which[:, None] * LEVELS + _stretching(counts, CELL_PERCENTS, MIN_CELL_RANGE)
    counts = np.bincount(levels.ravel(), counts.ravel(), minlength=counts.size).reshape(counts.shape)
    common = np.zeros(len(counts))
    for _ in range(COMMONEST):
        around = _near(counts)
        best = around.argmax(axis=1)
        common += around[which, best]
        counts[np.abs(np.arange(LEVELS) - best[:, None]) <= LEVELS_WITHIN] = 0
    return float((common / sizes).mean())


def _near(counts: npt.NDArray[np.int64] | F64) -> F64:
    """Return the number of pixels within `LEVELS_WITHIN` levels of each level: [n, 256], as counts."""
    up_to = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1)
    levels = np.arange(LEVELS)
    after, before = np.minimum(levels + LEVELS_WITHIN + 1, LEVELS), np.maximum(levels - LEVELS_WITHIN, 0)
    around: F64 = up_to[:, after] - up_to[:, before]
    return around


def _stretching(counts: npt.NDArray[np.int64], percents: tuple[int, int], least: int) -> U8:
    """Return tables that stretch levels, given their counts [n, 256], between two percentiles: uint8 [n, 256]."""
    at_most = np.cumsum(counts, axis=1) / counts.sum(axis=1, keepdims=True)
    low, high = ((at_most < percent / 100).sum(axis=1, keepdims=True) for percent in percents)
    scale = (LEVELS - 1) / np.maximum(high - low, least)
    tables: U8 = ((np.arange(LEVELS) - low) * scale).clip(0, LEVELS - 1).astype(np.uint8)
    return tables


def repetition(plane: Plane) -> float:
    """Return the highest peak of the autocorrelation away from its centre, 0 to 1."""
    samples = sampled(plane)
    detail = (samples - cv2.GaussianBlur(samples, (0, 0), LOCAL_SAMPLES)) * _window()
    products = np.fft.irfft2(np.abs(np.fft.rfft2(detail)) ** 2, s=samples.shape)
    if products[0, 0] <= 1:  # square grey levels; nothing but rounding errors
        return 0.0
    peaks = products / _overlaps() / (products[0, 0] / _overlaps()[0, 0])
    return float(peaks[_lags()].max())


@lru_cache(maxsize=1)
def _window() -> F32:
    line = np.hanning(SAMPLES)
    return np.outer(line, line).astype(np.float32)


@lru_cache(maxsize=1)
def _overlaps() -> F32:
    """Return the autocorrelation of the window, which falls with the distance; at least a twentieth of the largest."""
    products = np.fft.irfft2(np.abs(np.fft.rfft2(_window())) ** 2, s=(SAMPLES, SAMPLES))
    overlaps: F32 = np.maximum(products, products.max() / 20).astype(np.float32)
    return overlaps


@lru_cache(maxsize=1)
def _lags() -> Flags:
    line = np.minimum(np.arange(SAMPLES), SAMPLES - np.arange(SAMPLES))
    apart = np.hypot(line[:, None], line[None, :])
    nearest, farthest = REPEATS
    lags: Flags = (apart >= nearest) & (apart <= farthest)
    return lags
