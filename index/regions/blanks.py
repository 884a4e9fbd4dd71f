"""Blank parts of an upload in a match's frame: the gap between two strips, the black around a cut-out, a page, a bar.

A blank part has one grey level, and shows nothing in place of the picture. So its cells are not judged: it is no other
face. A smooth filling is none, because it has light and shade: its levels differ from one end to the other.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F32, Flags, Plane

FLAT_LEVELS: Final = 2  # maximum difference between neighbouring pixels of a blank part, after JPEG
EVEN_LEVELS: Final = 6  # maximum difference between its darkest and its brightest pixels
EVEN_PERCENTS: Final = (2, 98)  # of its pixels, between which they are taken
MIN_BLANK: Final = 0.004  # share of the frame: a whole cell of 16 x 16
BLANK_SHARE: Final = 0.3
"""Share of a cell's patch from which it is not judged. The edge of a blank part counts as gradients."""


def blank_cells(view: Plane, side: int) -> Flags:
    """Return which cells of a grid show mostly blank parts, bool [cells].

    Args:
        view: the upload in the grid's frame, uint8 [size, size].
        side: cells a side.
    """
    return patch_shares(_blank_pixels(view), side) >= BLANK_SHARE


def patch_shares(pixels: Flags, side: int) -> F32:
    """Return the share of each cell's patch that pixels of a square view cover, float32 [cells], 0 to 1."""
    blocks = cv2.resize(pixels.astype(np.float32), (2 * side, 2 * side), interpolation=cv2.INTER_AREA)
    means = cv2.blur(np.pad(blocks, 1, mode="edge"), (4, 4), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(means[0:-2:2, 0:-2:2], np.float32).ravel()


def _blank_pixels(view: Plane) -> Flags:
    small = np.ones((3, 3), np.uint8)
    changes = np.asarray(cv2.morphologyEx(view, cv2.MORPH_GRADIENT, small), np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (changes <= FLAT_LEVELS).astype(np.uint8), connectivity=4
    )
    blank = np.zeros(view.shape, np.uint8)
    for label in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= MIN_BLANK * view.size).tolist():
        if label == 0:
            continue
        left, top, width, height = stats[label, : cv2.CC_STAT_AREA].tolist()
        part = (slice(top, top + height), slice(left, left + width))
        inside = labels[part] == label
        darkest, brightest = np.percentile(view[part][inside], EVEN_PERCENTS)
        if brightest - darkest <= EVEN_LEVELS:
            blank[part][inside] = 1
    return np.asarray(cv2.dilate(blank, small), np.uint8) > 0
