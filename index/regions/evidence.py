"""What tells a replaced cell from a kept one: the features of each cell, and drawings over it.

A replaced region has other gradients than the held signs say, and often another texture. A drawing over a copy
(letters, stickers, a caption) has too, but few grey levels, and beneath thin strokes the picture agrees. A strong
filter lowers the agreement everywhere, so that a cell is compared with the rest of its frame.
"""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np

from index.arrays import F32, Plane
from index.regions.blanks import patch_shares
from index.regions.cells import direction_maps, log_textures, projected
from index.regions.placing import Placed, Shifted, agreement, around, canvas_of
from index.regions.signature import Grid
from index.regions.surfaces import painted_surfaces

SHIFT: Final = 1.5  # pixels of the canvas; a kept cell may still be off by so much
THIN: Final = 7  # pixels of the view; the median filter's side, which removes letters and strokes
LEVELS: Final = 64
COMMONEST: Final = 3
LEVELS_WITHIN: Final = 1.5  # of 64, of the cell's own range, to either side
MIN_RANGE: Final = 4  # of 64
MIN_SPREAD: Final = np.float32(0.03)  # of the agreement within a frame
BELOW: Final = (-8, 3)  # bounds of a cell's distance from the usual agreement, in spreads

NAMES: Final = (
    "agreement", "agreement_near", "usual", "good", "below", "below_near", "thinned", "thinned_near", "inverted",
    "inverted_near", "held_texture", "seen_texture", "texture_change", "drawn", "surface", "drawn_near",
    "strength", "change_near", "wide", "edge",
)  # fmt: skip


FEATURE: Final = {name: place for place, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """The cells of one view, each with the small shift with which it and its neighbours agree best.

    Attributes:
        agreement: float32 [cells].
        found: histograms, float32 [cells, 128].
        strength: float32 [cells], logarithm of the sum of the projections.
    """

    agreement: F32
    found: F32
    strength: F32

    @classmethod
    def of(cls, maps: F32, grid: Grid) -> Self:
        """Read the direction maps of a view."""
        shifted = Shifted.of(maps, grid, SHIFT)
        best, cells = shifted.near.argmax(axis=0), np.arange(grid.side**2)
        return cls(
            agreement=shifted.agreement[best, cells],
            found=shifted.found[best, cells],
            strength=np.log(np.abs(shifted.values[best, cells]).sum(axis=1) + np.float32(1e-3)),
        )


def cell_features(placed: Placed, grid: Grid) -> F32:
    """Return the features of each cell, float32 [cells, features]. Those of cells that are not covered mean nothing."""
    covered = placed.covered
    read = _Read.of(placed.maps, grid)
    without_thin = canvas_of(np.asarray(cv2.medianBlur(placed.view, THIN), np.uint8))
    thinned = _Read.of(direction_maps(without_thin), grid).agreement
    here, near = read.agreement, around(read.agreement, covered)
    low, usual, good = np.percentile(here[covered], (25, 50, 80)).astype(np.float32)
    spread = good - low + MIN_SPREAD
    inverted = agreement(projected(read.found, is_inverted=True), grid.signs)
    seen, held = log_textures(read.found), grid.textures
    seen, held = seen - np.median(seen[covered]), held - np.median(held[covered])
    change = np.abs(held - seen)
    drawn = drawn_shares(placed.view, grid.side)
    even = np.ones(len(here), np.float32)
    columns = {
        "agreement": here,
        "agreement_near": near,
        "usual": even * usual,
        "good": even * good,
        "below": ((here - usual) / spread).clip(*BELOW),
        "below_near": ((near - usual) / spread).clip(*BELOW),
        "thinned": thinned,
        "thinned_near": around(thinned, covered),
        "inverted": inverted,
        "inverted_near": around(inverted, covered),
        "held_texture": held,
        "seen_texture": seen,
        "texture_change": change,
        "drawn": drawn,
        "surface": surface_shares(placed.view, grid.side),
        "drawn_near": around(drawn, covered),
        "strength": read.strength,
        "change_near": around(change, covered),
        "wide": around(here, covered, 2),
        "edge": _from_edge(grid.side),
    }
    return np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32)


def _from_edge(side: int) -> F32:
    """Return how many cells lie between each cell and the frame's edge, at most 3."""
    line = np.minimum(np.arange(side), np.arange(side)[::-1])
    return np.minimum(np.minimum(line[:, None], line), 3).ravel().astype(np.float32)


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
    last = 2 * side - 1
    rows = np.add.reduce([padded[i : i + last : 2] for i in range(4)])
    patches = np.add.reduce([rows[:, i : i + last : 2] for i in range(4)]).reshape(side * side, LEVELS)
    total = patches.sum(axis=1)
    shown = patches > 0
    ranges = LEVELS - shown.argmax(axis=1) - shown[:, ::-1].argmax(axis=1)
    width = np.maximum(1, np.rint(2 * LEVELS_WITHIN * np.maximum(ranges, MIN_RANGE) / LEVELS)).astype(
        np.int64
    )
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
    painted = np.zeros(view.shape, np.bool_)
    for one in surfaces:
        painted |= one
    return patch_shares(painted, side)
