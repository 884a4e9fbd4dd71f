"""WindowLikelihood that rests on drawings: stickers, letters, buttons and bars are the same over any picture.

Two strangers' pictures under one sticker agree in all windows of that sticker, as a picture and its altered copy agree
in what was kept. They differ in what agrees: a drawing has few grey levels, a photograph many. So where much of the
reference's frame shows something else, or too few windows were seen to tell, windows of drawings do not count.

Of two draws of 100 pairs of strangers under the same stickers, evidence reached the ladder's threshold in 22 and 34,
and in none without drawings; 2 of 2,592 re-uploads of 108 kinds fall below it (docs/decisions/0012).
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F64, Plane
from index.hashing import near_levels
from index.windows import (
    AGREEING_BITS,
    TRIGGER_NATS,
    WHITE,
    WindowLikelihood,
    Windows,
    nats_of,
    seen_plane,
    squares_on,
)

DIFFERING_BITS: Final = 88
"""Code distance from which a window shows something else; unrelated ones lie at about 128."""

CONTRADICTED_SHARE: Final = 0.25  # of the windows that agree or differ: from there something else is shown
FEW_WINDOWS: Final = 8  # that agree or differ: a page's ruled lines are no more

DRAWN_SHARES: Final = (0.33, 0.53)
"""Share of a window's pixels in its three commonest levels up to which it counts, and from which it does not: half of
the windows of photographs that agree are below .30, 19 in 20 of stickers' above .45."""

COMMONEST: Final = 3  # levels: a drawing's ground and inks
LEVELS_WITHIN: Final = 3  # of 255, of the window's own range, to either side
RANGE_PERCENTS: Final = (2, 98)
MIN_RANGE: Final = 8  # grey levels


def trusted_nats(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> float:
    """Gives the evidence in nats, without that of drawings where these may be all that is the same.

    Args:
        evidence: of one reference.
        reference: its windows.
        luma: the upload's matching plane, uint8 [height, width].
        upload: its windows.
    """
    agreeing = evidence.distances <= AGREEING_BITS
    differing = int((evidence.distances >= DIFFERING_BITS).sum())
    looked_at = int(agreeing.sum()) + differing
    if looked_at > FEW_WINDOWS and differing < CONTRADICTED_SHARE * looked_at:
        return evidence.nats
    clear, drawn = DRAWN_SHARES
    shares = drawn_shares(evidence, reference, luma, upload)
    photographed = ((drawn - shares) / (drawn - clear)).clip(0, 1)
    # The trigger is one of those that agree, and as drawn as they are.
    trigger = (
        float(TRIGGER_NATS[evidence.trigger_bits] * photographed[agreeing].mean()) if agreeing.any() else 0.0
    )
    return min(evidence.nats, nats_of(evidence.distances, evidence.weights * photographed) + trigger)


def drawn_shares(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> F64:
    """Measures the share of each window's pixels, in the upload, in its three commonest levels: float64 [v], 0 to 1."""
    smooth = cv2.medianBlur(
        seen_plane(luma, mirror=evidence.similarity.mirror), 3
    )  # JPEG's noise around edges
    places = evidence.similarity.places(reference)[evidence.rows]
    left, top, right, bottom = squares_on(places, (upload.width, upload.height), smooth.shape)
    edges = np.stack([top, bottom + 1, left, right + 1], axis=1).tolist()
    return np.array(
        [_drawn_share(np.asarray(smooth[a:b, c:d], np.uint8)) for a, b, c, d in edges], np.float64
    )


def _drawn_share(window: Plane) -> float:
    if not window.size:
        return 0.0
    low, high = np.percentile(window, RANGE_PERCENTS)
    scaled = (window - low) * (WHITE / max(high - low, MIN_RANGE))
    counts = np.bincount(scaled.clip(0, WHITE).astype(np.uint8).ravel(), minlength=WHITE + 1)
    common = 0
    for _ in range(COMMONEST):
        around = near_levels(counts, LEVELS_WITHIN)
        level = int(around.argmax())
        common += int(around[level])
        counts[max(0, level - LEVELS_WITHIN) : level + LEVELS_WITHIN + 1] = 0
    return common / window.size
