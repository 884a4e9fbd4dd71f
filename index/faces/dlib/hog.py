"""dlib's own detector and five points: gradient histograms, upright faces from 80 pixels."""

import threading
from pathlib import Path
from typing import Any, Final

import dlib
import numpy as np

from index.arrays import U8
from index.faces.engine import Detection

_SIDE: Final = 80
"""Side of the detector's window, in pixels. In smaller pictures it finds nothing."""
_MIN_SCORE: Final = 0.0
"""dlib's default. The engine's gate is above it."""


class HogFinder:
    """Detector of faces and their five points. Thread safe.

    Args:
        landmarks: dlib's five-point model.
    """

    def __init__(self, landmarks: Path) -> None:
        self._predictor = dlib.shape_predictor(str(landmarks))
        # A detector shared by threads returns wrong boxes, because it stores the picture's pyramid.
        self._own = threading.local()

    def __call__(self, picture: U8) -> tuple[Detection, ...]:
        """Find upright faces in uint8 [height, width, 3], RGB.

        The points are dlib's: outer and inner corner of the subject's left, then of the right eye, and the nose.
        """
        if min(picture.shape[:2]) < _SIDE:
            return ()
        boxes, scores, _ = self._detector().run(picture, 0, _MIN_SCORE)
        return tuple(self._face(picture, box, score) for box, score in zip(boxes, scores, strict=True))

    def _detector(self) -> Any:
        detector = getattr(self._own, "detector", None)
        if detector is None:
            detector = self._own.detector = dlib.get_frontal_face_detector()
        return detector

    def _face(self, picture: U8, box: Any, score: float) -> Detection:
        shape = self._predictor(picture, box)
        points = np.array([(part.x, part.y) for part in shape.parts()], np.float32)
        # dlib's edges are pixels that belong to the box.
        return Detection(
            left=float(box.left()),
            top=float(box.top()),
            right=float(box.right() + 1),
            bottom=float(box.bottom() + 1),
            points=points,
            score=float(score),
        )
