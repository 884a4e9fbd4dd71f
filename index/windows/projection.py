"""The projection that turns a window's features into a code of 256 bits.

It was made once by `scripts/make_projection` from drawn pictures. It is shipped as a file, and every stored code
carries its version. The first 72 principal components of the features, half whitened, are rotated by random orthogonal
matrices; each of 256 directions gives one bit. `odd` is the direction along which windows and their mirror images
differ most.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final, Self

import numpy as np

from index.arrays import F32, F64, U8
from index.windows.patches import FEATURES, features, turned_over
from index.windows.windows import CODE_BYTES, DOUBTFUL_BITS

VERSION: Final = "anchored-1"
_FILE: Final = "projection-1.npz"

COMPONENTS: Final = 72
WHITENING: Final = 0.5  # exponent of the components' deviation, by which they are divided
BITS: Final = CODE_BYTES * 8
NEARLY: Final = 0.99  # of the greatest number; at least this counts as equally great, whatever rounding does


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """The map from histograms to codes and handedness.

    Attributes:
        mean: float32 [128], mean of the features.
        matrix: float32 [128, 256], directions of the bits.
        odd: float32 [128], scaled so that the handedness of windows has a standard deviation of 1.
    """

    mean: F32
    matrix: F32
    odd: F32

    @classmethod
    def fit(cls, found: F32, seed: int = 0) -> Self:
        """Compute a projection from the histograms of thousands of windows: float32 [n, 8, 16]."""
        upright, mirrored = (
            features(found).astype(np.float64),
            features(turned_over(found)).astype(np.float64),
        )
        both = np.concatenate([upright, mirrored])
        mean = both.mean(axis=0)
        _, spread, axes = np.linalg.svd(both - mean, full_matrices=False)
        deviation = spread[:COMPONENTS] / np.sqrt(len(both))
        weights = (deviation + 0.01 * deviation[0]) ** -WHITENING
        turns = [_random_turn(COMPONENTS, seed + i) for i in range(-(-BITS // COMPONENTS))]
        matrix = (axes[:COMPONENTS].T * weights) @ np.concatenate(turns, axis=1)[:, :BITS]
        halves = (upright - mirrored) / 2
        odd = np.linalg.svd(halves, full_matrices=False)[2][0]
        # The sign of a singular vector is arbitrary. Its greatest numbers come in pairs of opposite sign, because
        # mirroring swaps features, and rounding decides which of a pair is greater. So the last one determines the
        # sign.
        greatest = np.flatnonzero(np.abs(odd) >= NEARLY * np.abs(odd).max())
        odd = odd * np.sign(odd[greatest[-1]])
        return cls(
            mean=mean.astype(np.float32),
            matrix=matrix.astype(np.float32),
            odd=(odd / (halves @ odd).std()).astype(np.float32),
        )

    def codes(self, found: F32) -> U8:
        """Return the codes of histograms: uint8 [n, 32]."""
        return np.packbits(self._along(found) > 0, axis=1)

    def codes_and_doubts(self, found: F32) -> tuple[U8, U8]:
        """Return the codes of histograms, and marks of at most `DOUBTFUL_BITS` doubtful bits: uint8 [n, 32] each.

        A bit is the sign of a number. The nearer the number is to 0, the more likely the bit differs in a copy: of the
        bits that differ between windows that show the same and are 17 to 24 bits apart, 87 % are among the 64 nearest.
        """
        along = self._along(found)
        size = np.abs(along)
        next_one = np.partition(size, DOUBTFUL_BITS, axis=1)[:, [DOUBTFUL_BITS]]
        return np.packbits(along > 0, axis=1), np.packbits(size < next_one, axis=1)

    def _along(self, found: F32) -> F32:
        """Return the features of histograms along the directions of the bits: float32 [n, 256]."""
        return np.asarray((features(found) - self.mean) @ self.matrix, np.float32)

    def handedness(self, found: F32) -> F32:
        """Return the handedness: float32 [n], of opposite sign for a window and its mirror image, deviation 1."""
        half = self.odd * np.float32(0.5)
        sign: F32 = (features(found) - features(turned_over(found))) @ half
        return sign


@lru_cache(maxsize=1)
def load_projection() -> Projection:
    """Load the projection of this version."""
    with resources.files("index.windows").joinpath(_FILE).open("rb") as file, np.load(file) as arrays:
        loaded = Projection(mean=arrays["mean"], matrix=arrays["matrix"], odd=arrays["odd"])
    if loaded.matrix.shape != (FEATURES, BITS):
        raise ValueError(f"{_FILE} is not this version's projection")
    return loaded


def _random_turn(size: int, seed: int) -> F64:
    turn: F64 = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]
    return turn
