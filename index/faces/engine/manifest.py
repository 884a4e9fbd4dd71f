"""What a face engine is made of, where its files come from, and what is known of its errors."""

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

ID_LENGTH: Final = 32
"""Letters of an engine's id at most: a code family of the database is named after it."""


@unique
class Assurance(StrEnum):
    """How far an engine is to be trusted."""

    LOW = "low"
    """Works without anything to download; misses more, and asks for three photographs and strict thresholds."""
    STANDARD = "standard"


@unique
class Alignment(StrEnum):
    """The template that faces are aligned to."""

    DLIB_150 = "dlib-150"
    """dlib's five-point chips of 150 pixels with a padding of .25."""
    ARCFACE_112 = "arcface-112"
    """ArcFace's five points on 112 x 112 pixels (Deng et al. 2019)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of an engine.

    Attributes:
        name: in the engine's folder; letters, digits, dots, hyphens and underscores.
        sha256: 32 bytes.
        size: in bytes.
        url: where `takedown models add` loads it from, or None where it is the operator's own or made on the machine.
    """

    name: str
    sha256: bytes = field(repr=False)
    size: int
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceGates:
    """What a face must have to be compared with anyone.

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
    """What was measured about an engine at its threshold: printed by `scripts/calibrate_faces`.

    Attributes:
        cosine: review threshold: vectors at least so similar are of one person as far as this engine can tell.
        far: share of pairs of two people that reach it.
        far_low, far_high: its 95 % bootstrap interval.
        far_by_group: group, share, and its interval.
        tar: share of pairs of one person that reach it, one photograph against one.
        evidence: on what, when and how it was measured, in one sentence.
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
        id: names it and its version, in code families, settings and templates: lower-case letters, digits, hyphens.
        title: for people.
        licence: of all its files, as an SPDX expression or a sentence.
        licence_url: where it can be read, or None.
        assurance: how far it is to be trusted.
        dimension: of its vectors.
        alignment: the template that its faces are aligned to.
        detector: the file that finds faces, or None where a library's own does.
        embedder: the file that describes them (ONNX).
        gates: what a face must have.
        calibration: the thresholds and their evidence; None where nobody has measured it yet: then it matches nobody.
        min_photographs: asked for of a subject, so that the mean template is worth comparing.
        bgr: whether the embedder takes blue first.
        input_mean, input_scale: (level - mean) * scale is what it takes.
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
