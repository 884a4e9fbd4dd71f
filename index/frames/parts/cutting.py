"""Cut a rectangle into the pictures and lines of text that it consists of, along straight gaps and straight edges.

A rectangle is cut from side to side along rows, or if that is impossible, along columns:

- A *gap* is a row whose pixels are of one level, or nearly all of the level that the rectangle is painted with. Lines
  of text have gaps between them, so text falls into pieces that are too small to show a picture.
- An *edge* is a row at which most of `SEGMENTS` segments of the breadth change their mean level, far more than in the
  rows around it. Pictures that touch each other have edges between them.

Measured on grids of 1 to 8 pairs of photographs: 95 % of the edges between them have a share of steps above 0.67. The
strongest row within photographs has 0.38 in the median, and 0.62 at most.
"""

from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from index.arrays import F32, Flags, Plane
from index.frames.layout import Rectangle

GAP_LEVELS: Final = 12  # grey levels within a gap of one level
PAINTED_LEVELS: Final = 4  # grey levels to either side of a painted level
INK_LEVELS: Final = 20  # grey levels from the painted level, from which a pixel is ink
PAINTED_SHARE: Final = 0.75  # of the pixels within `INK_LEVELS` that are within `PAINTED_LEVELS`
MAX_INK: Final = 0.04  # share of the pixels of a gap
SEGMENTS: Final = 24
STEP: Final = 6.0  # grey levels between the means of a segment two rows apart
STEP_RATIO: Final = 2.5  # to the mean step of the segment in the rows around
AROUND: Final = 10  # rows to either side
EDGE_SHARE: Final = 0.6  # share of the segments that have a step at an edge
SURE_SHARE: Final = 0.75  # the same of the surest edges: half of the edges between photographs have 0.85
QUARTERS: Final = 4
QUARTER_STEPS: Final = 2  # of the six segments in each quarter of the breadth
APART: Final = 3  # rows between edges
SHORT: Final = 0.4  # of the breadth; a shorter run is joined with its neighbour
JOINED: Final = 1.6  # of the breadth, the longest result of that
SAMPLING: Final = 3  # pixels between those that are counted

_LEVELS: Final = np.arange(256)

Run = tuple[int, int]
"""First row, and the row after the last one."""


def cut(plane: Plane, one: Rectangle, least: int, *, is_strict: bool = False) -> list[Rectangle] | None:
    """Return the pieces of a rectangle, without those that are too small; None if it cannot be cut.

    Args:
        plane: uint8 [height, width].
        one: the rectangle.
        least: shorter side, in pixels, below which a piece is dropped.
        is_strict: True to cut along gaps and the surest edges only.
    """
    part = plane[one.top : one.bottom, one.left : one.right]
    level = _painted_level(part)
    runs = _runs(part, level, least, is_strict=is_strict)
    if runs is not None:
        return [
            Rectangle(left=one.left, right=one.right, top=one.top + start, bottom=one.top + end)
            for start, end in runs
        ]
    runs = _runs(np.ascontiguousarray(part.T), level, least, is_strict=is_strict)
    if runs is not None:
        return [
            Rectangle(top=one.top, bottom=one.bottom, left=one.left + start, right=one.left + end)
            for start, end in runs
        ]
    return None


def painted_share(plane: Plane, one: Rectangle) -> float:
    """Return the share of a rectangle that is of its painted level, 0 to 1; 0 if nothing is painted."""
    part = plane[one.top : one.bottom, one.left : one.right]
    level = _painted_level(part)
    if level is None:
        return 0.0
    sampled = part[::SAMPLING, ::SAMPLING].astype(np.int16)
    return float((np.abs(sampled - level) <= PAINTED_LEVELS).mean())


def _painted_level(part: Plane) -> int | None:
    """Return the commonest level if it is painted: levels a little beside it are rare, unlike in most scenes."""
    counts = np.bincount(part[::SAMPLING, ::SAMPLING].ravel(), minlength=256)
    up_to = np.concatenate([[0], np.cumsum(counts)])
    near, around = (
        up_to[np.minimum(_LEVELS + reach + 1, 256)] - up_to[np.maximum(_LEVELS - reach, 0)]
        for reach in (PAINTED_LEVELS, INK_LEVELS)
    )
    level = int(near.argmax())
    return level if near[level] >= PAINTED_SHARE * around[level] else None


def _runs(part: Plane, level: int | None, least: int, *, is_strict: bool) -> list[Run] | None:
    """Return the runs of rows between gaps and edges, without those that are too short; None if there is only one."""
    rows, columns = part.shape
    gaps = _gaps(part, level)
    cuts: Flags = np.zeros(rows + 1, np.bool_)
    cuts[[0, rows]] = True
    cuts[1:-1] = gaps[1:] != gaps[:-1]
    cuts[_edges(part, is_strict=is_strict)] = True
    at = np.flatnonzero(cuts).tolist()
    runs = [(start, end) for start, end in pairwise(at) if not gaps[start]]
    joined = _joined(runs, columns)
    if joined != [(0, rows)]:
        runs = joined
    elif len(runs) == 1 or _is_scene(runs, columns):
        return None
    return [(start, end) for start, end in runs if end - start >= least]


def _is_scene(runs: list[Run], breadth: int) -> bool:
    """Return True if an edge cuts off so little that it may be an edge within one scene."""
    lengths = sorted(end - start for start, end in runs)
    return len(runs) == 2 and lengths[0] < SHORT * breadth <= lengths[1]  # noqa: PLR2004  one edge


def _joined(runs: list[Run], breadth: int) -> list[Run]:
    """Join short runs with the run before or after that they touch: a scene with an edge of its own stays together."""
    joined: list[Run] = []
    for start, end in runs:
        before = joined[-1][0] if joined and joined[-1][1] == start else None
        if (
            before is not None
            and end - before <= JOINED * breadth
            and min(start - before, end - start) < SHORT * breadth
        ):
            joined[-1] = (before, end)
        else:
            joined.append((start, end))
    return joined


def _gaps(part: Plane, level: int | None) -> Flags:
    """Return which rows are gaps, bool [height]."""
    is_flat: Flags = part.max(axis=1).astype(np.int16) - part.min(axis=1) <= GAP_LEVELS
    if level is None:
        return is_flat
    is_ink = np.zeros(256, np.uint8)
    is_ink[: max(0, level - INK_LEVELS)] = 1
    is_ink[level + INK_LEVELS + 1 :] = 1
    ink = cv2.reduce(cv2.LUT(part, is_ink), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    flags: Flags = is_flat | (ink <= MAX_INK * part.shape[1])
    return flags


def _edges(part: Plane, *, is_strict: bool) -> list[int]:
    """Return the rows before which an edge lies."""
    rows, columns = part.shape
    if rows < 2 * AROUND or columns < SEGMENTS:
        return []
    means: F32 = np.asarray(cv2.resize(part, (SEGMENTS, rows), interpolation=cv2.INTER_AREA), np.float32)
    steps = np.abs(means[2:] - means[:-2])  # across row i + 1, float32 [rows - 2, SEGMENTS]
    window = 2 * AROUND + 1
    usual = cv2.blur(steps, (1, window), borderType=cv2.BORDER_REFLECT)
    # Without the step itself, which is also seen from the rows before and after.
    usual = np.maximum(usual * window - 3 * steps, 0) / (window - 3)
    is_step = (steps >= STEP) & (steps >= STEP_RATIO * usual)
    share = is_step.mean(axis=1)
    if is_strict:  # The edge of something that covers a part of the breadth only is none.
        share[is_step.reshape(-1, QUARTERS, SEGMENTS // QUARTERS).sum(axis=2).min(axis=1) < QUARTER_STEPS] = 0
    strength = share + steps.mean(axis=1) / 255
    found: list[int] = []
    for place in np.flatnonzero(share >= (SURE_SHARE if is_strict else EDGE_SHARE)).tolist():
        is_strongest = strength[place] == strength[max(0, place - APART) : place + APART + 1].max()
        at = place + 1 + _is_later(means[place : place + 3])
        if is_strongest and (not found or at - found[-1] > APART):
            found.append(at)
    return found


def _is_later(means: F32) -> bool:
    """Return True if the greater half of a step across three rows lies after the middle row."""
    halves = np.abs(np.diff(means, axis=0)).sum(axis=1)
    return bool(halves[1] > halves[0])
