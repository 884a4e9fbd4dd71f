"""Tell which regions of a registered picture were replaced in an upload that matches it.

1. The match's frame is corrected by the signature (`placing`). If all cells agree, nothing was replaced, and the work
   ends here: this is so for most copies.
2. The cells of the whole are judged (`judging`), but those that show nothing: gaps, bars, a page (`blanks`).
3. Each face has a finer grid, which is registered and judged likewise, by coefficients of its own.

The result names kind and place. How strong the match is never depends on it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from index.arrays import F64, Flags, Plane
from index.hashing import DIHEDRAL_VARIANTS
from index.regions.blanks import blank_cells
from index.regions.cells import CELL_PIXELS
from index.regions.judging import judged
from index.regions.model import load_judgement
from index.regions.placing import MIN_CELLS, OVERSAMPLED, Frame, registered
from index.regions.signature import WHOLE_SIDE, Grid, RegionalSignature
from index.verdict import Box

VIEW_SIDE: Final = WHOLE_SIDE * CELL_PIXELS * OVERSAMPLED
"""Pixels a side of the view in which frames are given."""

ALTERED_FROM: Final = 0.5
"""Score from which a region of the whole counts as replaced, fitted on other pictures than those it was measured on
(docs/recall.md)."""

CUT_ALTERED_FROM: Final = 2.0  # the same where little of the frame is covered
MIN_COVERED_SHARE: Final = 0.5  # share of the cells
FACE_ALTERED_FROM: Final = 1.0  # the same for a face

MAX_BOXES: Final = 8


def altered_regions(luma: Plane, frame: Frame, signature: RegionalSignature) -> tuple[Box, ...]:
    """Return the places, in an upload, of regions of a registered picture that were replaced.

    Args:
        luma: the upload's matching plane, uint8 [height, width].
        frame: from the pixels of a view of 256 x 256 in the picture's frame to those of the plane. A mirrored frame has
            a negative determinant.
        signature: the registered picture's signature.
    """
    placed, plane = registered(luma, frame, signature.whole)
    boxes: list[Box] = []
    if int(placed.covered.sum()) >= MIN_CELLS and not placed.is_alike:
        blank = blank_cells(placed.view, signature.whole.side)
        found = judged(placed, signature.whole, load_judgement("whole"), blank)
        is_whole = (placed.covered & ~blank).mean() >= MIN_COVERED_SHARE
        if found.score >= (ALTERED_FROM if is_whole else CUT_ALTERED_FROM):
            boxes += [_box(one, placed.frame, luma.shape, signature.whole) for one in found.regions]
    for face in signature.faces:
        boxes += _altered_face(plane, placed.frame, face)
    return tuple(sorted(dict.fromkeys(boxes)))[:MAX_BOXES]


def whole_frame(shape: tuple[int, ...], variant: int) -> Frame:
    """Return the frame of an upload that shows the picture from edge to edge in a dihedral variant.

    Args:
        shape: rows and columns of the upload's plane.
        variant: row of `DIHEDRAL_VARIANTS`; any other row is the upright variant.
    """
    rows, columns = shape
    turned = DIHEDRAL_VARIANTS[variant] if variant < len(DIHEDRAL_VARIANTS) else DIHEDRAL_VARIANTS[0]
    into = np.diag([1 / VIEW_SIDE, 1 / VIEW_SIDE, 1.0])
    into[:2, 2] = 0.5 / VIEW_SIDE
    back: F64 = np.eye(3)
    if turned.transpose:
        back = back[[1, 0, 2]]
    if turned.flip:
        back = np.array([[1, 0, 0], [0, -1, 1], [0, 0, 1]]) @ back
    if turned.mirror:
        back = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]]) @ back
    pixels = np.array([[columns, 0, -0.5], [0, rows, -0.5], [0, 0, 1]])
    frame: Frame = pixels @ back @ into
    return frame


def altered_in_whole(luma: Plane, variant: int, signature: RegionalSignature) -> tuple[Box, ...]:
    """Return replaced regions, as `altered_regions`, in an upload whose whole codes match in a dihedral variant."""
    return altered_regions(luma, whole_frame(luma.shape, variant), signature)


def _altered_face(plane: Plane, frame: Frame, face: Grid) -> Sequence[Box]:
    placed, _ = registered(plane, frame @ part_frame(face), face)
    if int(placed.covered.sum()) < MIN_CELLS or placed.is_alike:
        return ()
    found = judged(placed, face, load_judgement("face"))
    if found.score < FACE_ALTERED_FROM:
        return ()
    return [_box(one, placed.frame, plane.shape, face) for one in found.regions[:1]]


def part_frame(grid: Grid) -> Frame:
    """Return the map from the pixels of a grid's view to those of the view of the whole."""
    size = grid.side * CELL_PIXELS * OVERSAMPLED
    box = grid.box
    across, down = (box.right - box.left) * VIEW_SIDE / size, (box.bottom - box.top) * VIEW_SIDE / size
    return np.array(
        [
            [across, 0, box.left * VIEW_SIDE + 0.5 * across - 0.5],
            [0, down, box.top * VIEW_SIDE + 0.5 * down - 0.5],
            [0, 0, 1],
        ]
    )


def _box(cells: Flags, frame: Frame, shape: tuple[int, ...], grid: Grid) -> Box:
    """Return the bounds of cells, in the upload."""
    rows, columns = np.nonzero(cells.reshape(grid.side, grid.side))
    cell = CELL_PIXELS * OVERSAMPLED
    left, right = columns.min() * cell - 0.5, (columns.max() + 1) * cell - 0.5
    top, bottom = rows.min() * cell - 0.5, (rows.max() + 1) * cell - 0.5
    corners = np.array([[left, right, left, right], [top, top, bottom, bottom], [1, 1, 1, 1]], np.float64)
    at = frame @ corners
    x, y = (at[0] / at[2] + 0.5) / shape[1], (at[1] / at[2] + 0.5) / shape[0]
    return Box.coarse(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
