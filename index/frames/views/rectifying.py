"""The picture within a quadrilateral, seen from the front.

The proportions of a rectangle follow from its four corners in a photograph, if the focal length is known and the middle
of the photograph is the camera's axis (Zhang and He 2007, "Whiteboard scanning and image enhancement"). Cameras of
phones have a focal length of about 1.2 times the longer side. Windows bear what that is off.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F64, Plane
from index.frames.views.quads import Quad

FOCAL: Final = 1.2  # over the longer side
MAX_ASPECT: Final = 3.0
VIEW_SIDE: Final = 320  # pixels, the longest side of the view


def rectified(plane: Plane, quad: Quad) -> Plane:
    """Return the picture within a quadrilateral of a plane, uint8 [height, width], as a plane of its own."""
    corners = _from_top_left(quad.corners * plane.shape[::-1])
    aspect = aspect_of(corners, plane.shape)
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    area = float(sides[::2].mean() * sides[1::2].mean())
    width, height = np.sqrt(area * aspect), np.sqrt(area / aspect)
    scale = min(1.0, VIEW_SIDE / max(width, height))
    columns, rows = max(8, round(width * scale)), max(8, round(height * scale))
    upright = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32) - 0.5, upright - 0.5)
    seen = cv2.warpPerspective(
        plane, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.uint8)


def _from_top_left(corners: F64) -> F64:
    """Return corners clockwise on the screen, beginning with the one nearest to the top left."""
    ahead = np.roll(corners, -1, axis=0)
    if float((corners[:, 0] * ahead[:, 1] - corners[:, 1] * ahead[:, 0]).sum()) < 0:
        corners = corners[::-1]
    return np.roll(corners, -int(corners.sum(axis=1).argmin()), axis=0)


def aspect_of(corners: F64, shape: tuple[int, ...]) -> float:
    """Return width over height of the rectangle with these corners in a photograph of this shape.

    Args:
        corners: float64 [4, 2], clockwise from the top left, x and y in pixels.
        shape: rows and columns of the photograph.
    """
    focal = FOCAL * max(shape)
    rays = np.column_stack([(corners - (shape[1] / 2, shape[0] / 2)) / focal, np.ones(4)])
    top_left, top_right, bottom_right, bottom_left = rays
    # The depths of two corners over that of the first follow from the sides being parallel in space.
    diagonal = np.cross(top_left, bottom_right)
    right = float(diagonal @ bottom_left) / float(np.cross(top_right, bottom_right) @ bottom_left)
    bottom = float(diagonal @ top_right) / float(np.cross(bottom_left, bottom_right) @ top_right)
    across, down = right * top_right - top_left, bottom * bottom_left - top_left
    aspect = float(np.linalg.norm(across)) / max(float(np.linalg.norm(down)), 1e-9)
    return min(max(aspect, 1 / MAX_ASPECT), MAX_ASPECT)
