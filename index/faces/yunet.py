"""YuNet, the detector of OpenCV's zoo. It finds faces with five points, also small, turned or partly covered faces.

OpenCV runs the network and reads its outputs. The files known to work are those of 2023: `face_detection_yunet_2023mar`
and the files of libfacedetection.train with the same outputs.
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

cv2.setNumThreads(1)  # the pool of processes already uses all cores

_FINE: Final = 640 * 640
"""Pixels of the first view: 25 ms on our machine, against 117 ms for four times as many. It shows faces of at least 10
pixels."""
_COARSE: Final = 160 * 160
"""Pixels of the coarse view: 2 ms. It finds faces that fill the picture; YuNet was trained for up to 300 pixels."""
_AGAIN: Final = 320 * 320
"""Pixels of each further view of a picture that seemed empty: 5 ms."""
_ENLARGED: Final = 3.0
_UPRIGHT: Final = 0.92
"""Score that 96 % of LFW's upright faces and none of 444 turned faces reach. YuNet finds turned faces too, but with
points that are not on the eyes and the mouth. At one size, the upright turn had the highest score of the four for all
of them."""

_MIN_SCORE: Final = 0.5
"""Minimum score; below it patterns are found. Faces between it and the engine's gate are reported as unsure."""
_SAME: Final = 0.3
"""Intersection over union from which two boxes are one face: OpenCV's default."""
_BEFORE_MERGING: Final = 1000  # boxes that OpenCV keeps before it merges those of one face
_COLUMNS: Final = 15  # x, y, width, height, five points, score
_FIRST_SIZE: Final = (320, 320)


class YuNet:
    """The YuNet detector. For one thread, because the network is set to each picture's size.

    Args:
        model: content of the ONNX file.
        sure: score from which a face is certain.

    Raises:
        ModelDamaged: OpenCV cannot run the network.
    """

    def __init__(self, model: bytes, *, sure: float) -> None:
        self._sure = sure
        self._network = _opened(model)
        try:
            self._find(np.zeros((*_FIRST_SIZE, 3), np.uint8))
        except (cv2.error, ValueError) as error:
            raise ModelDamaged("the detector does not give what YuNet gives") from error

    def detect(self, picture: U8) -> tuple[Detection, ...]:
        """Find the faces of a picture, the largest first, at most `MAX_FACES` + 1: one more shows that there are more.

        1. Search the picture reduced to `_FINE`, or enlarged if it is small, and once more at `_COARSE`.
        2. If no face is certain, search the picture with a frame around it.
        3. If no score reaches that of upright faces, compare the four quarter turns at one size. Use the turn with the
           highest score, searched as in step 1.

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
        """Return the faces of the turn with the best score, or `found` if that turn is the upright one or uncertain."""
        scale = scale_to_fit(picture, _ENLARGED, _AGAIN)
        # np.rot90 turns counter-clockwise.
        looks = [detect_scaled(np.rot90(picture, -turns), self._find, scale) for turns in range(4)]
        turns = int(np.argmax([best_score(faces) for faces in looks]))
        if not turns or best_score(looks[turns]) < self._sure:
            return found
        closer = self._at_once(np.rot90(picture, -turns))
        faces = closer if best_score(closer) >= self._sure else looks[turns]
        height, width = picture.shape[:2]
        return tuple(turned_back(face, turns, width, height) for face in faces)

    def _find(self, picture: U8) -> tuple[Detection, ...]:
        """Find faces in this picture without changing it, uint8 [height, width, 3], RGB."""
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
    # OpenCV 5 reports on standard error that it uses no other target than the processor, which is intended.
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
    """Return the faces of the fine view, and those that only the coarse view found, whose points are less exact."""
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
