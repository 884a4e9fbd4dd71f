"""Sketches of frames: small pictures that tell whether two frames show the same, made for every decoded frame.

Two tests. The first is cheap and made for each frame: 16 x 16 means differ or not. A moving camera changes them too. So
the second looks for each part of one frame near its place in the other, and is made for the few frames in question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import cv2
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from index.arrays import F32, Plane
from index.media.clips.luma import samples_of

SKETCH_SIDE: Final = 16  # means of a sketch, in each direction
FINE_SIDE: Final = 64  # finer means, of which codes are made (`second_looks`)
_SAMPLED_SIDE: Final = 128  # pixels that make them, in each direction, at least
MIN_DEVIATION: Final = 8.0  # grey levels; a frame with less contrast is compared as if it had as much
LEVEL_SHARE: Final = 0.35  # of the standard deviation; a mean that differs by more has changed

THUMB_SIDE: Final = 64  # pixels of a thumbnail, in each direction
PART_SIDE: Final = 8  # pixels of its parts, which are looked for
REACH: Final = 16  # pixels by which a part may have moved: a quarter of the frame
# Frames of 14 drawn films half a slot apart have at most 5 strange parts in 0.9 of cases; photographs have at least 37,
# a photograph on a quarter of the frame 13, on a ninth 7 in 0.95, on a sixteenth 5 in 0.9.
MIN_STRANGE: Final = 5  # parts of 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sketch:
    """The sketch of one frame.

    Attributes:
        fine: float32 [64, 64], means in grey levels.
        means: float32 [16, 16], means of these, with mean 0 or nearly so.
        deviation: Standard deviation of the pixels that made it, in grey levels.
    """

    fine: F32 = field(repr=False)
    means: F32 = field(repr=False)
    deviation: float

    @classmethod
    def of(cls, frame: VideoFrame) -> Self:
        """Return the sketch of a frame. Errors of the conversion pass through."""
        samples = samples_of(frame)
        down, across = (max(1, side // _SAMPLED_SIDE) for side in samples.shape)
        part = np.ascontiguousarray(samples[down // 2 :: down, across // 2 :: across])
        fine = cv2.resize(part, (FINE_SIDE, FINE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        means = cv2.resize(fine, (SKETCH_SIDE, SKETCH_SIDE), interpolation=cv2.INTER_AREA)
        mean, deviation = cv2.meanStdDev(part)
        return cls(
            fine=fine,
            means=means - np.float32(mean[0, 0]),
            deviation=max(float(deviation[0, 0]), MIN_DEVIATION),
        )

    def changed(self, other: Self) -> int:
        """Return how many of the 256 means differ."""
        level = LEVEL_SHARE * min(self.deviation, other.deviation)
        return int(np.count_nonzero(cv2.absdiff(self.means, other.means) > level))


def thumb_of(frame: VideoFrame) -> Plane:
    """Return a thumbnail of a frame, of which each pixel is a mean: uint8 [64, 64]. Errors pass through."""
    image = Image.fromarray(samples_of(frame))
    across, down = (max(1, side // THUMB_SIDE) for side in image.size)
    reduced = np.asarray(image.reduce((across, down)))
    thumb = cv2.resize(reduced, (THUMB_SIDE, THUMB_SIDE), interpolation=cv2.INTER_AREA)
    return thumb.astype(np.uint8, copy=False)


def is_strange(thumb: Plane, known: Sequence[Plane]) -> bool:
    """Return True if `MIN_STRANGE` of a thumbnail's 64 parts are found in none of some others, near their places."""
    level = LEVEL_SHARE * max(float(cv2.meanStdDev(thumb)[1][0, 0]), MIN_DEVIATION)
    moved = np.ones((THUMB_SIDE // PART_SIDE,) * 2, bool)
    for other in known:
        errors = cv2.absdiff(thumb, other).astype(np.float32) ** 2
        moved &= cv2.resize(errors, moved.shape, interpolation=cv2.INTER_AREA) > level**2
    parts = np.argwhere(moved) * PART_SIDE
    around = [np.pad(other, REACH, mode="edge") for other in known]
    left, count = len(parts), 0
    for top, start in parts:
        if count >= MIN_STRANGE or count + left < MIN_STRANGE:
            break
        left -= 1
        part = thumb[top : top + PART_SIDE, start : start + PART_SIDE]
        count += not any(_is_near(part, other, top, start, level) for other in around)
    return count >= MIN_STRANGE


def _is_near(part: Plane, around: Plane, top: int, start: int, level: float) -> bool:
    """Return True if a part is found near its place in a thumbnail that is surrounded by `REACH` pixels."""
    reached = PART_SIDE + 2 * REACH
    errors = cv2.matchTemplate(around[top : top + reached, start : start + reached], part, cv2.TM_SQDIFF)
    return float(errors.min()) <= (level * PART_SIDE) ** 2
