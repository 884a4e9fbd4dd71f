"""Reduce a plane to a longest side."""

import cv2
import numpy as np

from index.arrays import Plane


def reduced(plane: Plane, side: int) -> Plane:
    """Return a plane, uint8 [height, width], with a longest side of at most `side` pixels; itself if it has no more."""
    rows, columns = plane.shape
    scale = side / max(rows, columns)
    if scale >= 1:
        return plane
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
