"""Further views of an upload, where its shape asks for them: without gaps, from the front, in even light.

Each view is one more query frame, for windows only. It shows nothing that the upload itself does not show, so an upload
is looked at whole without it too. Deciding that a plain picture needs none takes about 1.5 ms.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from index.arrays import F64, Plane
from index.frames.views.gaps import closed, may_have_gaps
from index.frames.views.light import evenly_lit, uneven_light
from index.frames.views.quads import quad_in
from index.frames.views.rectifying import rectified
from index.verdict import Box

MIN_SIDE: Final = 96  # pixels, the shorter side of a plane that is viewed otherwise
SMALL_SIDE: Final = 160  # pixels, the longer side of the small plane by which is decided
HALF: Final = 0.5
MAX_VIEWS: Final = 3  # one of each kind

NEARLY_WHOLE: Final = Box(left=0.001, top=0.001, right=0.999, bottom=0.999)
"""Place of a view of the whole upload. A view is no frame of its own: it has no whole codes and makes no animation, as
what is `WHOLE` does. Boxes are told in 64ths of a side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A plane that shows an upload otherwise.

    Attributes:
        luma: uint8 [height, width], longest side at most that of the upload's plane.
        part: Place in the upload, never `WHOLE`. Places within the view are told as if it were not bent.
    """

    luma: Plane = field(repr=False)
    part: Box


def views_of(plane: Plane) -> tuple[View, ...]:
    """Return the views of an upload that may find more than the upload itself, given its matching plane."""
    if min(plane.shape) < MIN_SIDE:
        return ()
    small = _small(plane)
    views = []
    joined = closed(plane) if may_have_gaps(small) else None
    if joined is not None:
        views.append(View(luma=joined, part=NEARLY_WHOLE))
    quad = quad_in(small)
    if quad is not None:
        views.append(View(luma=rectified(plane, quad), part=_around(quad.corners)))
    light = uneven_light(small)
    if light is not None:
        views.append(View(luma=evenly_lit(plane, light), part=NEARLY_WHOLE))
    return tuple(views)


def _small(plane: Plane) -> Plane:
    """Return a plane at the size by which is decided. Halving is exact, and faster than any other reduction."""
    rows, columns = plane.shape
    scale = SMALL_SIDE / max(rows, columns)
    if scale <= HALF:
        rows, columns, scale = rows // 2, columns // 2, 2 * scale
        size = (columns, rows)
        plane = np.asarray(
            cv2.resize(plane[: 2 * rows, : 2 * columns], size, interpolation=cv2.INTER_AREA), np.uint8
        )
    if scale >= 1:
        return plane
    size = (round(columns * scale), round(rows * scale))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _around(corners: F64) -> Box:
    """Return the box around corners, given as shares of the sides, within the upload."""
    whole = NEARLY_WHOLE
    left, top = corners.min(axis=0).tolist()
    right, bottom = corners.max(axis=0).tolist()
    return Box(
        left=max(left, whole.left),
        top=max(top, whole.top),
        right=min(right, whole.right),
        bottom=min(bottom, whole.bottom),
    )
