"""Compare an upload as a whole with a registered picture whose whole codes are somewhat near.

Filters that change all tones (false colours, few levels, cartoons, uneven light) leave the whole codes 40 to 64 bits
apart, where codes alone prove nothing, and change so many gradients that no window triggers. The whole codes tell where
to look: the upload, turned as they say and stretched to the reference's shape, is the reference as a whole. All windows
of the reference are described there, and their evidence is weighed as usual.

Measured on 63 kinds of re-upload and on unrelated pictures at random: no unrelated picture had more than 0 nats.
"""

import cv2
import numpy as np

from index.arrays import Plane
from index.comparison.matching import trusted_total
from index.frames import MEDIAN_FILTERED
from index.hashing import DIHEDRAL_VARIANTS
from index.stages import Stage, stage
from index.windows import WHITE, AreaPlane, Windows, weigh_whole


def whole_nats(luma: Plane, variant: int, reference: Windows, pdq_bits: int) -> float:
    """Return the evidence that an upload as a whole shows a reference as a whole, in nats.

    Args:
        luma: matching plane of a frame of the upload, uint8 [height, width].
        variant: row of `QueryFrame.searched_codes` whose PDQ is near the reference's.
        reference: windows of the reference.
        pdq_bits: PDQ distance of that variant.
    """
    if not len(reference):
        return 0.0
    with stage(Stage.LIKELIHOOD):
        luma = _turned(luma, variant)
        size = (reference.width, reference.height)
        area = AreaPlane.of(np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8))
        evidence = weigh_whole(area, reference, pdq_bits)
        seen = Windows(width=area.width, height=area.height)
        return trusted_total(evidence, reference, luma, seen)


def _turned(luma: Plane, variant: int) -> Plane:
    """Return the plane in a variant: dihedral, median-filtered (left as it is) or inverted."""
    if variant < MEDIAN_FILTERED:
        return np.ascontiguousarray(DIHEDRAL_VARIANTS[variant].of(luma))
    return luma if variant == MEDIAN_FILTERED else np.asarray(WHITE - luma, np.uint8)
