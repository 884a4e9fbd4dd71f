"""Sketches of vectors: on which side of random planes a vector lies, and how far apart near vectors' sketches are.

The law (Goemans and Williamson 1995; Charikar 2002). Two vectors at an angle theta lie on different sides of a
plane through the origin, drawn uniformly, with probability theta / pi. So of b independent planes a number
distributed as Binomial(b, theta / pi) tells them apart, whatever the vectors are: who compares sketches up to
the number that is exceeded with probability `miss` at the greatest angle allowed misses no more than that
share. Nothing is trained, and no cluster of faces can be crowded out. Our planes are orthogonal to each other
in groups of the dimension, which can only narrow the distribution (measured: `tests/index/search`).

Faces of one engine crowd around their mean (dlib's impostors have a cosine of .83), and angles seen from there
are larger than from the origin. Planes therefore go through the mean m of the snapshot. Let u and v be two
unit vectors less m, a = |u| that of the query, and |v| >= f. If their cosine is at least t, then
|u - v|^2 <= 2 - 2 t =: r, and so cos(u, v) = (a^2 + |v|^2 - |u - v|^2) / (2 a |v|) >= g(|v|), with
g(x) = x / (2 a) + (a^2 - r) / (2 a x). For a^2 > r it is least at x = sqrt(a^2 - r) or, beyond it, at f; else it
grows, and is least at f. The few rows that lie closer to m than f, the *strays*, are compared one by one.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from index.arrays import F32, I64, U8

_GRID: Final = 2048
"""Angles are rounded up to a 2048th of a half turn: less than half a bit of a sketch."""

_SLACK: Final = 4e-4
"""Of r: vectors count as unit ones whose squared length is within 1e-4 of 1 (`vectors_exact.UNIT_TOLERANCE`)."""

_ROWS_AT_ONCE: Final = 1 << 13
"""Rows sketched in one step: 25 MB of products at 768 planes."""


def draw_planes(bits: int, dimension: int, seed: bytes) -> F32:
    """Draws float32 [bits, dimension] planes' normals, uniform each, orthogonal in groups of `dimension`."""
    random = np.random.default_rng(np.frombuffer(seed, np.uint32))
    groups = [_orthogonal(random, dimension) for _ in range(-(-bits // dimension))]
    planes: F32 = np.concatenate(groups)[:bits].astype(np.float32)
    return planes


def sketches(vectors: F32, centre: F32, planes: F32) -> Iterator[U8]:
    """Yields uint8 [some, bits / 8] for all rows of float32 [n, dimension]; 9 us a vector of 512 on one core."""
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        yield np.packbits((vectors[start : start + _ROWS_AT_ONCE] - centre) @ planes.T > 0, axis=1)


def distances_from(vectors: F32, centre: F32) -> F32:
    """The length of every row less the centre, float32 [n]."""
    out = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = vectors[start : start + _ROWS_AT_ONCE] - centre
        out[start : start + len(part)] = np.sqrt(np.einsum("ij,ij->i", part, part))
    return out


def greatest_angle(length: float, floor: float, cosine: float) -> float:
    """The greatest angle, as a share of a half turn, between a query and a row as near as `cosine`.

    Args:
        length: of the query less the centre.
        floor: the least length of a row less the centre.
        cosine: at least that of the two before the centre was taken off.
    """
    spread = 2 - 2 * cosine + _SLACK
    least = max(floor, math.sqrt(max(length * length - spread, 0.0)))
    if length * least <= 0:
        return 1.0
    bound = (length * length + least * least - spread) / (2 * length * least)
    return math.acos(min(max(bound, -1.0), 1.0)) / math.pi


def cut_for(bits: int, share: float, miss: float) -> int:
    """How many of `bits` planes to allow between vectors that are `share` of a half turn apart at most."""
    return int(_cuts(bits, miss)[min(math.ceil(share * _GRID), _GRID)])


@lru_cache(maxsize=16)
def _cuts(bits: int, miss: float) -> I64:
    """Per angle of the grid the least k with P(Binomial(bits, share) > k) <= miss; int64 [_GRID + 1]."""
    k = np.arange(bits + 1)
    ways = np.array(
        [math.lgamma(bits + 1) - math.lgamma(i + 1) - math.lgamma(bits - i + 1) for i in k.tolist()]
    )
    cuts = np.full(_GRID + 1, bits, np.int64)
    cuts[0] = 0
    for place in range(1, _GRID):
        share = place / _GRID
        mass = np.exp(ways + k * math.log(share) + (bits - k) * math.log1p(-share))
        beyond = np.cumsum(mass[::-1])[::-1]  # P(>= k)
        cuts[place] = np.count_nonzero(beyond[1:] > miss)
    return cuts


def _orthogonal(random: np.random.Generator, dimension: int) -> npt.NDArray[np.float64]:
    """A rotation drawn uniformly: QR of normal numbers with the signs of R's diagonal (Mezzadri 2007)."""
    q, r = np.linalg.qr(random.standard_normal((dimension, dimension)))
    rotation: npt.NDArray[np.float64] = q * np.sign(np.diag(r))
    return rotation.T
