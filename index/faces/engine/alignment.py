"""Align faces: fit the similarity that maps five points to a template, and cut the pixels out.

For either template the networks were trained on exactly this cut. A chip that is off by a few pixels, or aliased
because the face was large in its picture, is described as another face.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from index.arrays import F32, F64, U8
from index.faces.engine.manifest import Alignment

cv2.setNumThreads(1)  # the pool of processes already uses all cores

_MIN_SPREAD: Final = 1e-6
"""Minimum spread in squared pixels. Points within a thousandth of a pixel determine neither size nor direction."""
_MARGIN: Final = (
    2  # pixels around a face that is reduced before it is turned; bilinear sampling reads one further
)
_DLIB_PADDING: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """The target positions of the five points.

    Attributes:
        side: rows and columns of a chip, in pixels.
        points: float64 [5, 2], x and y in pixels of the chip.
    """

    side: int
    points: F64 = field(repr=False)


def _dlib_points(side: int) -> F64:
    """Return dlib's mean face (`get_face_chip_details`): outer and inner corner of left and right eye, nose."""
    mean = [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
    return (np.array(mean) + _DLIB_PADDING) / (1 + 2 * _DLIB_PADDING) * side


# Right and left eye, nose, right and left corner of the mouth (Deng et al. 2019, `arcface_dst`).
_ARCFACE_POINTS: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)

TEMPLATES: Final[Mapping[Alignment, Template]] = MappingProxyType(
    {
        Alignment.DLIB_150: Template(side=150, points=_dlib_points(150)),
        Alignment.ARCFACE_112: Template(side=112, points=_ARCFACE_POINTS),
    }
)


def similarity(points: F32 | F64, target: F64) -> F64 | None:
    """Fit turn, scale and shift from `points` to `target`, both [n, 2], by least squares (Umeyama 1991).

    Returns:
        float64 [2, 3], never a reflection; None if the points coincide or are not finite.
    """
    source = np.asarray(points, np.float64)
    centre, target_centre = source.mean(axis=0), target.mean(axis=0)
    from_centre, to_centre = source - centre, target - target_centre
    spread = float((from_centre**2).sum())
    # Written so that NaN fails the test.
    if not _MIN_SPREAD < spread < np.inf:
        return None
    # In two dimensions the closed form needs no SVD: with points as complex numbers it is one quotient.
    along = float((from_centre * to_centre).sum()) / spread
    across = float((from_centre[:, 0] * to_centre[:, 1] - from_centre[:, 1] * to_centre[:, 0]).sum()) / spread
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack((turn, target_centre - turn @ centre))


def aligned(picture: U8, points: F32, template: Alignment) -> U8:
    """Cut faces out, turned and scaled so that their points lie on the template's points.

    Args:
        picture: uint8 [height, width, 3].
        points: float32 [n, 5, 2], pixels of the picture, in the template's order.
        template: the alignment that the engine was trained on.

    Returns:
        uint8 [n, side, side, 3]. Areas outside the picture are black. A chip is all black if its points are unusable.
    """
    goal = TEMPLATES[template]
    chips = np.zeros((len(points), goal.side, goal.side, 3), np.uint8)
    for chip, five in zip(chips, points, strict=True):
        transform = similarity(five, goal.points)
        if transform is not None:
            chip[...] = _cut(picture, transform, goal.side)
    return chips


def _cut(picture: U8, transform: F64, side: int) -> U8:
    """Return a chip under picture → chip `transform`. A face larger than the chip is first reduced by areas."""
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    if scale >= 1:
        return _warped(picture, transform, side)
    region = _region(transform, side, picture.shape[1], picture.shape[0])
    if region is None:
        return np.zeros((side, side, 3), np.uint8)
    left, top, right, bottom = region
    part = picture[top:bottom, left:right]
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    reduced = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    # From pixels of the reduced part to pixels of the picture. Pixel centres are at halves.
    steps = np.array([(right - left) / size[0], (bottom - top) / size[1]])
    shift = steps / 2 - 0.5 + [left, top]
    turn = transform[:, :2]
    back = np.column_stack((turn * steps, transform[:, 2] + turn @ shift))
    return _warped(reduced, back, side)


def _warped(picture: U8, transform: F64, side: int) -> U8:
    return np.asarray(cv2.warpAffine(picture, transform, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def _region(transform: F64, side: int, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the region of the picture that a chip shows, clipped to the picture; None if there is none."""
    corners = np.array([[0, 0], [side, 0], [0, side], [side, side]], np.float64)
    shown = (corners - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
    margin = _MARGIN / float(np.hypot(transform[0, 0], transform[1, 0]))
    limits = np.array([width, height])
    low = np.clip(np.floor(shown.min(axis=0) - margin), 0, limits)
    high = np.clip(np.ceil(shown.max(axis=0) + margin), 0, limits)
    if not (low < high).all():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
