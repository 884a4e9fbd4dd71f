"""Looking for faces in a bounded number of ways: a detector that finds upright faces of some size is tried in others.

1. The picture is looked at enlarged up to twice, within `MAX_PIXELS`; larger ones are reduced to that.
2. Only where that finds no face that is sure, it is looked at otherwise: enlarged further where it is small, with a
   frame around it (a face cut by the edge has no outline), and in the three other quarter turns.
3. The way with the surest face counts, the first of two that are as sure. A face upside down is often taken for an
   upright one that is not sure, so the first way must not win by having found something.
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
"""Finds upright faces in uint8 [height, width, 3], in pixels of just this picture."""

cv2.setNumThreads(1)  # beside a pool of processes and threads, more of them only wait for each other

MAX_PIXELS: Final = 1_500_000
"""Of a look: dlib's HOG takes some 80 ms a megapixel, and finds faces from 80 pixels."""
_RETRY_PIXELS: Final = 400_000
"""Of each further look but the enlarged one: four of them cost what the first one does."""
_ENLARGED: Final = 2.0
_ENLARGED_FURTHER: Final = 6.0
"""Makes a face of 14 pixels one of 80: it is told to be too small instead of not being seen."""
_WORTH_WHILE: Final = 1.25  # times the first look's size, or enlarging further shows nothing new
_FRAME: Final = 0.25  # of a side, around a picture that its face fills
_TURNS: Final = (1, 3, 2)
_MIN_LOOK: Final = 16  # pixels of a side, below which no detector sees anything


def detect_in_views(picture: U8, find: Find, *, sure: float) -> tuple[Detection, ...]:
    """Finds the faces of a picture, the largest first; of more than `MAX_FACES` one more is kept, to tell so.

    Args:
        picture: uint8 [height, width, 3], RGB.
        find: the detector.
        sure: score of a face from which the picture is not looked at otherwise.
    """
    found = detect_scaled(picture, find, scale_to_fit(picture, _ENLARGED, MAX_PIXELS))
    if best_score(found) < sure:
        found = max((found, *_otherwise(picture, find)), key=best_score)
    return tuple(sorted(found, key=lambda face: -face.side)[: MAX_FACES + 1])


def scale_to_fit(picture: U8, most: float, pixels: int) -> float:
    """Returns how far to enlarge or reduce a picture: to so many pixels, and at most so far."""
    return min(most, sqrt(pixels / (picture.shape[0] * picture.shape[1])))


def best_score(faces: tuple[Detection, ...]) -> float:
    """Returns the greatest score; below all where there is no face."""
    return max((face.score for face in faces), default=-np.inf)


def detect_scaled(picture: U8, find: Find, scale: float) -> tuple[Detection, ...]:
    """Finds faces in the picture enlarged or reduced by `scale`; they are told in its own pixels."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(size) < _MIN_LOOK:
        return ()
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shown = np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
    across, down = width / size[0], height / size[1]
    return tuple(_scaled(face, across, down) for face in find(np.ascontiguousarray(shown)))


def detect_framed(picture: U8, find: Find, *, border: int, most: float, pixels: int) -> tuple[Detection, ...]:
    """Finds faces with a frame around the picture, as a face that is cut by its edge has no outline.

    Args:
        picture: uint8 [height, width, 3], RGB.
        find: the detector.
        border: what the frame is filled with, one of OpenCV's.
        most: as in `scale_to_fit`, of the framed picture.
        pixels: likewise.
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
    """Tells a face that was found after `turns` quarter turns clockwise in pixels of the unturned picture.

    Args:
        face: in pixels of the turned picture.
        turns: 0 to 3.
        width: of the unturned picture, in pixels.
        height: the same.
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
        # np.rot90 turns the other way.
        faces = detect_scaled(np.rot90(picture, -turns), find, scale)
        looks.append(tuple(turned_back(face, turns, width, height) for face in faces))
    return looks


def _scaled(face: Detection, across: float, down: float) -> Detection:
    # Pixel centres lie at halves.
    points = (face.points + 0.5) * np.array([across, down], np.float32) - np.float32(0.5)
    return replace(
        face,
        left=face.left * across,
        top=face.top * down,
        right=face.right * across,
        bottom=face.bottom * down,
        points=points.astype(np.float32),
    )
