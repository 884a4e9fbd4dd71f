"""Compute the regional signature of a picture that is registered.

1. The matching plane is resized to a square, as PDQ does it, so that the grid fits every frame in which an upload is
   compared. The grid over the whole picture is read from it.
2. Each face, the largest first, is cut out with a margin, resized to a square and read in a finer grid. A face in a
   scene is smaller than two cells of the first grid.
"""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from index.arrays import Plane
from index.regions.cells import CELL_PIXELS, cell_histograms, direction_maps, log_textures, projected
from index.regions.signature import (
    FACE_SIDE,
    MAX_FACE_GRIDS,
    TEXTURE_LEVELS,
    TEXTURE_STEP,
    TEXTURE_ZERO,
    WHOLE_SIDE,
    Grid,
    RegionalSignature,
    stored_box,
)
from index.verdict import WHOLE, Box

FACE_MARGIN: Final = 0.25
"""Share of a face's sides that its grid reaches beyond it on each side, so that what is around the face is seen too."""

MIN_FACE_PIXELS: Final = (
    16  # shorter side of a face's grid in the matching plane; smaller faces have no detail
)
MAX_FACE_SHARE: Final = (
    0.06  # share of the picture; in larger faces the cells of the grid over the whole are fine enough
)


def regional_signature(luma: Plane, faces: Sequence[Box] = ()) -> RegionalSignature:
    """Return the regional signature of a picture.

    Args:
        luma: its matching plane, uint8 [height, width].
        faces: places of faces in it.
    """
    whole = cv2.resize(luma, (WHOLE_SIDE * CELL_PIXELS,) * 2, interpolation=cv2.INTER_AREA)
    found = [grid for face in _largest_first(faces) if (grid := _face_grid(luma, face)) is not None]
    return RegionalSignature(
        whole=_grid(np.asarray(whole, np.uint8), WHOLE), faces=tuple(found[:MAX_FACE_GRIDS])
    )


def _largest_first(faces: Sequence[Box]) -> list[Box]:
    proper = [face for face in faces if face.is_proper]
    return sorted(proper, key=lambda one: (one.left - one.right) * (one.bottom - one.top))


def _face_grid(luma: Plane, face: Box) -> Grid | None:
    """Return the grid over a face; None if it is too small, or so large that the grid over the whole suffices."""
    rows, columns = luma.shape
    width, height = face.right - face.left, face.bottom - face.top
    if width * height > MAX_FACE_SHARE:
        return None
    left = max(0, math.floor((face.left - FACE_MARGIN * width) * columns))
    right = min(columns, math.ceil((face.right + FACE_MARGIN * width) * columns))
    top = max(0, math.floor((face.top - FACE_MARGIN * height) * rows))
    bottom = min(rows, math.ceil((face.bottom + FACE_MARGIN * height) * rows))
    if min(right - left, bottom - top) < MIN_FACE_PIXELS:
        return None
    side = FACE_SIDE * CELL_PIXELS
    how = cv2.INTER_AREA if (right - left) * (bottom - top) > side * side else cv2.INTER_CUBIC
    canvas = cv2.resize(luma[top:bottom, left:right], (side, side), interpolation=how)
    box = Box.of_edges(left / columns, top / rows, right / columns, bottom / rows)
    return _grid(np.asarray(canvas, np.uint8), stored_box(box))


def _grid(canvas: Plane, box: Box) -> Grid:
    found = cell_histograms(direction_maps(canvas))
    texture = log_textures(found)
    levels = np.rint((texture - np.median(texture)) / TEXTURE_STEP) + TEXTURE_ZERO
    return Grid.of(
        len(canvas) // CELL_PIXELS,
        box,
        projected(found) > 0,
        levels.clip(0, TEXTURE_LEVELS - 1).astype(np.int64),
    )
