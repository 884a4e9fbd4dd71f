"""The upload seen in a reference's frame: its whole codes there, how much of the frame it covers, and where it lies.

A fitted similarity warps the upload's luma plane to a square that stands for the reference's whole picture, as PDQ
squashes every picture. The whole codes of that square are compared with the reference's, so that a captioned, framed,
tilted or pasted copy can be as tight a match as a plain one. Where the fit is a little off, small moves of the frame
that bring the codes nearer are followed (`moving`); where something was drawn over the copy, it is left out
(`overlays`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import F64, Plane
from index.comparison.overlays import without_overlays
from index.comparison.refinement import FRAME_SIDE, Frame, Mover, warped
from index.hashing import Code, dhash128, flat_share, pdq
from index.verdict import MIN_COVER, TIGHT_PDQ_BITS, Box
from index.windows import Similarity, Windows, seen_plane, stretched

WITHIN_EDGE: Final = 0.01  # of the upload's sides: what lies no farther outside counts as covered

OVERLAID_UP_TO_BITS: Final = 80
"""PDQ distance up to which an overlay may be what differs: it is a quarter of the frame at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectified:
    """An upload in a reference's frame.

    Attributes:
        pdq: whole code of the frame, without what was drawn over the copy where that was left out.
        dhash: dHash-128 of it.
        quality: PDQ quality of the frame with its contrast stretched, 0 to 100: a darkened copy shows as much.
        flat_share: of the same, 0 to 1.
        pdq_bits: distance to the reference's PDQ; None where it has none.
        dhash_bits: distance to the reference's dHash-128; None where it has none.
        cover: share of the frame that lies inside the upload, 0 to 1.
        box: where the reference lies in the upload.
    """

    pdq: Code
    dhash: Code
    quality: int
    flat_share: float
    pdq_bits: int | None
    dhash_bits: int | None
    cover: float
    box: Box


def frame_map(similarity: Similarity, reference: Windows, upload: Windows, luma: Plane) -> Frame:
    """Maps the frame's pixels to the (mirrored) luma plane: float64 [3, 3], as OpenCV's inverse maps."""
    rows, columns = luma.shape
    steps = np.array([reference.width / FRAME_SIDE, reference.height / FRAME_SIDE])
    turn = np.array(
        [[similarity.turn.real, -similarity.turn.imag], [similarity.turn.imag, similarity.turn.real]]
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
    """Compares an upload with a reference in the reference's frame.

    Args:
        luma: the upload's matching plane, uint8 [height, width].
        similarity: where the reference lies in the upload's area plane.
        upload: the upload's windows.
        reference: the reference's windows.
        pdq_held: the reference's whole code, or None.
        dhash_held: its dHash-128, or None.
        is_thorough: whether, where the codes are not near at once, the frame is sought from farther away and what was
            drawn over the copy is left out: up to 60 ms of CPU instead of 4.
    """
    seen = seen_plane(luma, mirror=similarity.mirror)
    frame = frame_map(similarity, reference, upload, luma)
    if pdq_held is None:
        view = warped(seen, frame)
    else:
        frame, view = _nearest(seen, frame, pdq_held, is_thorough=is_thorough)
    clear = stretched(view)
    code, dhash = pdq(view), dhash128(view)
    return Rectified(
        pdq=code,
        dhash=dhash,
        quality=pdq(clear).quality or 0,
        flat_share=flat_share(clear),
        pdq_bits=None if pdq_held is None else code.distance(pdq_held),
        dhash_bits=None if dhash_held is None else dhash.distance(dhash_held),
        cover=_cover(frame, luma),
        box=_box(frame, luma, mirror=similarity.mirror),
    )


def _nearest(seen: Plane, start: Frame, held: Code, *, is_thorough: bool) -> tuple[Frame, Plane]:
    """Finds the frame in which the upload is nearest to the reference, and sees it there."""
    mover = Mover(seen, start, held)
    frame = mover.nearest(start)
    view = warped(seen, frame)
    is_near = pdq(view).distance(held) <= TIGHT_PDQ_BITS
    if is_near or not is_thorough or _cover(frame, seen) < MIN_COVER:
        return frame, view
    frame = min(frame, mover.nearest_widely(start), key=mover.bits)
    view = warped(seen, frame)
    if TIGHT_PDQ_BITS < pdq(view).distance(held) <= OVERLAID_UP_TO_BITS:
        view = without_overlays(view, held)
    return frame, view


def _applied(frame: Frame, points: F64) -> F64:
    """Maps points, float64 [2, n], by a projective frame."""
    at = frame @ np.vstack([points, np.ones(points.shape[1])])
    mapped: F64 = at[:2] / at[2]
    return mapped


def _cover(frame: Frame, luma: Plane) -> float:
    rows, columns = luma.shape
    line = np.arange(4, FRAME_SIDE, 8)
    x, y = np.meshgrid(line, line)
    at = _applied(frame, np.stack([x.ravel(), y.ravel()]).astype(np.float64))
    x, y = at[0] / columns, at[1] / rows
    inside = (x >= -WITHIN_EDGE) & (x <= 1 + WITHIN_EDGE) & (y >= -WITHIN_EDGE) & (y <= 1 + WITHIN_EDGE)
    return float(inside.mean())


def _box(frame: Frame, luma: Plane, *, mirror: bool) -> Box:
    rows, columns = luma.shape
    corners = np.array([[0, FRAME_SIDE, 0, FRAME_SIDE], [0, 0, FRAME_SIDE, FRAME_SIDE]], np.float64)
    x, y = _applied(frame, corners)
    x, y = x / columns, y / rows
    if mirror:
        x = 1 - x
    return Box.coarse(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
