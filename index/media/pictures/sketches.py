"""Sketches of frames: whether a frame shows the same as an earlier one, or another picture than the last one.

A frame is *distinct* if it differs noticeably from every distinct frame before it, in some place. A distinct frame
*shows another picture* if some of its content is not found in the compared frame, not even a little aside. So a cut, an
inset that appears and a frame that flashes up show another picture, and a film in which the camera or a head moves
shows another picture only now and then.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F32, U8, Plane

SKETCH_SIDE: Final = 128  # pixels, whatever the aspect ratio
AREAS: Final = 16
"""Areas a side in which two frames are compared. Each has 8 x 8 pixels of the sketches."""

SAME_LEVELS: Final = 6
"""Mean absolute difference of an area from which frames differ noticeably, in grey levels. Compression and dithering
stay below it, and so does what is too faint to be found."""

MAX_COMPARED: Final = 8
"""Maximum number of earlier frames with which a frame is compared in every pixel, the most similar first."""

COARSE_SIDE: Final = 64  # pixels of the smaller sketch in which moved content is searched for
BLOCK: Final = 8
"""Pixels a side of its blocks, and the distance over which a block's content may have moved: an eighth of a side."""

MARGIN: Final = 3
"""Pixels at the edges of the smaller sketch in which content may enter without being new."""

NEW_BLOCKS: Final = 4
"""Number of the 64 blocks with new content from which a frame shows another picture. Measured with 119 photographs
pasted into other photographs of 640 x 480 pixels: all that are 160 pixels high have at least 5, of those that are 120
pixels high 0.99 have 4. Films of 10 s with a moving camera have such a frame 13 to 58 times in 150."""

NEW_SHARE: Final = 0.45
"""Share of a block's variance above which the difference that remains is new content."""

MIN_NEW_LEVELS: Final = 3.0
MAX_NEW_LEVELS: Final = 12.0
CONTRAST_SHARE: Final = 0.25
"""Difference below which a block has no new content: this share of the frame's standard deviation, within these bounds,
in grey levels."""


class Sketches:
    """The distinct frames of one file, in their order.

    Args:
        first: Matching plane of the file's first picture.
    """

    def __init__(self, first: Plane) -> None:
        self._shapes: list[tuple[int, ...]] = []
        self._sketches: list[U8] = []
        self._means = np.empty((0, AREAS**2), np.int16)
        self._looked_at = _coarse(self._add(first))
        self._last = self._looked_at

    def is_distinct(self, luma: Plane) -> bool:
        """Return True, and keep the frame, if it differs noticeably from each frame that was kept before."""
        sketch, means = _sketch(luma), _area_means(_sketch(luma))
        apart = np.abs(self._means[: len(self._sketches)] - means).max(axis=1)
        near = [place for place in np.argsort(apart, kind="stable").tolist() if apart[place] < SAME_LEVELS]
        for place in near[:MAX_COMPARED]:
            if self._shapes[place] == luma.shape and _is_same(sketch, self._sketches[place]):
                return False
        self._last = _coarse(self._add(luma))
        return True

    def shows_another_picture(self) -> bool:
        """Return True if the frame that was kept last shows another picture than the frame looked at in full."""
        return new_blocks(self._last, self._looked_at, NEW_BLOCKS) >= NEW_BLOCKS

    @property
    def last(self) -> F32:
        """The small sketch of the frame that was kept last."""
        return self._last

    def look_in_full(self) -> None:
        """Compare later frames with the frame that was kept last."""
        self._looked_at = self._last

    def _add(self, luma: Plane) -> U8:
        sketch, count = _sketch(luma), len(self._sketches)
        if count == len(self._means):
            self._means = np.concatenate([self._means, np.empty((max(16, count), AREAS**2), np.int16)])
        self._means[count] = _area_means(sketch)
        self._sketches.append(sketch)
        self._shapes.append(luma.shape)
        return sketch


def _sketch(luma: Plane) -> U8:
    return _reduced(luma, SKETCH_SIDE)


def _reduced(plane: U8, side: int) -> U8:
    return np.asarray(cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _area_means(sketch: U8) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return _reduced(sketch, AREAS).astype(np.int16).ravel()


def _is_same(sketch: U8, other: U8) -> bool:
    difference = np.asarray(cv2.absdiff(sketch, other), np.uint8)
    return int(_reduced(difference, AREAS).max()) < SAME_LEVELS


def _coarse(sketch: U8) -> F32:
    return _reduced(sketch, COARSE_SIDE).astype(np.float32)


def new_blocks(frame: F32, other: F32, enough: int) -> int:
    """Count the blocks of a frame whose content the other does not show, in place or a little aside, up to `enough`."""
    contrast = CONTRAST_SHARE * min(float(frame.std()), float(other.std()))
    least = min(max(contrast, MIN_NEW_LEVELS), MAX_NEW_LEVELS) ** 2
    count = COARSE_SIDE // BLOCK
    blocks = frame.reshape(count, BLOCK, count, BLOCK)
    most = np.maximum(least, NEW_SHARE * blocks.var(axis=(1, 3)))
    left = ((frame - other) ** 2).reshape(blocks.shape).mean(axis=(1, 3))
    found = 0
    for row, column in np.argwhere(left > most).tolist():
        if found >= enough:
            break
        rows, columns = _inner(row), _inner(column)
        block = np.ascontiguousarray(frame[rows, columns])
        around = np.ascontiguousarray(other[_around(rows), _around(columns)])
        nearest = float(cv2.matchTemplate(around, block, cv2.TM_SQDIFF).min())
        found += nearest > block.size * most[row, column]
    return found


def _inner(number: int) -> slice:
    """Return the pixels of a block along one side, without the frame's margin."""
    return slice(max(MARGIN, BLOCK * number), min(COARSE_SIDE - MARGIN, BLOCK * (number + 1)))


def _around(inner: slice) -> slice:
    return slice(max(0, inner.start - BLOCK), inner.stop + BLOCK)
