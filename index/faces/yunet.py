"""YuNet, the detector of OpenCV's zoo: faces with five points, also small, turned aside or covered in part.

OpenCV runs the network and reads its outputs. The files known to work are those of 2023 (`face_detection_yunet_2023mar`
and the ones of libfacedetection.train with the same outputs).
"""

from typing import Any, Final

import cv2
import numpy as np

from index.arrays import F32, U8
from index.errors import ModelDamaged
from index.faces.engine import (
    MAX_FACES,
    Detection,
    best_score,
    detect_framed,
    detect_scaled,
    scale_to_fit,
    turned_back,
)

cv2.setNumThreads(1)  # beside a pool of processes and threads, more of them only wait for each other

_FINE: Final = 640 * 640
"""Pixels of the first look: 25 ms here, against 117 ms for four times as many; faces are found from 10 pixels."""
_COARSE: Final = 160 * 160
"""Of the look for a face that fills the picture, beyond the 300 pixels YuNet was trained for: 2 ms."""
_AGAIN: Final = 320 * 320
"""Of each look at a picture that seemed empty: 5 ms."""
_ENLARGED: Final = 3.0
_UPRIGHT: Final = 0.92
"""Score that 96 % of LFW's upright faces reach and of 444 turned ones none: YuNet finds those too, with points that are
not where the eyes and the mouth are. At one size the upright way was the surest of the four for all of them."""

_MIN_SCORE: Final = 0.5
"""Below it patterns are found; what lies between it and the engine's gate is told as unsure."""
_SAME: Final = 0.3
"""Share that two boxes have in common, of both together, from which they are one face: OpenCV's own default."""
_BEFORE_MERGING: Final = 1000  # boxes that OpenCV keeps before it merges those of one face
_COLUMNS: Final = 15  # x, y, width, height, five points, score
_FIRST_SIZE: Final = (320, 320)


class YuNet:
    """Finds faces. One thread's own: it is set to each picture's size.

    Args:
        model: the ONNX file's bytes.
        sure: score from which a face is one.

    Raises:
        ModelDamaged: OpenCV cannot run it.
    """

    def __init__(self, model: bytes, *, sure: float) -> None:
        self._sure = sure
        self._network = _opened(model)
        try:
            self._find(np.zeros((*_FIRST_SIZE, 3), np.uint8))
        except (cv2.error, ValueError) as error:
            raise ModelDamaged("the detector does not give what YuNet gives") from error

    def detect(self, picture: U8) -> tuple[Detection, ...]:
        """Find the faces of a picture, the largest first; of more than `MAX_FACES` one more is kept, to tell so.

        1. It is looked at once reduced to `_FINE`, or enlarged where it is small, and once more coarsely.
        2. Where no face is sure, it is looked at with a frame around it.
        3. Where none is as sure as upright faces are, the four quarter turns are compared at one size; of the
           surest one the faces count, looked at as in step 1.

        Args:
            picture: uint8 [height, width, 3], RGB.
        """
        found = self._at_once(picture)
        if best_score(found) < self._sure:
            framed = detect_framed(
                picture, self._find, border=cv2.BORDER_CONSTANT, most=_ENLARGED, pixels=_AGAIN
            )
            found = framed if best_score(framed) >= self._sure else found
        if best_score(found) < _UPRIGHT:
            found = self._turned(picture, found)
        return tuple(sorted(found, key=lambda face: -face.side)[: MAX_FACES + 1])

    def _at_once(self, picture: U8) -> tuple[Detection, ...]:
        fine = detect_scaled(picture, self._find, scale_to_fit(picture, _ENLARGED, _FINE))
        return _merged(fine, detect_scaled(picture, self._find, scale_to_fit(picture, _ENLARGED, _COARSE)))

    def _turned(self, picture: U8, found: tuple[Detection, ...]) -> tuple[Detection, ...]:
        """Return what is found in the turn with the best score, or `found` where that is none."""
        scale = scale_to_fit(picture, _ENLARGED, _AGAIN)
        # np.rot90 turns the other way.
        looks = [detect_scaled(np.rot90(picture, -turns), self._find, scale) for turns in range(4)]
        turns = int(np.argmax([best_score(faces) for faces in looks]))
        if not turns or best_score(looks[turns]) < self._sure:
            return found
        closer = self._at_once(np.rot90(picture, -turns))
        faces = closer if best_score(closer) >= self._sure else looks[turns]
        height, width = picture.shape[:2]
        return tuple(turned_back(face, turns, width, height) for face in faces)

    def _find(self, picture: U8) -> tuple[Detection, ...]:
        """Find faces in just this picture, uint8 [height, width, 3], RGB."""
        height, width = picture.shape[:2]
        self._network.setInputSize((width, height))
        _, found = self._network.detect(np.ascontiguousarray(picture[:, :, ::-1]))
        if found is None:
            return ()
        rows = np.asarray(found, np.float32)
        if rows.ndim != 2 or rows.shape[1] != _COLUMNS:  # noqa: PLR2004 - rows and columns
            raise ValueError
        return tuple(_face(row) for row in rows[np.isfinite(rows).all(axis=1)])


def _opened(model: bytes) -> Any:
    # OpenCV 5 says on the standard error that it takes no other target than the processor, which is what is wanted.
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.FaceDetectorYN.create(
            "onnx",
            np.frombuffer(model, np.uint8),
            np.empty(0, np.uint8),
            _FIRST_SIZE,
            _MIN_SCORE,
            _SAME,
            _BEFORE_MERGING,
        )
    except cv2.error as error:
        raise ModelDamaged("the detector is no network that OpenCV can run") from error
    finally:
        cv2.utils.logging.setLogLevel(level)


def _face(row: F32) -> Detection:
    left, top, width, height = (float(edge) for edge in row[:4])
    return Detection(
        left=left,
        top=top,
        right=left + width,
        bottom=top + height,
        points=row[4:14].reshape(5, 2).copy(),
        score=float(row[14]),
    )


def _merged(fine: tuple[Detection, ...], coarse: tuple[Detection, ...]) -> tuple[Detection, ...]:
    """Add what only the coarse look found; its points are the less exact ones."""
    return fine + tuple(face for face in coarse if not any(_is_same(face, other) for other in fine))


def _is_same(one: Detection, other: Detection) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return False
    both = across * down
    return both > _SAME * (_area(one) + _area(other) - both)


def _area(face: Detection) -> float:
    return (face.right - face.left) * (face.bottom - face.top)
