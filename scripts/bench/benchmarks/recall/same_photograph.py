"""A test whether two pictures are parts of one photograph, by their pixels, so that the matcher does not judge itself.

A press photograph of two people is filed under each of them, cropped and turned. The pictures are laid over each other
by a similarity transform that most of their common points agree on, and the overlap is correlated pixel by pixel. For
two pictures that are not one photograph, there is no such transform, or the overlap does not correlate.
"""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.recall.uploads import opened
from index.arrays import F64, U8

CORRELATED: Final = (
    0.8  # crops of one photograph reach 0.89 to 1.00; of 400 other pairs only two overlap, with 0.23 and 0.02
)
MIN_OVERLAP: Final = 0.05  # share of the smaller picture
FEWEST_POINTS: Final = 6  # number of points that must agree on the transform
RATIO: Final = 0.85  # Lowe's ratio test: distance to the nearest point over that to the second nearest
MAX_SCALE: Final = 4.0
WITHIN_PIXELS: Final = 3.0
BLACK: Final = 8  # grey levels: the outside of a turned picture is filled with black
_SIDE: Final = 480  # pixels of the longer side


def is_one_photograph(one: Path, other: Path) -> bool:
    """Return whether two files are parts of one photograph."""
    overlap, correlation = overlap_of(_grey(one), _grey(other))
    return overlap >= MIN_OVERLAP and correlation >= CORRELATED


def overlap_of(one: U8, other: U8) -> tuple[float, float]:
    """Lay `other` over `one`; return the overlap (share of the smaller picture) and its correlation (0 for none)."""
    similarity = _similarity(one, other)
    if similarity is None:
        return 0.0, 0.0
    size = (one.shape[1], one.shape[0])
    seen: Any = cv2.warpAffine(_soft(other), similarity, size)
    drawn: Any = cv2.warpAffine(_drawn(other), similarity, size)
    inside = drawn & _drawn(one)
    mask = cv2.erode(inside, np.ones((5, 5), np.uint8)) > 0
    scale = float(np.hypot(similarity[0, 0], similarity[1, 0]))
    overlap = float(mask.sum()) / min(one.size, other.size * scale**2)
    if overlap < MIN_OVERLAP:
        return overlap, 0.0
    return overlap, _correlation(_soft(one)[mask], seen[mask])


def _correlation(one: F64, other: F64) -> float:
    one, other = one - one.mean(), other - other.mean()
    energy = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / energy if energy > 0 else 0.0


def _grey(path: Path) -> U8:
    picture = opened(path).convert("L")
    picture.thumbnail((_SIDE, _SIDE))
    return np.asarray(picture, np.uint8)


def _soft(plane: U8) -> Any:
    return cv2.GaussianBlur(plane.astype(np.float32), (0, 0), 1.5)


def _drawn(plane: U8) -> U8:
    """Return a mask, 0 or 255, of the picture without the black corners of a turned picture."""
    black = np.asarray(
        cv2.morphologyEx((plane <= BLACK).astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    )
    return np.where(black > 0, 0, 255).astype(np.uint8)


def _similarity(one: U8, other: U8) -> F64 | None:
    """Fit the similarity transform from `other` to `one`: float64 [2, 3], or None."""
    make: Any = cv2.SIFT_create  # type: ignore[attr-defined]  # missing in OpenCV's own stubs
    finder = make(contrastThreshold=0.01)
    points, codes = finder.detectAndCompute(other, None)
    held, held_codes = finder.detectAndCompute(one, None)
    if codes is None or held_codes is None or min(len(codes), len(held_codes)) < FEWEST_POINTS:
        return None
    pairs = [
        (points[first.queryIdx].pt, held[first.trainIdx].pt)
        for first, second in cv2.BFMatcher().knnMatch(codes, held_codes, k=2)
        if first.distance < RATIO * second.distance
    ]
    if len(pairs) < FEWEST_POINTS:
        return None
    start, end = (np.array([pair[side] for pair in pairs], np.float32) for side in (0, 1))
    cv2.setRNGSeed(1)
    found: Any = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=WITHIN_PIXELS, maxIters=5_000
    )
    fit, agreeing = found
    if fit is None or int(agreeing.sum()) < FEWEST_POINTS:
        return None
    if not 1 / MAX_SCALE <= float(np.hypot(fit[0, 0], fit[1, 0])) <= MAX_SCALE:
        return None
    return np.asarray(fit, np.float64)
