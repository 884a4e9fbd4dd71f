"""What tells a replaced cell from a kept one: the features of each cell, and drawings over it.

A replaced region has other gradients than the held signs say, and often another texture. A drawing over a copy (letters,
stickers, a caption) also has, but few grey levels, and beneath what is thin the picture agrees. A strong filter lowers
the agreement everywhere, so that a cell is compared with the rest of its frame.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F32, F64, Flags, Plane
from index.regions.cells import CELL_PIXELS, CROSS, DIRECTIONS, log_textures, direction_maps, projected, shifted_histograms
from index.regions.placing import OVERSAMPLED, Placed, agreement, around, canvas_of
from index.regions.signature import Grid
from index.regions.surfaces import painted_surfaces

SHIFT: Final = 1.5  # pixels of the canvas; a kept cell may still be off by so much
THIN: Final = 7  # pixels of the view; the median filter's side, which removes letters and strokes
LEVELS: Final = 64
COMMONEST: Final = 3
LEVELS_WITHIN: Final = 1.5  # of 64, of the cell's own range, to either side
MIN_RANGE: Final = 4  # of 64

NAMES: Final = (
    "agreement", "agreement_near", "usual", "good", "below", "below_near", "thinned", "thinned_near", "inverted",
    "inverted_near", "held_texture", "seen_texture", "texture_change", "drawn", "surface", "drawn_near",
    "strength", "change_near", "wide", "edge",
)  # fmt: skip


FEATURE: Final = {name: place for place, name in enumerate(NAMES)}


def cell_features(placed: Placed, grid: Grid) -> F32:
    """Return the features of each cell, float32 [cells, features]. Those of cells that are not covered mean nothing."""
    covered, side = placed.covered, grid.side
    signs = grid.signs
    found = shifted_histograms(placed.maps, SHIFT)
    values = projected(found.reshape(-1, *found.shape[2:])).reshape(5, side * side, -1)
    each = agreement(values, signs)
    best = _best(each, side)
    cells = np.arange(side * side)
    here = each[best, cells]
    near = around(here, covered)
    low, usual, good = np.percentile(here[covered], (25, 50, 80)).astype(np.float32)
    spread = good - low + np.float32(0.03)
    thin_maps = direction_maps(canvas_of(np.asarray(cv2.medianBlur(placed.view, THIN), np.uint8)))
    thinned_all = shifted_histograms(thin_maps, SHIFT)
    thinned_each = agreement(
        projected(thinned_all.reshape(-1, *thinned_all.shape[2:])).reshape(5, side * side, -1), signs
    )
    thinned = thinned_each[_best(thinned_each, side), cells]
    chosen = found[best, cells]
    inverted = agreement(projected(np.roll(chosen, DIRECTIONS // 2, axis=1)), signs)
    seen = log_textures(chosen)
    seen = seen - np.median(seen[covered])
    held = grid.textures - np.median(grid.textures[covered])
    change = np.abs(held - seen)
    drawn = drawn_shares(placed.view, side)
    surface = surface_shares(placed.view, side)
    strength = np.log(np.abs(values[best, cells]).sum(axis=1) + 1e-3)
    even = np.ones(side * side, np.float32)
    columns = [
        here, near, even * usual, even * good, ((here - usual) / spread).clip(-8, 3), ((near - usual) / spread).clip(-8, 3),
        thinned, around(thinned, covered), inverted, around(inverted, covered), held, seen, change,
        drawn, surface, around(drawn, covered),
        strength, around(change, covered), around(here, covered, 2), _edge(side),
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def _edge(side: int) -> F32:
    line = np.minimum(np.arange(side), np.arange(side)[::-1])
    return np.minimum(np.minimum(line[:, None], line), 3).ravel().astype(np.float32)


def _best(each: F32, side: int) -> np.ndarray:
    """Return the shift with which each cell and its neighbours agree best."""
    near = [cv2.blur(one.reshape(side, side), (3, 3), borderType=cv2.BORDER_REFLECT_101).ravel() for one in each]
    best: np.ndarray = np.argmax(np.stack(near), axis=0)
    return best


def drawn_shares(view: Plane, side: int) -> F32:
    """Return the share of each cell's patch in its three commonest levels, float32 [cells], 0 to 1."""
    smooth = np.asarray(cv2.medianBlur(view, 3), np.uint8) // (256 // LEVELS)
    size = len(view)
    block = size // (2 * side)
    line = np.arange(size) // block
    places = (line[:, None] * (2 * side) + line) * LEVELS
    counts = np.bincount((places + smooth).ravel(), minlength=4 * side * side * LEVELS)
    counts = counts.reshape(2 * side, 2 * side, LEVELS)
    padded = np.pad(counts, ((1, 1), (1, 1), (0, 0)))
    rows = sum(padded[i : i + 2 * side - 1 : 2] for i in range(4))
    patches = sum(rows[:, i : i + 2 * side - 1 : 2] for i in range(4)).reshape(side * side, LEVELS)
    total = patches.sum(axis=1)
    shown = patches > 0
    ranges = LEVELS - shown.argmax(axis=1) - shown[:, ::-1].argmax(axis=1)
    width = np.maximum(1, np.rint(2 * LEVELS_WITHIN * np.maximum(ranges, MIN_RANGE) / LEVELS)).astype(np.int64)
    levels = np.arange(LEVELS)
    rest = patches.astype(np.float64)
    common = np.zeros(side * side)
    for _ in range(COMMONEST):
        sums = np.concatenate([np.zeros((side * side, 1)), np.cumsum(rest, axis=1)], axis=1)
        ends = np.minimum(levels + width[:, None], LEVELS)
        within = np.take_along_axis(sums, ends, axis=1) - sums[:, :-1]
        start = within.argmax(axis=1)
        common += within[np.arange(side * side), start]
        rest[(levels >= start[:, None]) & (levels < (start + width)[:, None])] = 0
    return np.asarray(common / total, np.float32)


def surface_shares(view: Plane, side: int) -> F32:
    """Return the share of each cell's patch that painted surfaces cover, float32 [cells], 0 to 1."""
    surfaces = painted_surfaces(view)
    painted = np.zeros(view.shape, np.float32)
    for one in surfaces:
        painted[one] = 1
    blocks = cv2.resize(painted, (2 * side, 2 * side), interpolation=cv2.INTER_AREA)
    means = cv2.blur(np.pad(blocks, 1, mode="edge"), (4, 4), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(means[0:-2:2, 0:-2:2], np.float32).ravel()
