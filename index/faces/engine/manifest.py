"""The manifest of a face engine: its files, their origin, and its measured error rates."""

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

ID_LENGTH: Final = 32
"""Maximum length of an engine's id, which is part of the name of a code family in the database."""


@unique
class Assurance(StrEnum):
    """Degree of trust in an engine."""

    LOW = "low"
    """Works without a download. It misses more, and requires three photographs and strict thresholds."""
    STANDARD = "standard"


@unique
class Alignment(StrEnum):
    """The template that faces are aligned to."""

    DLIB_150 = "dlib-150"
    """dlib's five-point chips of 150 pixels with a padding of 0.25."""
    ARCFACE_112 = "arcface-112"
    """ArcFace's five points on 112 x 112 pixels (Deng et al. 2019)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of an engine.

    Attributes:
        name: File name in the engine's folder: letters, digits, dots, hyphens and underscores.
        sha256: 32 bytes.
        size: in bytes.
        url: Address for `takedown models add`; None for a file of the operator, or one made on the machine.
    """

    name: str
    sha256: bytes = field(repr=False)
    size: int
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceGates:
    """Minimum requirements for a face to be compared with anyone.

    Attributes:
        min_side_px: shorter side of the box, in pixels.
        min_score: the detector's own score.
        min_sharpness: variance of the aligned face's Laplacian, in squared grey levels.
    """

    min_side_px: float
    min_score: float
    min_sharpness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Measured error rates of an engine at its threshold, as printed by `scripts/calibrate_faces`.

    Attributes:
        cosine: Threshold for a review: minimum similarity of two vectors that count as the same person.
        far: Share of pairs of different people that reach the threshold.
        far_low, far_high: 95 % bootstrap interval of `far`.
        far_by_group: name of each group, its share, and the interval of the share.
        tar: Share of pairs of one person that reach the threshold, one photograph against one.
        evidence: Data, date and method of the measurement, in one sentence.
    """

    cosine: float
    far: float
    far_low: float
    far_high: float
    far_by_group: tuple[tuple[str, float, float, float], ...]
    tar: float
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineManifest:
    """One engine.

    Attributes:
        id: Name and version, used in code families, settings and templates: lower-case letters, digits, hyphens.
        title: Name for people.
        licence: Licence of all its files, as an SPDX expression or a sentence.
        licence_url: Address of the licence's text, or None.
        assurance: Degree of trust.
        dimension: Dimension of its vectors.
        alignment: Template that its faces are aligned to.
        detector: File that finds faces, or None if a library has its own detector.
        embedder: File that describes faces (ONNX).
        gates: Minimum requirements for a face.
        calibration: Threshold and evidence; None for an engine that was not measured, which matches nobody.
        min_photographs: Minimum number of photographs of a person, for a reliable mean template.
        bgr: True if the embedder's input has blue first.
        input_mean, input_scale: The embedder's input is (level - mean) * scale.
    """

    id: str
    title: str
    licence: str
    licence_url: str | None = None
    assurance: Assurance
    dimension: int
    alignment: Alignment
    detector: ModelFile | None
    embedder: ModelFile
    gates: FaceGates
    calibration: Calibration | None
    min_photographs: int = 3
    bgr: bool = False
    input_mean: float = 127.5
    input_scale: float = 1 / 127.5
