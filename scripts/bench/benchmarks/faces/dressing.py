"""Alterations of portraits on their way to an upload: compressed, small, blurred, covered, turned or grey."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from benchmarks.faces.album import Dress
from index.arrays import F32, U8
from index.faces import Alignment, Detection, FaceEngine

_QUALITY: Final = 30
_BLURS: Final = (
    0.006,
    0.01,
)  # sigma as a share of the width: 1.5 and 2.5 pixels of 250, where the eyes are 40 pixels apart
_TILT: Final = 15  # degrees
_MASK: Final = (236, 240, 242)  # a medical mask's white
_GLASSES: Final = (20, 20, 22)

# Corners of a cover, relative to the point between the eyes: to the right and down, in distances of the eyes.
_MASKED: Final = ((-1.15, 0.45), (1.15, 0.45), (1.05, 1.55), (0.0, 2.05), (-1.05, 1.55))
_SHADED: Final = (
    ((-1.0, -0.3), (-0.08, -0.3), (-0.12, 0.25), (-0.4, 0.38), (-0.85, 0.3)),
    ((0.08, -0.3), (1.0, -0.3), (0.85, 0.3), (0.4, 0.38), (0.12, 0.25)),
    ((-0.1, -0.2), (0.1, -0.2), (0.1, -0.08), (-0.1, -0.08)),
)


def _jpeg(picture: U8) -> U8:
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return decoded[:, :, ::-1]


def _reduced(by: int) -> Callable[[U8], U8]:
    def dress(picture: U8) -> U8:
        size = (max(1, picture.shape[1] // by), max(1, picture.shape[0] // by))
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)

    return dress


def _blurred(share: float) -> Callable[[U8], U8]:
    return lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), share * picture.shape[1]), np.uint8)


def _tilted(picture: U8) -> U8:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), _TILT, 1.0)
    return np.asarray(
        cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _turned(quarters: int) -> Callable[[U8], U8]:
    return lambda picture: np.ascontiguousarray(np.rot90(picture, -quarters))


def _mirrored(picture: U8) -> U8:
    return np.ascontiguousarray(picture[:, ::-1])


def _grey(picture: U8) -> U8:
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, np.newaxis], 3, axis=2)


def _covered(shapes: tuple[tuple[tuple[float, float], ...], ...], colour: tuple[int, int, int]) -> Dress:
    """Paint over the largest face; return None where the engine finds no face."""

    def dress(picture: U8, engine: FaceEngine) -> U8 | None:
        found = engine.detect(picture)
        if not found:
            return None
        right, left = _eyes(found[0], engine.manifest.alignment)
        centre, across = (right + left) / 2, left - right
        down = np.array([-across[1], across[0]], np.float32)
        painted = picture.copy()
        for shape in shapes:
            corners = [centre + x * across + y * down for x, y in shape]
            cv2.fillPoly(painted, [np.round(corners).astype(np.int32)], colour, cv2.LINE_AA)
        return painted

    return dress


def _eyes(face: Detection, alignment: Alignment) -> tuple[F32, F32]:
    """Return the centres of the subject's right and left eye, x and y in pixels."""
    points = face.points
    if alignment is Alignment.DLIB_150:
        # Outer and inner corner of the left eye, then of the right one.
        return points[2:4].mean(axis=0), points[0:2].mean(axis=0)
    return points[0], points[1]


def _alone(alter: Callable[[U8], U8]) -> Dress:
    return lambda picture, _engine: alter(picture)


DRESSINGS: Final[Mapping[str, Dress]] = MappingProxyType(
    {
        f"jpeg-{_QUALITY}": _alone(_jpeg),
        "half-size": _alone(_reduced(2)),
        "quarter-size": _alone(_reduced(4)),
        "slightly-blurred": _alone(_blurred(_BLURS[0])),
        "blurred": _alone(_blurred(_BLURS[1])),
        "masked": _covered((_MASKED,), _MASK),
        "sunglasses": _covered(_SHADED, _GLASSES),
        f"tilted-{_TILT}": _alone(_tilted),
        "turned-90": _alone(_turned(1)),
        "turned-180": _alone(_turned(2)),
        "mirrored": _alone(_mirrored),
        "grey": _alone(_grey),
    }
)
"""Alterations by name; each maps uint8 [height, width, 3] to the same type, or to None."""
