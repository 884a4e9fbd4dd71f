"""Likenesses: the stored vectors of registered people's faces, and their mean.

All vectors here are rotated by the deployment's secret (`index.faces.rotation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F32
from index.faces import is_unit
from registry.errors import FaceDisagrees, Refused

SHA256_BYTES: Final = 32

AGREES_WITHIN: Final = 1.5
"""Distance within which photographs of a case agree, as a multiple of that of the engine's review threshold.

The threshold itself would refuse a third of the honest second photographs: by one photograph the built-in engine finds
0.656 of a person's pictures (docs/recall_faces.md). At a false-accept rate of 0.001 it finds 0.959."""

_MIN_MEAN_LENGTH: Final = 0.1
"""Length below which a mean has no meaningful direction. For photographs of one person it is 0.7 or more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FacePhoto:
    """The face of one photograph, as one engine describes it. Raise `ValueError` for values that no engine makes.

    Attributes:
        engine: the id in the engine's manifest.
        model_sha256: digest of the embedder, 32 bytes.
        vector: float32 [dimension] of unit length, rotated.
        agrees_from: cosine similarity with the other photographs of a case from which this one shows the same person;
            None where it is not compared.
    """

    engine: str
    model_sha256: bytes = field(repr=False)
    vector: F32 = field(repr=False)
    agrees_from: float | None = None

    def __post_init__(self) -> None:
        if len(self.model_sha256) != SHA256_BYTES:
            raise ValueError("a model's digest has 32 bytes")
        if self.vector.dtype != np.float32 or self.vector.ndim != 1:
            raise ValueError("a face is described by one row of float32")
        if not is_unit(self.vector):
            raise ValueError("a face is described by a vector of unit length")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLikeness:
    """The face of one photograph by every enabled engine. Raise `ValueError` for no engine, or an engine twice."""

    photos: tuple[FacePhoto, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.photos or len(set(self.engines)) != len(self.photos):
            raise ValueError("a likeness has one face of each engine")

    @property
    def engines(self) -> tuple[str, ...]:
        """The ids of the engines that describe the face."""
        return tuple(photo.engine for photo in self.photos)


def agreeing_from(cosine: float) -> float:
    """Return the cosine similarity from which photographs agree, for an engine with this review threshold."""
    return 1 - AGREES_WITHIN * (1 - cosine)


def require_agreeing(known: Sequence[F32], added: Sequence[F32], agrees_from: float) -> None:
    """Raise `FaceDisagrees` unless each new photograph shows the person of the photographs before it.

    It is compared with each of them and with their mean, and the nearest decides: people are photographed from sides.
    """
    before = list(known)
    for vector in added:
        if before:
            others = np.stack(before)
            near = max(float((others @ vector).max()), float(mean_template(others) @ vector))
            if not near >= agrees_from:  # not `<`, so that NaN is refused
                raise FaceDisagrees
        before.append(vector)


def mean_template(vectors: F32) -> F32:
    """Return the mean of one person's vectors, float32 [k, d] with k > 0, as float32 [d] of unit length.

    Raises:
        Refused: the vectors point in different directions, so they cannot show one person.
    """
    mean = vectors.astype(np.float64).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if not length >= _MIN_MEAN_LENGTH:  # not `<`, so that NaN is refused
        raise Refused("These photographs do not show one person.")
    template: F32 = (mean / length).astype(np.float32)
    return template
