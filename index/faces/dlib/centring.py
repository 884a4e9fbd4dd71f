"""Centring: an embedder's vectors told apart from the face that is common to all, so that no group stands near it.

A network trained mostly on some people's faces maps those of others into a corner: on LFW dlib's vectors of East-Asian
faces lie so near each other that at a FAR of 1e-4 over all pairs theirs is 1e-2 (docs/recall_faces.md). So:

1. The point midway between the groups' mean vectors is taken from each vector: no group is the origin's neighbour.
2. What all faces vary in most is turned down a little, by a small power of the covariance (Mahalanobis' metric is the
   power -1/2), which tells one person from another in the directions that are left.
3. Vectors have unit length again, and are compared by their cosine as before.

Mean and matrix are statistics of many people's vectors: nobody's face is in them. `scripts/make_centring` makes them.
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
"""How far the covariance is drawn towards a ball: a few thousand faces do not tell 128 directions apart well."""

DLIB_CENTRING: Final = Path(__file__).parent / "dlib-resnet-1.npz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centring:
    """One embedder's.

    Attributes:
        mean: float32 [dimension].
        matrix: float32 [dimension, dimension], symmetric.
    """

    mean: F32 = field(repr=False)
    matrix: F32 = field(repr=False)

    @classmethod
    def fit(cls, vectors: F32, in_group: Flags) -> Self:
        """Fit on float32 [n, dimension] of many people, of whom some are of a group: bool [n], not all, not none."""
        rows = vectors.astype(np.float64)
        mean = (rows[in_group].mean(axis=0) + rows[~in_group].mean(axis=0)) / 2
        covariance = np.cov((rows - mean).T)
        ball = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        variances, directions = np.linalg.eigh(covariance + SHRINKAGE * ball)
        matrix = directions * variances**-POWER @ directions.T
        return cls(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))

    def apply(self, vectors: F64) -> F32:
        """Centre float64 [n, dimension] of unit length; returns float32 of unit length, NaN where a row is."""
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
    """Return the default engine's."""
    return Centring.load(DLIB_CENTRING)
