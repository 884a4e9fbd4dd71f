"""The contract of a face engine, and the values that cross it."""

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final, Protocol

import numpy as np

from index.arrays import F32, F64, U8
from index.faces.engine.manifest import EngineManifest
from index.verdict import Box

MAX_FACES: Final = 64
"""Maximum number of described faces in one picture, the largest first. With more, `SeenFaces.is_whole` is False."""
UNIT_WITHIN: Final = 1e-3
"""Maximum difference of a vector's length from 1. Float32 and a rotation cause 1e-6, a broken network far more."""


@unique
class FaceRefusal(StrEnum):
    """Reasons why a detected face is not compared with anyone: names of gates, without measurements."""

    TOO_SMALL = "face_too_small"
    TOO_BLURRED = "face_too_blurred"
    UNSURE = "face_unsure"
    """The detector's score is below the gate: a cartoon, a pattern, a mostly hidden face."""
    NOT_DESCRIBED = "face_not_described"
    """The embedder returned no finite vector of unit length."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detection:
    """One face in a picture, in pixels of that picture, x to the right and y downwards.

    Attributes:
        left, top, right, bottom: Edges of the box, which may lie outside the picture.
        points: float32 [5, 2], x and y of the subject's right eye, left eye, nose, right and left corner of the mouth
            (in an upright picture the right eye is the one on the left), or of the engine's own five points.
        score: Score of the detector, higher for a more certain face. Compared only with the manifest's gate.
        quarter_turns: Clockwise quarter turns, 0 to 3, after which the face was upright. `points` are in the unturned
            picture.
    """

    left: float
    top: float
    right: float
    bottom: float
    points: F32 = field(repr=False)
    score: float
    quarter_turns: int = 0

    @property
    def side(self) -> float:
        """The shorter side of the box, in pixels."""
        return min(self.right - self.left, self.bottom - self.top)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenFace:
    """One face for matching. It contains no pixels.

    Attributes:
        box: Place in the picture, clipped to the picture.
        vector: float32 [dimension] of unit length; None if the face is not compared with anyone.
        refusals: The gates that the face failed; empty if there is a vector.
        side_px: Shorter side of the box, in pixels of the searched picture.
        score: Score of the detector.
        sharpness: variance of the aligned face's Laplacian, in squared grey levels; low is blurred.
    """

    box: Box
    vector: F32 | None = field(default=None, repr=False)
    refusals: tuple[FaceRefusal, ...] = ()
    side_px: float = 0.0
    score: float = 0.0
    sharpness: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenFaces:
    """The faces that one engine found in one picture.

    Attributes:
        engine: Id in the manifest. Vectors of different engines are never compared.
        faces: The faces, the largest first.
        is_whole: True if these are all faces that were found; False above `MAX_FACES`.
    """

    engine: str
    faces: tuple[SeenFace, ...]
    is_whole: bool = True


class FaceEngine(Protocol):
    """An engine that finds and describes faces. For one thread; each thread opens its own engine.

    It raises no errors. The result for a picture without faces is empty.
    """

    @property
    def manifest(self) -> EngineManifest:
        """Files, gates and calibration of the engine."""
        ...

    def detect(self, picture: U8) -> tuple[Detection, ...]:
        """Find the faces of an upright picture, uint8 [height, width, 3] (RGB), the largest first."""
        ...

    def chips(self, picture: U8, detections: tuple[Detection, ...]) -> U8:
        """Align faces to the engine's template: uint8 [n, side, side, 3] (RGB)."""
        ...

    def embed(self, chips: U8) -> F32:
        """Describe aligned faces: float32 [n, dimension], rows of unit length, NaN for an undescribable face."""
        ...


def of_unit_length(vectors: F32 | F64) -> F64:
    """Scale the rows of [n, dimension] to unit length, in double precision; NaN for a row without a direction."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    described = np.isfinite(lengths) & (lengths > 0)
    unit: F64 = np.divide(exact, lengths, out=np.full_like(exact, np.nan), where=described)
    return unit


def is_unit(vector: F32) -> bool:
    """Return True if a vector is finite and of unit length."""
    # Comparisons with NaN are false, and infinity is out of range.
    return bool(abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) <= UNIT_WITHIN)
