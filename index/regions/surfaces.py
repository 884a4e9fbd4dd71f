"""Painted surfaces of a view: areas of one grey level within hard edges, as stickers, bars, letters and buttons have.

They are overlays, and also parts of the picture such as a dark window.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from index.arrays import Flags, Plane
from index.windows import stretched

SMOOTH_LEVELS: Final = 6
"""Maximum difference between neighbouring pixels of a painted surface after JPEG, in levels of the stretched plane."""

MIN_SURFACE: Final = 0.0003  # share of the frame, such as the eye of a smiley
MAX_SURFACE: Final = 0.2  # share of the frame
MAX_SURFACES: Final = 20  # the largest are used
EDGE_LEVELS: Final = 24  # minimum difference between neighbouring pixels at a hard edge
EDGE_SHARE: Final = 0.4  # minimum share of a surface's outline that is a hard edge
EDGE_PIXELS: Final = 3
"""Width of the edge around a surface, which resampling has blurred. It does not show the background."""

_REACH: Final = np.ones((2 * EDGE_PIXELS + 1, 2 * EDGE_PIXELS + 1), np.uint8)


def painted_surfaces(view: Plane) -> list[Flags]:
    """Return surfaces of one level within hard edges, the largest first, each with its edge: bool [height, width]."""
    clear = stretched(view)
    small = np.ones((3, 3), np.uint8)
    changes = np.asarray(cv2.morphologyEx(cv2.medianBlur(clear, 3), cv2.MORPH_GRADIENT, small), np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (changes <= SMOOTH_LEVELS).astype(np.uint8), connectivity=4
    )
    steps = cv2.dilate(cv2.morphologyEx(clear, cv2.MORPH_GRADIENT, small), np.ones((5, 5), np.uint8))
    is_edge = np.asarray(steps, np.uint8) >= EDGE_LEVELS
    areas = stats[:, cv2.CC_STAT_AREA] / view.size
    found: list[Flags] = []
    for label in np.argsort(-areas, kind="stable").tolist():
        if areas[label] < MIN_SURFACE or len(found) == MAX_SURFACES:
            break
        if label == 0 or areas[label] > MAX_SURFACE:
            continue
        part = _bounds(stats[label], view.shape)
        surface = (labels[part] == label).astype(np.uint8)
        around = np.asarray(cv2.dilate(surface, np.ones((5, 5), np.uint8)), np.uint8) > surface
        if is_edge[part][around].mean() >= EDGE_SHARE:
            grown = np.zeros(view.shape, np.bool_)
            grown[part] = np.asarray(cv2.dilate(surface, _REACH), np.uint8) > 0
            found.append(grown)
    return found


def _bounds(stats: npt.NDArray[np.int32], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return rows and columns of a component with its edge."""
    left, top, width, height = stats[: cv2.CC_STAT_AREA].tolist()
    rows, columns = shape
    return (
        slice(max(0, top - EDGE_PIXELS), min(rows, top + height + EDGE_PIXELS)),
        slice(max(0, left - EDGE_PIXELS), min(columns, left + width + EDGE_PIXELS)),
    )
