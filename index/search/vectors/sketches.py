"""Sketches of vectors: for each of some random planes one bit, which is the side on which the vector lies.

The law of angles (Goemans and Williamson 1995; Charikar 2002). Two vectors at an angle theta lie on different sides of
a uniformly drawn plane through the origin with a probability of theta / pi. Of b independent planes, the number that
separate them is therefore distributed as Binomial(b, theta / pi), for any two vectors. Take the largest angle that the
radius allows, and the number of bits that is exceeded with a probability of `miss` at that angle. A search that
compares sketches up to this number misses at most that share. Nothing is trained, and no cluster of faces is cut off.
Our planes are orthogonal to each other in groups of the dimension, which can only narrow the distribution (measured:
`tests/index/search`).

Centre. The faces of one engine lie close around their mean (dlib's impostors have a cosine of 0.83), and angles seen
from there are larger than from the origin. Planes therefore go through the mean m of the snapshot. Let u and v be two
unit vectors minus m, a = |u| that of the query, and |v| >= f. If the cosine of the two unit vectors is at least t, then
|u - v|^2 <= 2 - 2 t =: r, and so cos(u, v) = (a^2 + |v|^2 - |u - v|^2) / (2 a |v|) >= g(|v|), with
g(x) = x / (2 a) + (a^2 - r) / (2 a x). For a^2 > r the minimum of g is at x = sqrt(a^2 - r) or, if f is larger, at f;
otherwise g grows, and its minimum is at f. The few rows that lie closer to m than f, the *strays*, are compared one by
one.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from index.arrays import F32, I64, U8

_GRID: Final = 2048
"""Angles are rounded up to a 2048th of a half turn, which is less than half a bit of a sketch."""

_SLACK: Final = 4e-4
"""Added to r, because the squared length of a vector may differ from 1 by 1e-4 (`exact.UNIT_TOLERANCE`)."""

_ROWS_AT_ONCE: Final = 1 << 13
"""Rows sketched in one step: 25 MB of products at 768 planes."""


def draw_planes(bits: int, dimension: int, seed: bytes) -> F32:
    """Draw the normals of planes, float32 [bits, dimension], each uniform, orthogonal in groups of `dimension`."""
    random = np.random.default_rng(np.frombuffer(seed, np.uint32))
    groups = [_orthogonal(random, dimension) for _ in range(-(-bits // dimension))]
    planes: F32 = np.concatenate(groups)[:bits].astype(np.float32)
    return planes


def sketches(vectors: F32, centre: F32, planes: F32) -> Iterator[U8]:
    """Yield sketches of float32 [n, dimension] in parts, uint8 [some, bits / 8]; 9 us a vector of 512 on one core."""
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        yield np.packbits((vectors[start : start + _ROWS_AT_ONCE] - centre) @ planes.T > 0, axis=1)


def distances_from(vectors: F32, centre: F32) -> F32:
    """Return the length of every row minus the centre, float32 [n]."""
    out = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = vectors[start : start + _ROWS_AT_ONCE] - centre
        out[start : start + len(part)] = np.sqrt(np.einsum("ij,ij->i", part, part))
    return out


def max_angle(length: float, min_length: float, cosine: float) -> float:
    """Return the largest angle, seen from the centre, between a query and a row within the radius.

    Args:
        length: length of the query minus the centre.
        min_length: smallest length of a row minus the centre.
        cosine: smallest cosine, seen from the origin, of a row within the radius.

    Returns:
        The angle as a share of a half turn, 0 to 1.
    """
    spread = 2 - 2 * cosine + _SLACK
    least = max(min_length, math.sqrt(max(length * length - spread, 0.0)))
    if length * least <= 0:
        return 1.0
    bound = (length * length + least * least - spread) / (2 * length * least)
    return math.acos(min(max(bound, -1.0), 1.0)) / math.pi


def max_differing_bits(bits: int, angle: float, miss: float) -> int:
    """Return the maximum number of differing sketch bits of vectors at most `angle` apart (share of a half turn).

    More bits differ with a probability of at most `miss`.
    """
    return int(_binomial_quantiles(bits, miss)[min(math.ceil(angle * _GRID), _GRID)])


@lru_cache(maxsize=16)
def _binomial_quantiles(bits: int, miss: float) -> I64:
    """Return for each angle of the grid the smallest k with P(Binomial(bits, angle) > k) <= miss; int64 [_GRID + 1]."""
    k = np.arange(bits + 1)
    log_choices = np.array(
        [math.lgamma(bits + 1) - math.lgamma(i + 1) - math.lgamma(bits - i + 1) for i in k.tolist()]
    )
    quantiles = np.full(_GRID + 1, bits, np.int64)
    quantiles[0] = 0
    for place in range(1, _GRID):
        angle = place / _GRID
        mass = np.exp(log_choices + k * math.log(angle) + (bits - k) * math.log1p(-angle))
        beyond = np.cumsum(mass[::-1])[::-1]  # P(>= k)
        quantiles[place] = np.count_nonzero(beyond[1:] > miss)
    return quantiles


def _orthogonal(random: np.random.Generator, dimension: int) -> npt.NDArray[np.float64]:
    """Draw a rotation uniformly: QR of normal numbers with the signs of R's diagonal (Mezzadri 2007)."""
    q, r = np.linalg.qr(random.standard_normal((dimension, dimension)))
    rotation: npt.NDArray[np.float64] = q * np.sign(np.diag(r))
    return rotation.T
