"""The median-filtered variant of a picture, in which text, lines and watermarks drawn over it are gone."""

from typing import Final

import cv2
import numpy as np

from index.arrays import Plane

FILTERED_SIDE: Final = 180  # pixels
MEDIAN_SIDE: Final = 5  # pixels


def median_filtered_plane(luma: Plane) -> Plane:
    """Return a small plane (longest side at most 180 pixels) without text, lines and watermarks of up to 1 % of it.

    A median over 5 x 5 pixels removes details thinner than half of that, whatever their level. Text all over a picture
    moves PDQ by 20 to 50 bits, and after the filter by 14 to 36 (docs/recall.md).

    Args:
        luma: uint8 [height, width].
    """
    rows, columns = luma.shape
    scale = min(1.0, FILTERED_SIDE / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = luma if scale == 1 else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(small), MEDIAN_SIDE), np.uint8)
