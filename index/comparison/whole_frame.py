"""Compare an upload as a whole with a registered picture whose whole codes are somewhat near.

Filters that change all tones (false colours, few levels, cartoons, uneven light) leave the whole codes 40 to 64 bits
apart, where codes alone prove nothing, and change so many gradients that no window triggers. The whole codes tell where
to look: the upload, turned as they say and stretched to the reference's shape, is the reference as a whole. All windows
of the reference are described there, and their evidence is weighed as usual.

Measured on 63 kinds of re-upload and on unrelated pictures at random: no unrelated picture had more than 0 nats.

Uploads in few tones (posterised to black and white, sketches) have hardly a gradient of the photograph, so all windows
are farther away, and yet nearer than those of strangers. They are blurred, and distances up to 100 bits count too
(`FEW_TONES_NATS`), if the reference is a photograph. Drawings and pages are not, so those of one layout stay apart.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import Plane
from index.comparison.designs import Known, proven_nats
from index.frames import MEDIAN_FILTERED
from index.hashing import DIHEDRAL_VARIANTS, commonest
from index.stages import Stage, stage
from index.windows import WHITE, AreaPlane, Windows, nats_of, weigh_whole

PHOTOGRAPH_FLAT_SHARE: Final = 0.5
"""Flat share below which a reference is a photograph: 96 % of 560 photographs; graphics have 1."""

TONES: Final = 2
TONE_REACH: Final = 16  # grey levels to either side of a tone
TONES_SHARE: Final = 0.9  # share of the pixels in two tones, which one in 500 photographs has
PAPER: Final = 223  # grey level from which a pixel is white
PAPER_SHARE: Final = 0.55  # share of white pixels of a sketch
SAMPLING: Final = 3  # pixels between those that are counted

BLUR: Final = 1.5 / 512  # standard deviation, as a share of the longer side

_FEW_TONES_BITS: Final = (0, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 128, 256)
_FEW_TONES_NATS: Final = (7.0, 7.0, 5.0, 3.0, 2.2, 1.8, 1.5, 1.2, 0.9, 0.6, 0.2, -0.2, -1.5, -3.0)
FEW_TONES_NATS: Final = np.interp(np.arange(257), _FEW_TONES_BITS, _FEW_TONES_NATS)
"""log r(d) for uploads in few tones. Unrelated windows lie at 128 +- 12 bits."""

OVERLAP: Final = 2.4
"""Number of windows that tell as much as one independent window: they overlap, and many of them agree a little. Of 20
pictures in two levels and sketches within 72 bits all but one have 20 nats then; 336 pairs with the nearest unrelated
photographs had at most 1."""


def has_few_tones(luma: Plane) -> bool:
    """Return True if a plane consists of two tones, or of lines on white. Photographs seldom do."""
    sampled = luma[::SAMPLING, ::SAMPLING]
    counts = np.bincount(sampled.ravel(), minlength=WHITE + 1)
    if counts[PAPER:].sum() >= PAPER_SHARE * sampled.size:
        return True
    return commonest(counts, TONES, TONE_REACH) >= TONES_SHARE * sampled.size


def whole_nats(luma: Plane, variant: int, known: Known, pdq_bits: int) -> float:
    """Return the evidence that an upload as a whole shows a reference as a whole, in nats.

    Args:
        luma: matching plane of a frame of the upload, uint8 [height, width].
        variant: row of `QueryFrame.searched_codes` whose PDQ is near the reference's.
        known: what is known of the reference.
        pdq_bits: PDQ distance of that variant.
    """
    reference = known.windows
    if not len(reference):
        return 0.0
    with stage(Stage.LIKELIHOOD):
        is_photograph = known.flat_share is not None and known.flat_share < PHOTOGRAPH_FLAT_SHARE
        is_drawn = is_photograph and has_few_tones(luma)
        if is_drawn:
            luma = np.asarray(cv2.GaussianBlur(luma, (0, 0), BLUR * max(luma.shape)), np.uint8)
        luma = _turned(luma, variant)
        size = (reference.width, reference.height)
        area = AreaPlane.of(np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8))
        evidence = weigh_whole(area, reference, pdq_bits)
        if is_drawn:
            return nats_of(evidence.distances, evidence.weights, FEW_TONES_NATS) / OVERLAP
        seen = Windows(width=area.width, height=area.height)
        return proven_nats(evidence, known, luma, seen)


def _turned(luma: Plane, variant: int) -> Plane:
    """Return the plane in a variant: dihedral, median-filtered (left as it is) or inverted."""
    if variant < MEDIAN_FILTERED:
        return np.ascontiguousarray(DIHEDRAL_VARIANTS[variant].of(luma))
    return luma if variant == MEDIAN_FILTERED else np.asarray(WHITE - luma, np.uint8)
