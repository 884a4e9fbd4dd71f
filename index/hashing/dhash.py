"""dHash-128 and pHash of a grey plane.

Tests show that the bits are those of the `imagehash` package. dHash-128 is here because matching also needs it of the
dihedral variants, for which the reduced plane is turned. pHash is here for two reasons: the package imports SciPy for
one 32 x 32 cosine transform (0.6 s and 60 MB in every worker), and the package's code of an exactly symmetric picture
is degenerate (`index.pictures.exchange_codes`).
"""

from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from index.arrays import F64, Plane
from index.hashing.codes import Algorithm, Code
from index.hashing.whole import DIHEDRAL_VARIANTS

HASH_SIDE: Final = 8  # bits a side of one 64-bit hash (imagehash: hash_size)
PHASH_SIDE: Final = 4 * HASH_SIDE  # pixels a side that pHash transforms (imagehash: highfreq_factor 4)


def dhash128(plane: Plane) -> Code:
    """Return the signs of a plane's gradients: 64 bits along rows, then 64 bits along columns.

    Args:
        plane: Luma, uint8 [height, width].
    """
    return _dhash(*_means(plane))


def dhash128_dihedral(plane: Plane) -> tuple[Code, ...]:
    """Return dHash-128 of the eight dihedral variants, in the order of `DIHEDRAL_VARIANTS`.

    Only the two reduced planes are turned, never the plane itself.

    Args:
        plane: Luma, uint8 [height, width].
    """
    across, down = _means(plane)
    return tuple(
        _dhash(one.of(down), one.of(across)) if one.transpose else _dhash(one.of(across), one.of(down))
        for one in DIHEDRAL_VARIANTS
    )


def _means(plane: Plane) -> tuple[Plane, Plane]:
    """Return the plane reduced to 8 x 9 and to 9 x 8 pixels (rows x columns)."""
    across = _shrunk(plane, width=HASH_SIDE + 1, height=HASH_SIDE)
    return across, _shrunk(plane, width=HASH_SIDE, height=HASH_SIDE + 1)


def _dhash(across: Plane, down: Plane) -> Code:
    bits = np.concatenate([(across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()])
    return Code(algorithm=Algorithm.DHASH128, value=np.packbits(bits).tobytes())


def phash(plane: Plane) -> Code:
    """Compare the 8 x 8 lowest frequencies of a plane with their median: 64 bits.

    Args:
        plane: Luma, uint8 [height, width].
    """
    pixels = _shrunk(plane, width=PHASH_SIDE, height=PHASH_SIDE).astype(np.float64)
    frequencies = _cosines() @ pixels @ _cosines().T
    bits = frequencies > np.median(frequencies)
    return Code(algorithm=Algorithm.PHASH, value=np.packbits(bits).tobytes())


def _shrunk(plane: Plane, *, width: int, height: int) -> Plane:
    """Reduce a plane to a few pixels, with the same filter as `imagehash`."""
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.LANCZOS))


@lru_cache(maxsize=1)
def _cosines() -> F64:
    """Return rows 0 to 7 of the cosine transform, float64 [8, 32], in SciPy's scale (type 2, not normalised)."""
    frequencies = np.arange(HASH_SIDE)[:, None]
    positions = 2 * np.arange(PHASH_SIDE)[None, :] + 1
    matrix: F64 = 2 * np.cos(np.pi / (2 * PHASH_SIDE) * frequencies * positions)
    return matrix
