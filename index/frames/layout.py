"""Find pictures within a picture: the rectangles of photographs in screens, chats, collages and insets.

A rectangle has four straight edges along rows and columns. Page layouts always have such edges, and photographs seldom
do. Procedure, on the luma plane:

1. Find steps between neighbouring pixels along rows and along columns, of at least `STEP` grey levels.
2. Find lines: rows or columns with steps near them along at least an eighth of the plane. Keep the strongest. The edges
   of the plane are lines too.
3. Rate each sufficiently large rectangle between two lines each way by its weakest side: the share of the side that has
   steps. A side on the edge of the plane has the share 1.
4. Keep the best rectangles that do not mostly repeat a better one, at most `MAX_PICTURES`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from index.arrays import F32, Flags, Plane
from index.hashing import near_levels
from index.windows import WHITE

MIN_PLANE_SIDE: Final = 64  # pixels; in a smaller plane an inner picture would be too small to use
STEP: Final = 6  # grey levels
MAX_LINES: Final = 14  # each way, besides the edges of the plane
LINE_SHARE: Final = 0.125
LINE_STEPS: Final = 0.5  # share of that length that has steps
RIDGE_REACH: Final = 3  # pixels
APART: Final = 3  # pixels between lines
MIN_SIDE_SHARE: Final = 0.5
MIN_SIDE: Final = 0.16  # share of the plane's shorter side
MAX_AREA: Final = 0.92
MAX_PICTURES: Final = 9
MIN_AROUND: Final = 0.05  # share of the plane around the pictures; with less there is no page
PAGE_TOLERANCE: Final = 8  # grey levels to either side of the commonest level
PAGE_SHARE: Final = 0.5  # share of the plane around the pictures
REPEATED: Final = 0.6  # intersection over union
MAX_JUDGED: Final = 400  # maximum number of rectangles compared with the kept ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A part of a plane, in whole pixels. `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """The area, in square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    def of(self, plane: Plane) -> Plane:
        """Return a copy of the part."""
        return np.ascontiguousarray(plane[self.top : self.bottom, self.left : self.right])


def inner_pictures(plane: Plane) -> tuple[Rectangle, ...]:
    """Return the pictures within a luma plane, uint8 [height, width], the surest first."""
    if min(plane.shape) < MIN_PLANE_SIDE:
        return ()
    across = _ridges(plane)  # [rows, columns - 1]
    down = np.ascontiguousarray(_ridges(np.ascontiguousarray(plane.T)).T)
    xs, ys = _lines(across), _lines(np.ascontiguousarray(down.T))
    if len(xs) <= 2 and len(ys) <= 2:  # noqa: PLR2004  only the plane's own edges
        return ()
    return _rectangles(_sums(across, axis=0), _sums(down, axis=1), xs, ys, plane.shape)


def _ridges(plane: Plane) -> Flags:
    """Return the steps along rows that are local maxima. Texture has few of them in one column."""
    steps = np.asarray(cv2.absdiff(plane[:, 1:], plane[:, :-1]), np.uint8)
    greatest = cv2.dilate(steps, np.ones((1, 2 * RIDGE_REACH + 1), np.uint8))
    flags: Flags = (steps >= STEP) & (steps == greatest)
    return flags


def _lines(steps: Flags) -> list[int]:
    """Return the positions of lines between columns, 0 to the number of columns, including the edges of the plane."""
    rows, columns = steps.shape
    window = max(8, round(rows * LINE_SHARE))
    straight = cv2.blur(steps.astype(np.float32), (1, window), borderType=cv2.BORDER_CONSTANT)
    score = np.where(straight > LINE_STEPS, straight, 0).sum(axis=0)
    kept: list[int] = []
    for column in np.argsort(-score, kind="stable").tolist():
        if score[column] < window * LINE_STEPS or len(kept) == MAX_LINES:
            break
        if all(abs(column - other) >= APART for other in kept):
            kept.append(column)
    return [
        0,
        *(column + 1 for column in sorted(kept) if APART <= column + 1 <= columns + 1 - APART),
        columns + 1,
    ]


def _sums(steps: Flags, axis: int) -> F32:
    """Return running sums of steps along lines, so that any side costs one subtraction."""
    sums = np.cumsum(steps, axis=axis, dtype=np.float32)
    return np.insert(sums, 0, 0, axis=axis)


def _rectangles(
    down_columns: F32, along_rows: F32, xs: list[int], ys: list[int], shape: tuple[int, ...]
) -> tuple[Rectangle, ...]:
    """Rate each rectangle between two lines each way, and return the best (steps 3 and 4)."""
    rows, columns = shape
    px, py = _pairs(xs, min(shape)), _pairs(ys, min(shape))
    lefts, rights = px[:, :1], px[:, 1:]
    tops, bottoms = py[:, 0][None], py[:, 1][None]
    sides = np.stack(
        [
            _share(down_columns, lefts, tops, bottoms, columns),
            _share(down_columns, rights, tops, bottoms, columns),
            _share(along_rows.T, tops, lefts, rights, rows),
            _share(along_rows.T, bottoms, lefts, rights, rows),
        ]
    )
    weakest = sides.min(axis=0)
    areas = (bottoms - tops) * (rights - lefts) / (rows * columns)
    stands = (weakest >= MIN_SIDE_SHARE) & (areas <= MAX_AREA)
    score = np.where(stands, weakest + sides.mean(axis=0), 0)
    kept: list[Rectangle] = []
    for place in np.argsort(-score.ravel(), kind="stable")[:MAX_JUDGED].tolist():
        i, j = divmod(place, len(py))
        if score[i, j] <= 0 or len(kept) == MAX_PICTURES:
            break
        one = Rectangle(left=int(px[i, 0]), right=int(px[i, 1]), top=int(py[j, 0]), bottom=int(py[j, 1]))
        if all(_overlap(one, other) < REPEATED for other in kept):
            kept.append(one)
    return tuple(kept)


def _pairs(lines: list[int], shorter_side: int) -> npt.NDArray[np.int64]:
    """Return the pairs of lines that are far enough apart, int64 [n, 2]. The two edges of the plane always are."""
    least = MIN_SIDE * shorter_side
    return np.array([(a, b) for i, a in enumerate(lines) for b in lines[i + 1 :] if b - a >= least])


def _share(
    sums: F32,
    line: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    size: int,
) -> F32:
    """Return the share of a side that has steps. `sums` is [along + 1, lines]."""
    at = (line - 1).clip(0, sums.shape[1] - 1)
    share = (sums[end, at] - sums[start, at]) / (end - start)
    return np.where((line == 0) | (line == size), 1.0, share)


def _overlap(one: Rectangle, other: Rectangle) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0, width) * max(0, height)
    return shared / (one.area + other.area - shared)


def on_page(plane: Plane, pictures: Sequence[Rectangle]) -> bool:
    """Return True if the area around the pictures is a page: mostly one grey level, unlike most photographs."""
    outside = np.ones(plane.shape, np.bool_)
    for one in pictures:
        outside[one.top : one.bottom, one.left : one.right] = False
    around = plane[outside]
    if not pictures or len(around) < MIN_AROUND * plane.size:
        return False
    near = near_levels(np.bincount(around, minlength=WHITE + 1), PAGE_TOLERANCE)
    return bool(near.max() >= PAGE_SHARE * len(around))
