"""Likenesses: what is kept of a registered person's face, and what the database says of templates that were met.

Every vector here has gone through the deployment's rotation already (`index.faces.rotation`).
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F32
from index.faces import is_unit
from index.verdict import Level, ReferenceKind
from registry.errors import Refused

SHA256_BYTES: Final = 32

_MIN_MEAN_LENGTH: Final = 0.1
"""Length below which a mean points nowhere in particular; that of one person's photographs is .7 and more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FacePhoto:
    """The face of one photograph, as one engine describes it; raises `ValueError` for what no engine makes.

    Attributes:
        engine: the manifest's id.
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
    """One photograph's face by every engine that is on; raises `ValueError` for an engine twice, and for none."""

    photos: tuple[FacePhoto, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.photos or len(set(self.engines)) != len(self.photos):
            raise ValueError("a likeness has one face of each engine")

    @property
    def engines(self) -> tuple[str, ...]:
        """Ids of the engines that describe it."""
        return tuple(photo.engine for photo in self.photos)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCandidate:
    """One template of an active case, with what the ladder asks about it.

    Attributes:
        key: what the index names it by.
        reference_id: the case's first likeness; a template stands for all of the case.
        photographs: how many it is the mean of.
        template: float32 [dimension] of unit length, rotated.
    """

    key: int
    case_id: str
    reference_id: str
    kind: ReferenceKind
    level: Level
    photographs: int
    template: F32 = field(repr=False)


def mean_template(vectors: F32) -> F32:
    """Returns the mean of one person's vectors, float32 [k, d] with k > 0, as float32 [d] of unit length.

    Raises:
        Refused: they point apart, so that they cannot be of one person.
    """
    mean = vectors.astype(np.float64).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if not length >= _MIN_MEAN_LENGTH:  # false for NaN too
        raise Refused("These photographs do not show one person.")
    template: F32 = (mean / length).astype(np.float32)
    return template
