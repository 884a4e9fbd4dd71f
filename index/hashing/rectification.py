"""The upload seen in a reference's frame: its whole codes there, how much of the frame it covers, and where it lies.

A fitted similarity warps the upload's luma plane to a square that stands for the reference's whole picture, as PDQ
squashes every picture. The whole codes of that square are compared with the reference's, so that a captioned, framed,
tilted or pasted copy can be as tight a match as a plain one. Where the fit is a little off, small moves of the frame
that bring the codes nearer are followed.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from index.boxes import Box
from index.hashing.codes import Code
from index.hashing.geometry import Similarity
from index.hashing.images import dhash128
from index.hashing.patches import F32, Plane, stretched
from index.hashing.whole import SAMPLES, flat_share, pdq, pdq_distance
from index.hashing.windows import Windows

FRAME_SIDE: Final = 256  # pixels of the rectified square
MOVES: Final = (0.04, 0.02, 0.01, 0.005, 0.0025)  # steps of the search, of the frame's side
# Pixels of the frame: the deviation of PDQ's two box filters of two pixels, and of resampling.
PDQ_BLUR: Final = 0.82
# Pixels of the frame: two boxes that lean to the right by half a pixel each, from the centre.
PDQ_OFFSET: Final = 3.0
LEAST_BLUR: Final = 0.3  # pixels of the luma plane
WITHIN_EDGE: Final = 0.01  # of the upload's sides: what lies no farther outside counts as covered
MOVED_FROM_BITS: Final = 6  # a distance below needs no search
MOVED_UP_TO_BITS: Final = 76  # above, no small move helps: unrelated frames lie at 128
ROUNDS: Final = 5

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectified:
    """An upload in a reference's frame.

    Attributes:
        pdq: whole code of the frame.
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


def frame_map(similarity: Similarity, reference: Windows, upload: Windows, luma: Plane) -> F64:
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
) -> Rectified:
    """Compares an upload with a reference in the reference's frame.

    Args:
        luma: the upload's matching plane, uint8 [height, width].
        similarity: where the reference lies in the upload's area plane.
        upload: the upload's windows.
        reference: the reference's windows.
        pdq_held: the reference's whole code, or None.
        dhash_held: its dHash-128, or None.
    """
    seen = np.ascontiguousarray(luma[:, ::-1]) if similarity.mirror else luma
    frame = frame_map(similarity, reference, upload, luma)
    if pdq_held is not None:
        frame = _moved(seen, frame, pdq_held)
    view = _warped(seen, frame)
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


def _warped(luma: Plane, frame: F64) -> Plane:
    view = cv2.warpPerspective(
        luma,
        frame,
        (FRAME_SIDE, FRAME_SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(view, np.uint8)


def _moved(luma: Plane, frame: F64, held: Code) -> F64:
    """Follows small moves, turns, stretches, shears and tilts of the frame as long as they bring its PDQ nearer.

    The frame is float64 [3, 3], a projective map: a photograph of a screen is seldom taken from straight before it.

    PDQ is a low pass, 64 x 64 samples and a transform: the low pass is done once, so that a move costs 4,096 pixels.
    """
    spread = max(PDQ_BLUR * float(np.sqrt(abs(np.linalg.det(frame[:2, :2])))), LEAST_BLUR)
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), spread)

    def bits_of(one: F64) -> int:
        return pdq_distance(_samples(smooth, one), held)

    bits = bits_of(frame)
    if not MOVED_FROM_BITS <= bits <= MOVED_UP_TO_BITS:
        return frame
    for step in MOVES:
        for _ in range(ROUNDS):
            tried = [frame @ move for move in _small_moves(step)]
            found = [bits_of(one) for one in tried]
            nearest = int(np.argmin(found))
            if found[nearest] >= bits:
                break
            frame, bits = tried[nearest], found[nearest]
    return frame


def _samples(smooth: cv2.typing.MatLike, frame: F64) -> F32:
    """Reads the frame's 64 x 64 samples where PDQ takes them: of each block of 4 x 4 pixels about the last but one."""
    step = FRAME_SIDE / SAMPLES
    coarse = np.array([[step, 0, PDQ_OFFSET], [0, step, PDQ_OFFSET], [0, 0, 1]])
    read = cv2.warpPerspective(
        smooth,
        frame @ coarse,
        (SAMPLES, SAMPLES),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(read, np.float32)


@lru_cache(maxsize=len(MOVES))
def _small_moves(step: float) -> tuple[F64, ...]:
    """Moves of the frame about its centre: float64 [3, 3] each."""
    half = FRAME_SIDE / 2
    centre, back = _shift(half, half), _shift(-half, -half)
    moves = []
    for sign in (-step, step):
        for linear in (
            [[1 + sign, 0], [0, 1]],
            [[1, 0], [0, 1 + sign]],
            [[1, -sign], [sign, 1]],
            [[1, sign], [sign, 1]],
        ):
            move = np.eye(3)
            move[:2, :2] = np.array(linear)
            moves.append(centre @ move @ back)
        moves += [_shift(sign * FRAME_SIDE, 0), _shift(0, sign * FRAME_SIDE)]
        for tilt in ([sign, 0], [0, sign]):
            away = np.eye(3)
            away[2, :2] = np.array(tilt) / half
            moves.append(centre @ away @ back)
    return tuple(moves)


def _shift(x: float, y: float) -> F64:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def _applied(frame: F64, points: F64) -> F64:
    """Maps points, float64 [2, n], by a projective frame."""
    at = frame @ np.vstack([points, np.ones(points.shape[1])])
    mapped: F64 = at[:2] / at[2]
    return mapped


def _cover(frame: F64, luma: Plane) -> float:
    rows, columns = luma.shape
    line = np.arange(4, FRAME_SIDE, 8)
    x, y = np.meshgrid(line, line)
    at = _applied(frame, np.stack([x.ravel(), y.ravel()]).astype(np.float64))
    x, y = at[0] / columns, at[1] / rows
    inside = (x >= -WITHIN_EDGE) & (x <= 1 + WITHIN_EDGE) & (y >= -WITHIN_EDGE) & (y <= 1 + WITHIN_EDGE)
    return float(inside.mean())


def _box(frame: F64, luma: Plane, *, mirror: bool) -> Box:
    rows, columns = luma.shape
    corners = np.array([[0, FRAME_SIDE, 0, FRAME_SIDE], [0, 0, FRAME_SIDE, FRAME_SIDE]], np.float64)
    x, y = _applied(frame, corners)
    x, y = x / columns, y / rows
    if mirror:
        x = 1 - x
    return Box.coarse(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
