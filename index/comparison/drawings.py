"""Discount evidence from drawings: stickers, letters, buttons and bars, which look the same on unrelated pictures.

Unrelated pictures under one sticker agree in all windows on that sticker, just as a picture and its altered copy agree
in the unchanged part. The agreeing parts differ: a drawing has few grey levels, a photograph has many. If much of the
reference's frame shows something else, or if too few windows were compared, windows on drawings therefore do not count.

In two draws of 100 pairs of unrelated pictures under the same stickers, the evidence reached the ladder's threshold in
22 and 34 pairs, and in none with the discount. 2 of 2,592 re-uploads of 108 kinds fall below the threshold with it
(docs/decisions/0012).
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
"""Code distance from which a window shows something else, in bits. Unrelated windows are at about 128."""

CONTRADICTED_SHARE: Final = 0.25
"""Share of differing windows, among those that agree or differ, from which the frame shows something else."""
FEW_WINDOWS: Final = 8  # windows that agree or differ; the ruled lines of a page have no more

DRAWN_SHARES: Final = (0.33, 0.53)
"""Share of a window's pixels in its three commonest levels: up to the first the window counts fully, from the second on
it does not count. Half of the agreeing windows of photographs are below 0.30; 19 in 20 of those on stickers are above
0.45."""

COMMONEST: Final = 3  # number of levels: the ground and the inks of a drawing
LEVELS_WITHIN: Final = 3  # tolerance to either side, in 255ths of the window's own range
RANGE_PERCENTS: Final = (2, 98)
MIN_RANGE: Final = 8  # grey levels


def trusted_nats(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> float:
    """Return the evidence in nats, without windows on drawings if these may be the only agreement.

    Args:
        evidence: evidence for one reference.
        reference: windows of the reference.
        luma: matching plane of the upload, uint8 [height, width].
        upload: windows of the upload.
    """
    agreeing = evidence.distances <= AGREEING_BITS
    differing = int((evidence.distances >= DIFFERING_BITS).sum())
    looked_at = int(agreeing.sum()) + differing
    if looked_at > FEW_WINDOWS and differing < CONTRADICTED_SHARE * looked_at:
        return evidence.nats
    clear, drawn = DRAWN_SHARES
    shares = drawn_shares(evidence, reference, luma, upload)
    photographed = ((drawn - shares) / (drawn - clear)).clip(0, 1)
    # The trigger is one of the agreeing windows, so it is discounted like them.
    trigger = (
        float(TRIGGER_NATS[evidence.trigger_bits] * photographed[agreeing].mean()) if agreeing.any() else 0.0
    )
    return min(evidence.nats, nats_of(evidence.distances, evidence.weights * photographed) + trigger)


def drawn_shares(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> F64:
    """Return the share of each window's pixels in its three commonest levels, in the upload: float64 [v], 0 to 1."""
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
