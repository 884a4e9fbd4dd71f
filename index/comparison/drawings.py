"""Discount evidence from drawings: stickers, letters, dialogs and cartoons, which look the same on unrelated pictures.

Unrelated pictures under one sticker agree in all windows on that sticker, just as a picture and its altered copy agree
in the unchanged part. The agreeing parts differ: a drawing has few grey levels and hard edges between flat areas, a
photograph has many levels and texture beside its edges. Windows on drawings therefore count only if little contradicts
and the agreeing windows show most of what the upload shows of the reference's frame.

docs/decisions/0012 and 0014 have the measurements.
"""

from typing import Final

import cv2
import numpy as np

from index.arrays import F64, I64, Plane
from index.hashing import SIGNS_SIDE, commonest, edge_maps, reduced
from index.windows import (
    AGREEING_BITS,
    TRIGGER_NATS,
    WHITE,
    WindowLikelihood,
    Windows,
    nats_of,
    points_of,
    seen_plane,
    squares_on,
)

DIFFERING_BITS: Final = 88
"""Code distance from which a window shows something else, in bits. Unrelated windows are at about 128."""

CONTRADICTED_SHARE: Final = 0.25
"""Share of differing windows, among those that agree or differ, from which the frame shows something else."""
FEW_WINDOWS: Final = 8  # windows that agree or differ; the ruled lines of a page have no more

AGREED_AREA: Final = 0.6
"""Share of the visible part of the frame that agreeing windows must show, so that drawings count too. A dialog or a
block of words over half of a picture has many windows, and the picture behind it may have none."""

SPARSE_WINDOWS: Final = 16
"""Windows that agree or differ, up to which the area does not count if at most `SPARSE_DIFFERING` differ: small and
soft copies have few windows, and these show little of the frame."""
SPARSE_DIFFERING: Final = 1
AREA_GRID: Final = 24  # points a side on which the area is counted

DRAWN_SHARES: Final = (0.33, 0.53)
"""Share of a window's pixels in its three commonest levels: up to the first the window counts fully, from the second on
it does not count. Half of the agreeing windows of photographs are below 0.30; 19 in 20 of those on stickers are above
0.45."""

HARD_SHARES: Final = (0.25, 0.50)
"""Share of a window's strong edges that border a flat area: up to the first the window counts fully, from the second on
it does not count. It tells shaded drawings, which have many levels. Photographs are mostly below 0.2."""

COMMONEST: Final = 3  # number of levels: the ground and the inks of a drawing
LEVELS_WITHIN: Final = 3  # tolerance to either side, in 255ths of the window's own range
RANGE_PERCENTS: Final = (2, 98)
MIN_RANGE: Final = 8  # grey levels


def trusted_nats(evidence: WindowLikelihood, reference: Windows, upload: Windows, photographed: F64) -> float:
    """Return the evidence in nats, without windows on drawings if these may be the only agreement.

    Args:
        evidence: evidence for one reference.
        reference: windows of the reference.
        upload: windows of the upload.
        photographed: result of `photographed_shares`.
    """
    agreeing = evidence.distances <= AGREEING_BITS
    differing = int((evidence.distances >= DIFFERING_BITS).sum())
    looked_at = int(agreeing.sum()) + differing
    is_contradicted = looked_at <= FEW_WINDOWS or differing >= CONTRADICTED_SHARE * looked_at
    is_sparse = looked_at <= SPARSE_WINDOWS and differing <= SPARSE_DIFFERING
    if not is_contradicted and (is_sparse or agreed_area(evidence, reference, upload) >= AGREED_AREA):
        return evidence.nats
    return discounted_nats(evidence, photographed)


def photographed_shares(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> F64:
    """Return how surely each window shows a photograph: float64 [v], 0 on a drawing to 1.

    Args:
        evidence: evidence for one reference.
        reference: windows of the reference.
        luma: matching plane of the upload, uint8 [height, width].
        upload: windows of the upload.
    """
    shares: F64 = np.minimum(
        _falling(drawn_shares(evidence, reference, luma, upload), DRAWN_SHARES),
        _falling(hard_shares(evidence, reference, luma, upload), HARD_SHARES),
    )
    return shares


def discounted_nats(evidence: WindowLikelihood, shares: F64) -> float:
    """Return the evidence in nats, of which each window counts by a share: float64 [v], 0 to 1."""
    agreeing = evidence.distances <= AGREEING_BITS
    # The trigger is one of the agreeing windows, so it is discounted like them.
    trigger = float(TRIGGER_NATS[evidence.trigger_bits] * shares[agreeing].mean()) if agreeing.any() else 0.0
    return min(evidence.nats, nats_of(evidence.distances, evidence.weights * shares) + trigger)


def _falling(shares: F64, between: tuple[float, float]) -> F64:
    """Return 1 for shares up to the first bound, 0 from the second on, and a line in between."""
    first, second = between
    weights: F64 = ((second - shares) / (second - first)).clip(0, 1)
    return weights


def agreed_area(evidence: WindowLikelihood, reference: Windows, upload: Windows) -> float:
    """Return the share of the visible part of the reference's frame that agreeing windows show, 0 to 1."""
    line = (np.arange(AREA_GRID) + 0.5) / AREA_GRID
    points = np.add.outer(1j * line * reference.height, line * reference.width).ravel()
    seen = evidence.similarity.of(points)
    visible = (seen.real >= 0) & (seen.real < upload.width) & (seen.imag >= 0) & (seen.imag < upload.height)
    points = points[visible]
    places = reference.places[evidence.rows[evidence.distances <= AGREEING_BITS]]
    apart = points[:, None] - points_of(places)
    reach = np.maximum(np.abs(apart.real), np.abs(apart.imag))
    return float((reach < places[:, 2]).any(axis=1).mean()) if len(points) else 0.0


def drawn_shares(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> F64:
    """Return the share of each window's pixels in its three commonest levels, in the upload: float64 [v], 0 to 1."""
    smooth = np.asarray(
        cv2.medianBlur(seen_plane(luma, mirror=evidence.similarity.mirror), 3), np.uint8
    )  # JPEG's noise around edges
    edges = _edges(evidence, reference, upload, smooth)
    return np.array([_drawn_share(smooth[a:b, c:d]) for a, b, c, d in edges.tolist()], np.float64)


def hard_shares(evidence: WindowLikelihood, reference: Windows, luma: Plane, upload: Windows) -> F64:
    """Return the share of each window's strong edges that border a flat area, in the upload: float64 [v], 0 to 1."""
    plane = reduced(seen_plane(luma, mirror=evidence.similarity.mirror), SIGNS_SIDE)
    edges = _edges(evidence, reference, upload, plane)
    strong, bordering = (
        _counted(np.asarray(cv2.integral(one.astype(np.uint8)), np.int64), edges) for one in edge_maps(plane)
    )
    return bordering / np.maximum(strong, 1)


def _edges(evidence: WindowLikelihood, reference: Windows, upload: Windows, plane: Plane) -> I64:
    """Return the edges of the windows on a plane of the upload: int64 [v, 4], top, bottom, left, right, half open."""
    places = evidence.similarity.places(reference)[evidence.rows]
    left, top, right, bottom = squares_on(places, (upload.width, upload.height), plane.shape)
    rows, columns = plane.shape
    edges = [
        top.clip(0, rows),
        (bottom + 1).clip(0, rows),
        left.clip(0, columns),
        (right + 1).clip(0, columns),
    ]
    return np.stack(edges, axis=1).astype(np.int64)


def _counted(sums: I64, edges: I64) -> F64:
    """Return the sum within each window, given the integral of a map."""
    top, bottom, left, right = edges.T
    counts: F64 = (sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]).astype(
        np.float64
    )
    return counts


def _drawn_share(window: Plane) -> float:
    if not window.size:
        return 0.0
    counts = np.bincount(window.ravel(), minlength=WHITE + 1)
    low, high = np.searchsorted(np.cumsum(counts), np.array(RANGE_PERCENTS) / 100 * window.size).tolist()
    scaled = ((np.arange(WHITE + 1) - low) * (WHITE / max(high - low, MIN_RANGE))).clip(0, WHITE)
    counts = np.bincount(scaled.astype(np.int64), counts, minlength=WHITE + 1).astype(np.int64)
    return commonest(counts, COMMONEST, LEVELS_WITHIN) / window.size
