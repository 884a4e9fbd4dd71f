"""PDQ of a whole picture by matrix products, with the same bits as Meta's reference code.

The reference (ThreatExchange, `pdq/cpp/hashing/pdqhashing.cpp` and `downscaling/downscaling.cpp`) works in
four steps:

1. two passes of a box filter along rows and columns, of width `ceil(side / 128)`;
2. 64 x 64 samples at the centres of equal blocks;
3. the 16 x 16 lowest frequencies of their cosine transform, without the constant ones;
4. one bit a coefficient: is it above the lower median?

Steps 1 and 2 are linear and separable, `samples = R @ plane @ C.T`, with one 64-row operator for each length of a side;
so is step 3. Only the last bits of floating-point numbers differ. This matters if coefficients are equal: if all
coefficients of a plane are rounding errors (a flat plane, or a pattern along one axis only), this module returns the
all-zero code, while the reference returns noise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from PIL import Image

from index.arrays import F32, F64, U8, Plane
from index.hashing.codes import MAX_QUALITY, Algorithm, Code
from index.hashing.levels import near_levels

Turned = TypeVar("Turned", Plane, F32)

SAMPLES: Final = 64  # samples a side (reference: buffer64x64)
FREQUENCIES: Final = 16  # coefficients a side (reference: buffer16x16)
MIN_SIDE: Final = 5  # pixels; below it the reference gives an all-zero code of quality 0 (MIN_HASHABLE_DIM)
BOXES_PER_SIDE: Final = 2 * SAMPLES  # each of the two passes has a box of half a sample
GREY_RANGE: Final = 255  # grey levels
GRADIENT_STEPS: Final = 100  # gradients count in whole hundredths of the grey range
QUALITY_DIVISOR: Final = 90  # reference: "heuristic scaling factor"

# Grey levels. Coefficients of photographs reach hundreds. On planes without content (flat planes and gradients were
# measured) rounding errors are at most 1.1e-4.
NOISE_FLOOR: Final = 0.01
_SIGNS: Final = np.array([-1, 1], np.float32)  # for a coefficient at or below the median, and above it

# An operator of a side of 512 takes 128 KiB; one side of a matching plane is nearly always 512.
CACHED_OPERATORS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Dihedral:
    """One of the eight dihedral variants of a plane: mirror the columns, flip the rows, then transpose."""

    mirror: bool
    flip: bool
    transpose: bool

    def of(self, plane: Turned) -> Turned:
        """Return this variant of a plane."""
        turned = plane[:: -1 if self.flip else 1, :: -1 if self.mirror else 1]
        return turned.T if self.transpose else turned


DIHEDRAL_VARIANTS: Final = tuple(
    Dihedral(mirror=mirror, flip=flip, transpose=transpose)
    for transpose in (False, True)
    for flip in (False, True)
    for mirror in (False, True)
)
"""All eight variants, the upright one first."""

FLAT_GRID: Final = 32  # area means a side
FLAT_TOLERANCE: Final = 8  # grey levels to either side of the best level


def pdq(plane: Plane) -> Code:
    """Return the PDQ code of a grey plane as ThreatExchange prints it, with its quality, 0 to 100.

    Args:
        plane: Luma, uint8 [height, width], any size.
    """
    height, width = plane.shape
    return pdq_of_bands(height, width, [plane.astype(np.float32)])


def pdq_of_bands(height: int, width: int, bands: Iterable[F32]) -> Code:
    """Return the PDQ code of a picture given in bands of rows: its luma is never held in memory as a whole.

    Args:
        height: Rows of the whole picture.
        width: Columns of the whole picture.
        bands: Luma in grey levels, float32 [any, width], from top to bottom, `height` rows in all.
    """
    if min(height, width) < MIN_SIDE:
        return _blank(quality=0)
    down, across = _sampling(height), _sampling(width).T
    samples = np.zeros((SAMPLES, SAMPLES), np.float32)
    top = 0
    for band in bands:
        bottom = top + len(band)
        samples += (down[:, top:bottom] @ band) @ across
        top = bottom
    return pdq_of_samples(samples)


def pdq_dihedral(plane: Plane) -> tuple[U8, int]:
    """Return PDQ of the eight dihedral variants, uint8 [8, 32] in the order of `DIHEDRAL_VARIANTS`, and the quality.

    Each code equals `pdq` of that variant. The operators' columns are reversed instead of the plane, which is not
    copied. Sign changes of the coefficients would be off by 15 bits, because PDQ does not sample at the exact centre.

    Args:
        plane: Luma, uint8 [height, width], any size.
    """
    height, width = plane.shape
    if min(height, width) < MIN_SIDE:
        return np.zeros((len(DIHEDRAL_VARIANTS), Algorithm.PDQ.bits // 8), np.uint8), 0
    pixels = plane.astype(np.float32)
    down, across = _sampling(height), _sampling(width)
    samples: dict[tuple[bool, bool], F32] = {}
    for flip in (False, True):
        half: F32 = (down[:, ::-1] if flip else down) @ pixels
        for mirror in (False, True):
            samples[flip, mirror] = half @ (across[:, ::-1] if mirror else across).T
    codes = []
    for variant in DIHEDRAL_VARIANTS:
        turned = samples[variant.flip, variant.mirror]
        codes.append(_bits(turned.T if variant.transpose else turned))
    rows = np.frombuffer(b"".join(codes), np.uint8).reshape(len(DIHEDRAL_VARIANTS), -1)
    return rows, _quality(samples[False, False])


def flat_share(plane: Plane) -> float:
    """Measure how much of a picture is one grey level, 0 to 1.

    This is the share of its 32 x 32 area means that lie within 8 levels of the most frequent level. Screens, chats and
    documents are mostly background, and their codes match each other.

    Args:
        plane: Luma, uint8 [height, width].
    """
    means = Image.fromarray(plane).resize((FLAT_GRID, FLAT_GRID), Image.Resampling.BOX)
    return int(near_levels(np.array(means.histogram()), FLAT_TOLERANCE).max()) / FLAT_GRID**2


def sampled(plane: Plane) -> F32:
    """Return 64 x 64 samples of a plane, uint8 [height, width], in grey levels (steps 1 and 2)."""
    height, width = plane.shape
    return (_sampling(height) @ plane.astype(np.float32)) @ _sampling(width).T


def pdq_of_samples(samples: F32) -> Code:
    """Return the PDQ code of samples float32 [64, 64] in grey levels (steps 3 and 4)."""
    return Code(algorithm=Algorithm.PDQ, value=_bits(samples), quality=_quality(samples))


def pdq_bits(samples: F32) -> bytes:
    """Return the bits of the code of samples float32 [64, 64] in grey levels, without a quality (half the work)."""
    return _bits(samples)


def pdq_distance(samples: F32, held: Code) -> int:
    """Count the bits in which the code of samples differs from `held`, without computing a quality (half the work)."""
    return Code(algorithm=Algorithm.PDQ, value=_bits(samples)).distance(held)


def centred_coefficients(samples: F32) -> F32:
    """Return the coefficients of step 3 minus their median: float32 [256]. Their signs are the bits."""
    coefficients = _coefficients(samples)
    return coefficients - _lower_median(coefficients)


def signs_of(code: Code) -> F32:
    """Return the bits of a PDQ code as the signs of its coefficients: float32 [256], 1 or -1."""
    bits = np.unpackbits(np.frombuffer(code.value, np.uint8))[::-1]
    signs: F32 = _SIGNS[bits]
    return signs


def _coefficients(samples: F32) -> F32:
    return np.asarray(_cosines() @ samples @ _cosines().T, np.float32).ravel()


def _lower_median(coefficients: F32) -> np.float32:
    place = coefficients.size // 2 - 1
    median: np.float32 = np.partition(coefficients, place)[place]
    return median


def _bits(samples: F32) -> bytes:
    """Return the bits of steps 3 and 4, or zeros if the coefficients are only noise."""
    coefficients = _coefficients(samples)
    if np.abs(coefficients).max() < NOISE_FLOOR:
        return bytes(Algorithm.PDQ.bits // 8)
    bits = coefficients > _lower_median(coefficients)
    # The reference numbers its bits from the lowest frequency and prints the highest number first.
    return np.packbits(bits[::-1]).tobytes()


def _quality(samples: F32) -> int:
    """Return the quality: the sum of differences of neighbours, in whole hundredths of the grey range, scaled."""
    total = 0
    for axis in (0, 1):
        differences = np.diff(samples, axis=axis)
        hundredths = np.trunc(differences * np.float32(GRADIENT_STEPS) / np.float32(GREY_RANGE))
        total += int(np.abs(hundredths).sum())
    return min(total // QUALITY_DIVISOR, MAX_QUALITY)


def _blank(quality: int) -> Code:
    """Return the code of a picture without content."""
    return Code(algorithm=Algorithm.PDQ, value=bytes(Algorithm.PDQ.bits // 8), quality=quality)


@lru_cache(maxsize=CACHED_OPERATORS)
def _sampling(side: int) -> F32:
    """Return steps 1 and 2 along one side: float32 [64, side], each row the weights of one sample.

    A box over `first[i] .. last[i]`, cut at the edges and averaged over the rest, is applied twice: a sample is the
    mean of the boxes around the pixels of its own box. Each box is a step up and a step down, so a row is a running sum
    of steps, and the cost is proportional to 64 x side.
    """
    window = -(-side // BOXES_PER_SIDE)
    reach_after = (window + 2) // 2 - 1  # the reference's phase 1; an even box leans to the right
    pixels = np.arange(side)
    first = np.maximum(pixels + reach_after - window + 1, 0)
    last = np.minimum(pixels + reach_after, side - 1)
    weight = 1.0 / (last - first + 1)

    centres = (np.arange(SAMPLES) + 0.5) * side / SAMPLES
    steps = np.zeros((SAMPLES, side + 1))
    for sample, centre in enumerate(centres.astype(np.intp)):
        box = slice(first[centre], last[centre] + 1)
        np.add.at(steps[sample], first[box], weight[centre] * weight[box])
        np.subtract.at(steps[sample], last[box] + 1, weight[centre] * weight[box])
    return np.cumsum(steps, axis=1)[:, :side].astype(np.float32)


@lru_cache(maxsize=1)
def _cosines() -> F32:
    """Return step 3 along one side: float32 [16, 64], rows 1 to 16 of the transform (reference: dct_matrix_64)."""
    frequencies = np.arange(1, FREQUENCIES + 1)[:, None]
    positions = 2 * np.arange(SAMPLES)[None, :] + 1
    matrix: F64 = np.sqrt(2 / SAMPLES) * np.cos(np.pi / (2 * SAMPLES) * frequencies * positions)
    return matrix.astype(np.float32)
