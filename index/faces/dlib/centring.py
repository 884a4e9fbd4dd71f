"""Centring: a transformation of an embedder's vectors that makes the error rates of groups of people more equal.

A network that was trained mostly on the faces of one group maps the faces of other groups close together. On LFW,
dlib's vectors of East-Asian faces are so close to each other that at a FAR of 1e-4 over all pairs theirs is 1e-2
(docs/recall_faces.md). Therefore:

1. Subtract the point midway between the groups' mean vectors from each vector, so that no group is near the origin.
2. Reduce the directions in which all faces vary most, by a small power of the covariance (Mahalanobis' metric is the
   power -1/2). The remaining directions distinguish one person from another.
3. Scale the vectors to unit length again, and compare them by their cosine as before.

Mean and matrix are statistics of many people's vectors and contain no single face. `scripts/make_centring` makes them.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Self

import numpy as np

from index.arrays import F32, F64, Flags
from index.faces.engine import of_unit_length

POWER: Final = 0.15
SHRINKAGE: Final = 0.3
"""Shrinkage of the covariance towards a multiple of the identity. A few thousand faces do not determine 128 directions
well."""

DLIB_CENTRING: Final = Path(__file__).parent / "dlib-resnet-1.npz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centring:
    """The centring of one embedder.

    Attributes:
        mean: float32 [dimension].
        matrix: float32 [dimension, dimension], symmetric.
    """

    mean: F32 = field(repr=False)
    matrix: F32 = field(repr=False)

    @classmethod
    def fit(cls, vectors: F32, in_group: Flags) -> Self:
        """Fit on vectors of many people, float32 [n, dimension]. `in_group` is bool [n], with both values present."""
        rows = vectors.astype(np.float64)
        mean = (rows[in_group].mean(axis=0) + rows[~in_group].mean(axis=0)) / 2
        covariance = np.cov((rows - mean).T)
        ball = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        variances, directions = np.linalg.eigh(covariance + SHRINKAGE * ball)
        matrix = directions * variances**-POWER @ directions.T
        return cls(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))

    def apply(self, vectors: F64) -> F32:
        """Centre unit vectors, float64 [n, dimension]. Return float32 of unit length, NaN for a row with NaN."""
        turned = (vectors - self.mean) @ self.matrix.astype(np.float64)
        return of_unit_length(turned).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the file."""
        np.savez(path, mean=self.mean, matrix=self.matrix)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file."""
        with np.load(path, allow_pickle=False) as held:
            return cls(mean=held["mean"], matrix=held["matrix"])


@cache
def dlib_centring() -> Centring:
    """Return the centring of the built-in engine."""
    return Centring.load(DLIB_CENTRING)
