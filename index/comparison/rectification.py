"""Rectification: the upload warped into a reference's frame, its whole codes there, its cover and its place.

A fitted similarity warps the upload's luma plane to a square that represents the reference's whole picture, because PDQ
squashes every picture to a square. The whole codes of that square are compared with the reference's. A captioned,
framed, tilted or pasted copy can therefore be as tight a match as a plain copy. Small errors of the fit are corrected
by small moves of the frame that lower the distance (`refinement`). Overlays drawn over the copy are removed
(`overlays`).
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F64, Plane
from index.comparison.overlays import without_overlays
from index.comparison.refinement import FRAME_SIDE, Frame, Mover, warped
from index.hashing import Code, dhash128, pdq, template_share
from index.verdict import MIN_COVER, TIGHT_PDQ_BITS, WHOLE, Box
from index.windows import Similarity, Windows, seen_plane, stretched

WITHIN_EDGE: Final = 0.01  # share of the upload's sides; points at most this far outside count as covered

OVERLAID_UP_TO_BITS: Final = 80
"""PDQ distance up to which an overlay may explain the difference. An overlay is at most a quarter of the frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectified:
    """An upload in a reference's frame.

    Attributes:
        pdq: PDQ of the frame, without overlays that were removed.
        dhash: dHash-128 of the frame, likewise.
        quality: PDQ quality of the frame with stretched contrast, 0 to 100, so that a darkened copy loses nothing.
        flat_share: flat share of the frame with stretched contrast, 0 to 1; 1 for a graphic.
        pdq_bits: distance to the reference's PDQ; None if it has none.
        dhash_bits: distance to the reference's dHash-128; None if it has none.
        cover: share of the frame that lies inside the upload, 0 to 1.
        box: place of the reference in the upload, as the fit predicts it. It may reach beyond what the upload shows.
        frame: from the frame's pixels to those of the upload's plane, which a mirrored frame turns over.
    """

    pdq: Code
    dhash: Code
    quality: int
    flat_share: float
    pdq_bits: int | None
    dhash_bits: int | None
    cover: float
    box: Box
    frame: Frame = field(repr=False, compare=False)


def frame_map(similarity: Similarity, reference: Windows, upload: Windows, luma: Plane) -> Frame:
    """Return the map from the frame's pixels to the (mirrored) luma plane: float64 [3, 3], as an OpenCV inverse map."""
    rows, columns = luma.shape
    steps = np.array([reference.width / FRAME_SIDE, reference.height / FRAME_SIDE])
    along, across = similarity.turn, similarity.squash
    turn = np.array(
        [
            [along.real + across.real, across.imag - along.imag],
            [along.imag + across.imag, along.real - across.real],
        ]
    )
    sizes = np.array([columns / upload.width, rows / upload.height])[:, None]
    linear = turn * steps
    offset = turn @ (0.5 * steps - 0.5) + np.array([similarity.shift.real, similarity.shift.imag])
    affine = np.concatenate([linear * sizes, (offset[:, None] + 0.5) * sizes - 0.5], axis=1)
    return np.vstack([affine, [0, 0, 1]])


def rectify(
    luma: Plane,
    similarity: Similarity,
    upload: Windows,
    reference: Windows,
    *,
    pdq_held: Code | None,
    dhash_held: Code | None,
    is_thorough: bool = True,
) -> Rectified:
    """Compare an upload with a reference in the reference's frame.

    Args:
        luma: the upload's matching plane, uint8 [height, width].
        similarity: place of the reference in the upload's area plane.
        upload: the upload's windows.
        reference: the reference's windows.
        pdq_held: the reference's whole code, or None.
        dhash_held: its dHash-128, or None.
        is_thorough: if the codes are not near at once, also search the frame from farther away and remove overlays.
            This takes up to 60 ms of CPU time instead of 4 ms.
    """
    seen = seen_plane(luma, mirror=similarity.mirror)
    frame = frame_map(similarity, reference, upload, luma)
    if pdq_held is None:
        view = warped(seen, frame)
    else:
        frame, view = _nearest(seen, frame, pdq_held, is_thorough=is_thorough)
    clear = stretched(view)
    code, dhash = pdq(view), dhash128(view)
    upright = unmirrored(frame, luma) if similarity.mirror else frame
    return Rectified(
        pdq=code,
        dhash=dhash,
        quality=pdq(clear).quality or 0,
        flat_share=template_share(clear),
        pdq_bits=None if pdq_held is None else code.distance(pdq_held),
        dhash_bits=None if dhash_held is None else dhash.distance(dhash_held),
        cover=cover_of(frame, luma),
        box=place_of(WHOLE, upright, luma),
        frame=upright,
    )


def unmirrored(frame: Frame, luma: Plane) -> Frame:
    """Return the map to the plane itself, of a frame on its mirror image."""
    mirror: Frame = np.array([[-1, 0, luma.shape[1] - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    return mirror @ frame


def _nearest(seen: Plane, start: Frame, held: Code, *, is_thorough: bool) -> tuple[Frame, Plane]:
    """Return the frame in which the upload is nearest to the reference, and the upload warped to it."""
    mover = Mover(seen, start, held)
    frame = mover.nearest(start)
    view = warped(seen, frame)
    is_near = pdq(view).distance(held) <= TIGHT_PDQ_BITS
    if is_near or not is_thorough or cover_of(frame, seen) < MIN_COVER:
        return frame, view
    frame = min(frame, mover.nearest_widely(start), key=mover.bits)
    view = warped(seen, frame)
    if TIGHT_PDQ_BITS < pdq(view).distance(held) <= OVERLAID_UP_TO_BITS:
        view = without_overlays(view, held)
    return frame, view


def _applied(frame: Frame, points: F64) -> F64:
    """Map points, float64 [2, n], by a projective frame."""
    at = frame @ np.vstack([points, np.ones(points.shape[1])])
    mapped: F64 = at[:2] / at[2]
    return mapped


def cover_of(frame: Frame, luma: Plane) -> float:
    """Return the share of a frame that lies inside the upload, 0 to 1."""
    rows, columns = luma.shape
    line = np.arange(4, FRAME_SIDE, 8)
    x, y = np.meshgrid(line, line)
    at = _applied(frame, np.stack([x.ravel(), y.ravel()]).astype(np.float64))
    x, y = at[0] / columns, at[1] / rows
    inside = (x >= -WITHIN_EDGE) & (x <= 1 + WITHIN_EDGE) & (y >= -WITHIN_EDGE) & (y <= 1 + WITHIN_EDGE)
    return float(inside.mean())


def place_of(part: Box, frame: Frame, luma: Plane) -> Box:
    """Return where a part of a reference's frame lies in the upload, coarse. The frame maps to the plane itself."""
    rows, columns = luma.shape
    left, top, right, bottom = part.edges
    corners = FRAME_SIDE * np.array([[left, right, left, right], [top, top, bottom, bottom]], np.float64)
    x, y = _applied(frame, corners)
    x, y = x / columns, y / rows
    return Box.coarse(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
