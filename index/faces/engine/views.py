"""Run a detector for upright faces on several views of a picture: other sizes, with a frame, and turned.

1. The first view is the picture enlarged at most twice, within `MAX_PIXELS`; larger pictures are reduced to that.
2. Only if no face there has a sufficient score, further views are tried: enlarged more if the picture is small, with a
   frame around it (a face cut by the edge has no outline), and in the three other quarter turns.
3. The view with the highest score of a face is the result, the first one of equals. A face upside down is often
   detected as an upright face with a low score, so a detection in the first view does not settle it.
"""

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from typing import Final

import cv2
import numpy as np

from index.arrays import U8
from index.faces.engine.contract import MAX_FACES, Detection

Find = Callable[[U8], tuple[Detection, ...]]
"""A detector of upright faces in uint8 [height, width, 3]. Its results are in pixels of that picture."""

cv2.setNumThreads(1)  # the pool of processes already uses all cores

MAX_PIXELS: Final = 1_500_000
"""Maximum pixels of a view. dlib's HOG takes about 80 ms a megapixel, and finds faces of at least 80 pixels."""
_RETRY_PIXELS: Final = 400_000
"""Maximum pixels of each further view except the enlarged one. Four of them cost as much as the first view."""
_ENLARGED: Final = 2.0
_ENLARGED_FURTHER: Final = 6.0
"""Enlarges a face of 14 pixels to 80, so that it is reported as too small instead of being missed."""
_WORTH_WHILE: Final = 1.25  # minimum ratio to the first view's size; a smaller enlargement shows nothing new
_FRAME: Final = 0.25  # share of a side, around a picture filled by a face
_TURNS: Final = (1, 3, 2)
_MIN_LOOK: Final = 16  # pixels of a side; in smaller views no detector finds anything


def detect_in_views(picture: U8, find: Find, *, sure: float) -> tuple[Detection, ...]:
    """Find the faces of a picture, the largest first, at most `MAX_FACES` + 1: one more shows that there are more.

    Args:
        picture: uint8 [height, width, 3], RGB.
        find: The detector.
        sure: Score from which no further views are tried.
    """
    found = detect_scaled(picture, find, scale_to_fit(picture, _ENLARGED, MAX_PIXELS))
    if best_score(found) < sure:
        found = max((found, *_otherwise(picture, find)), key=best_score)
    return tuple(sorted(found, key=lambda face: -face.side)[: MAX_FACES + 1])


def scale_to_fit(picture: U8, most: float, pixels: int) -> float:
    """Return the scale at which a picture has `pixels` pixels, at most `most`."""
    return min(most, sqrt(pixels / (picture.shape[0] * picture.shape[1])))


def best_score(faces: tuple[Detection, ...]) -> float:
    """Return the highest score, or minus infinity without a face."""
    return max((face.score for face in faces), default=-np.inf)


def detect_scaled(picture: U8, find: Find, scale: float) -> tuple[Detection, ...]:
    """Find faces in the picture resized by `scale`. The results are in pixels of the original picture."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(size) < _MIN_LOOK:
        return ()
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shown = np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
    across, down = width / size[0], height / size[1]
    return tuple(_scaled(face, across, down) for face in find(np.ascontiguousarray(shown)))


def detect_framed(picture: U8, find: Find, *, border: int, most: float, pixels: int) -> tuple[Detection, ...]:
    """Find faces with a frame around the picture, because a face cut by the edge has no outline.

    Args:
        picture: uint8 [height, width, 3], RGB.
        find: The detector.
        border: OpenCV's border type, for the frame's content.
        most: maximum scale, as in `scale_to_fit`, for the framed picture.
        pixels: number of pixels, as in `scale_to_fit`, for the framed picture.
    """
    height, width = picture.shape[:2]
    x, y = round(width * _FRAME), round(height * _FRAME)
    framed = np.asarray(cv2.copyMakeBorder(picture, y, y, x, x, border), np.uint8)
    return tuple(
        replace(
            face,
            left=face.left - x,
            top=face.top - y,
            right=face.right - x,
            bottom=face.bottom - y,
            points=face.points - np.array([x, y], np.float32),
        )
        for face in detect_scaled(framed, find, scale_to_fit(framed, most, pixels))
    )


def turned_back(face: Detection, turns: int, width: int, height: int) -> Detection:
    """Convert a face found after `turns` clockwise quarter turns to pixels of the unturned picture.

    Args:
        face: face in pixels of the turned picture.
        turns: number of clockwise quarter turns, 0 to 3.
        width: width of the unturned picture, in pixels.
        height: height of the unturned picture, in pixels.
    """
    corners = np.array([[face.left, face.top], [face.right, face.bottom]], np.float32)
    back = np.vstack((corners, face.points))
    x, y = back[:, 0], back[:, 1]
    if turns == 1:
        back = np.stack((y, height - 1 - x), axis=1)
    elif turns == 2:  # noqa: PLR2004 - half a turn
        back = np.stack((width - 1 - x, height - 1 - y), axis=1)
    elif turns:
        back = np.stack((width - 1 - y, x), axis=1)
    low, high = back[:2].min(axis=0), back[:2].max(axis=0)
    return replace(
        face,
        left=float(low[0]),
        top=float(low[1]),
        right=float(high[0]),
        bottom=float(high[1]),
        points=back[2:].astype(np.float32),
        quarter_turns=turns,
    )


def _otherwise(picture: U8, find: Find) -> list[tuple[Detection, ...]]:
    height, width = picture.shape[:2]
    looks = []
    further = scale_to_fit(picture, _ENLARGED_FURTHER, MAX_PIXELS)
    if further > _WORTH_WHILE * scale_to_fit(picture, _ENLARGED, MAX_PIXELS):
        looks.append(detect_scaled(picture, find, further))
    looks.append(
        detect_framed(picture, find, border=cv2.BORDER_REPLICATE, most=_ENLARGED, pixels=_RETRY_PIXELS)
    )
    scale = scale_to_fit(picture, _ENLARGED, _RETRY_PIXELS)
    for turns in _TURNS:
        # np.rot90 turns counter-clockwise.
        faces = detect_scaled(np.rot90(picture, -turns), find, scale)
        looks.append(tuple(turned_back(face, turns, width, height) for face in faces))
    return looks


def _scaled(face: Detection, across: float, down: float) -> Detection:
    # Pixel centres are at halves.
    points = (face.points + 0.5) * np.array([across, down], np.float32) - np.float32(0.5)
    return replace(
        face,
        left=face.left * across,
        top=face.top * down,
        right=face.right * across,
        bottom=face.bottom * down,
        points=points.astype(np.float32),
    )
