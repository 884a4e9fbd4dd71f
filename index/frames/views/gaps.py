"""Close the gaps of a picture that was cut into strips or tiles and laid out with gaps of one colour.

Each strip alone is too narrow to show much, and windows over two strips show the gap. Gaps are rows, or columns, of one
level from side to side. They are removed if at least two are alike: of the same level, and about as wide.
"""

import itertools
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from index.arrays import F32, I64, Flags, Plane

FLAT_LEVELS: Final = 16  # grey levels within a gap
SMALL_LEVELS: Final = 24  # the same in a small plane, where a gap is two pixels wide or more
NEAR_LEVELS: Final = 14  # grey levels from the level of the gaps
NEAR_SHARE: Final = 0.92  # share of a gap's row within them; JPEG leaves the rest
MIN_WIDE: Final = 0.02  # of the shorter side
MAX_WIDE: Final = 0.14  # of the shorter side
WIDTHS: Final = 3  # pixels between the widths of gaps
WIDTHS_SHARE: Final = 0.25  # of the widest
MIN_STRIP: Final = 0.08  # of the length between gaps
MIN_GAPS: Final = 2
MAX_GAPS: Final = 7  # each way
SOFT: Final = 1  # pixels beside a gap that are blurred with it

Gap = tuple[int, int]
"""First row, and the row after the last one."""


def closed(plane: Plane) -> Plane | None:
    """Return a luma plane, uint8 [height, width], without its gaps; None if it has no gaps that are alike."""
    flat = [_flat(plane, axis) for axis in (1, 0)]
    levels = np.concatenate([level for _, level in flat])
    if not len(levels):
        return None
    common = float(np.median(levels))
    across, down = (_gaps(plane, axis, common) if len(flat[1 - axis][0]) else [] for axis in (1, 0))
    if len(across) + len(down) < MIN_GAPS or not _alike([*across, *down]):
        return None
    return np.ascontiguousarray(plane[_kept(plane.shape[0], across)][:, _kept(plane.shape[1], down)])


def may_have_gaps(small: Plane) -> bool:
    """Return True if rows or columns of a small plane are nearly of one level. Deciding that takes about 0.05 ms."""
    return any(len(_flat(small, axis, SMALL_LEVELS)[0]) for axis in (1, 0))


def _flat(plane: Plane, axis: int, levels: int = FLAT_LEVELS) -> tuple[I64, F32]:
    """Return the rows (axis 1) or columns (axis 0) of one level within the plane, and their levels."""
    least, most = (
        np.asarray(cv2.reduce(plane, axis, how)).ravel().astype(np.int16)
        for how in (cv2.REDUCE_MIN, cv2.REDUCE_MAX)
    )
    inner = np.arange(len(least))[1:-1]
    rows = inner[(most - least)[1:-1] <= levels]
    return rows, ((most + least)[rows] / 2).astype(np.float32)


def _gaps(plane: Plane, axis: int, level: float) -> list[Gap]:
    """Return the gaps of a level between rows (axis 1) or columns (axis 0), if they may part strips."""
    side = min(plane.shape)
    near = (np.abs(plane.astype(np.int16) - round(level)) <= NEAR_LEVELS).mean(axis=axis) >= NEAR_SHARE
    marked = cv2.morphologyEx(near.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8)).ravel()
    turns = np.flatnonzero(np.diff(np.concatenate([[0], marked, [0]]).astype(np.int8))).reshape(-1, 2)
    gaps = [
        (start, end)
        for start, end in turns.tolist()
        if start > 0 and end < len(near) and MIN_WIDE * side <= end - start <= MAX_WIDE * side
    ]
    if not 0 < len(gaps) <= MAX_GAPS:
        return []
    edges = np.array([0, *itertools.chain(*gaps), len(near)])
    return gaps if np.diff(edges)[::2].min() >= MIN_STRIP * len(near) else []


def _alike(gaps: Sequence[Gap]) -> bool:
    widths = [end - start for start, end in gaps]
    return max(widths) - min(widths) <= max(WIDTHS, WIDTHS_SHARE * max(widths))


def _kept(length: int, gaps: Sequence[Gap]) -> Flags:
    kept: Flags = np.ones(length, np.bool_)
    for start, end in gaps:
        kept[start - SOFT : end + SOFT] = False
    return kept
