"""How well an upload in a registered picture's frame agrees with its regional signature, all over."""

from collections.abc import Sequence

import numpy as np

from index.arrays import Plane
from index.regions.placing import MIN_CELLS, Frame, registered
from index.regions.signature import RegionalSignature


def agreement_quantiles(
    luma: Plane, frame: Frame, signature: RegionalSignature, percents: Sequence[float]
) -> tuple[float, ...] | None:
    """Return percentiles of the agreement of the cells that the upload shows, each -1 to 1; None of too few cells.

    Args:
        luma: the upload's matching plane, uint8 [height, width].
        frame: as in `altered_regions`; it is corrected by the signature.
        signature: the registered picture's signature.
        percents: the percentiles.
    """
    placed, _ = registered(luma, frame, signature.whole)
    judged = placed.agreement[placed.covered]
    if len(judged) < MIN_CELLS:
        return None
    return tuple(np.percentile(judged, percents).tolist())
