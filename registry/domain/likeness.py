"""Likenesses: the stored vectors of registered people's faces, and their mean.

All vectors here are rotated by the deployment's secret (`index.faces.rotation`).
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F32
from index.faces import is_unit
from registry.errors import Refused

SHA256_BYTES: Final = 32

_MIN_MEAN_LENGTH: Final = 0.1
"""Length below which a mean has no meaningful direction. For photographs of one person it is 0.7 or more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FacePhoto:
    """The face of one photograph, as one engine describes it. Raise `ValueError` for values that no engine makes.

    Attributes:
        engine: the id in the engine's manifest.
        model_sha256: digest of the embedder, 32 bytes.
        vector: float32 [dimension] of unit length, rotated.
    """

    engine: str
    model_sha256: bytes = field(repr=False)
    vector: F32 = field(repr=False)

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
