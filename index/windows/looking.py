"""Describe the windows of references at places in an upload, and compare them with the references' codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from index.arrays import C128, F32, I64
from index.windows.choosing import mirrored
from index.windows.geometry import Similarity, differing_bits
from index.windows.patches import AreaPlane, histograms, turned_over_where
from index.windows.projection import load_projection
from index.windows.windows import Windows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """Windows of one reference, and where they are looked at.

    Attributes:
        reference: the reference's windows.
        rows: int64 [n], those that are looked at.
        places: float32 [n, 4], in the (mirrored) upload.
        seen_by: the map that predicted the places; it tells whether the upload is mirrored, and how windows are
            squashed.
    """

    reference: Windows
    rows: I64
    places: F32
    seen_by: Similarity = field(repr=False)


def look_at_windows(area: AreaPlane, width: int, looks: Sequence[Look]) -> list[I64]:
    """Return the code distances of each look's windows, int64 [n] each. All are described in one batch.

    Args:
        area: the upload's area plane.
        width: columns of the area plane, in pixels.
        looks: what is looked at.
    """
    if not any(len(one.rows) for one in looks):
        return [one.rows for one in looks]
    places, flipped, codes = [], [], []
    for one in looks:
        mirror = one.seen_by.mirror
        places.append(mirrored(one.places, width) if mirror else one.places)
        flipped.append(one.reference.flipped[one.rows] ^ mirror)
        codes.append(one.reference.codes[one.rows])
    found = histograms(area.patches(np.concatenate(places), _squashes(looks)))
    seen = load_projection().codes(turned_over_where(found, np.concatenate(flipped)))
    differing = differing_bits(seen.view(np.uint64) ^ np.concatenate(codes).view(np.uint64))
    ends = np.cumsum([len(one.rows) for one in looks])
    return np.split(differing, ends[:-1])


def _squashes(looks: Sequence[Look]) -> C128 | None:
    """Return the squash of each window, mirrored where the upload is; None if no look has any."""
    if not any(one.seen_by.squash for one in looks):
        return None
    parts = []
    for one in looks:
        squash = one.seen_by.squashes(one.reference)
        squash = np.zeros(len(one.rows), np.complex128) if squash is None else squash[one.rows]
        parts.append(-np.conj(squash) if one.seen_by.mirror else squash)
    return np.concatenate(parts)
