"""Refine a frame by small moves that lower the PDQ distance between the upload in it and a registered picture.

The frame is float64 [3, 3], a projective map from its pixels to the upload's luma plane. It is moved, turned,
stretched, sheared and tilted, because a photograph of a screen is seldom taken from straight in front.

PDQ consists of a low pass, 64 x 64 samples and a transform. The low pass is done once, so that a move costs 4,096
pixels.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from index.arrays import F32, Plane
from index.hashing import SAMPLES, Code, centred_coefficients, pdq_distance, signs_of

FRAME_SIDE: Final = 256  # pixels of a frame
MOVES: Final = (0.04, 0.02, 0.01, 0.005, 0.0025)  # steps of the search, as shares of the frame's side
ROUNDS: Final = 5  # maximum number of moves of one size
MOVED_FROM_BITS: Final = 6  # a smaller distance needs no search
MOVED_UP_TO_BITS: Final = 76  # beyond it small moves do not help; unrelated frames are at 128

WIDE_MOVES: Final = (0.08, *MOVES)
WIDE_ROUNDS: Final = 8
WIDE_UP_TO_BITS: Final = 100

# Standard deviation of PDQ's two box filters of two pixels and of resampling, in pixels of the frame.
PDQ_BLUR: Final = 0.82
# Offset of the samples, in pixels of the frame: each of the two box filters shifts by half a pixel to the right.
PDQ_OFFSET: Final = 3.0
MIN_BLUR: Final = 0.3  # pixels of the luma plane

Frame = npt.NDArray[np.float64]


def warped(luma: Plane, frame: Frame) -> Plane:
    """Return the luma plane warped to a frame, uint8 [256, 256]. Areas outside the plane repeat its edge."""
    view = cv2.warpPerspective(
        luma,
        frame,
        (FRAME_SIDE, FRAME_SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(view, np.uint8)


class Mover:
    """Refinement of frames on one luma plane towards one PDQ. For one thread.

    Args:
        luma: uint8 [height, width].
        start: a frame of about the same size as those to be moved.
        held: the registered PDQ.
    """

    def __init__(self, luma: Plane, start: Frame, held: Code) -> None:
        spread = max(PDQ_BLUR * float(np.sqrt(abs(np.linalg.det(start[:2, :2])))), MIN_BLUR)
        self._smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), spread)
        self._held = held
        self._signs = signs_of(held)

    def bits(self, frame: Frame) -> int:
        """Return the PDQ distance of the plane in a frame, in bits."""
        return pdq_distance(self._samples(frame), self._held)

    def nearest(self, frame: Frame) -> Frame:
        """Return a frame after small moves that lower the distance. Near and far frames are returned unchanged."""
        if not MOVED_FROM_BITS <= self.bits(frame) <= MOVED_UP_TO_BITS:
            return frame
        return _followed(frame, lambda one: -self.bits(one), MOVES, ROUNDS)

    def nearest_widely(self, frame: Frame) -> Frame:
        """Return the same as `nearest`, from farther away, at four times the cost.

        A distance in whole bits has plateaus on which a search stops. The search therefore first maximises the share of
        the transform that has the registered signs, with less weight for coefficients near 0.
        """
        if self.bits(frame) > WIDE_UP_TO_BITS:
            return frame
        return self.nearest(_followed(frame, self._agreement, WIDE_MOVES, WIDE_ROUNDS))

    def _agreement(self, frame: Frame) -> float:
        coefficients = centred_coefficients(self._samples(frame))
        usual = float(np.median(np.abs(coefficients)))
        return float(self._signs @ np.tanh(coefficients / max(usual, 1e-6)))

    def _samples(self, frame: Frame) -> F32:
        """Return 64 x 64 samples at PDQ's positions: in each block of 4 x 4 pixels about the last but one pixel."""
        step = FRAME_SIDE / SAMPLES
        coarse = np.array([[step, 0, PDQ_OFFSET], [0, step, PDQ_OFFSET], [0, 0, 1]])
        read = cv2.warpPerspective(
            self._smooth,
            frame @ coarse,
            (SAMPLES, SAMPLES),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(read, np.float32)


def _followed(frame: Frame, score: Callable[[Frame], float], steps: tuple[float, ...], rounds: int) -> Frame:
    """Apply the best move of one size repeatedly while the score rises, then do the same with smaller moves."""
    best = score(frame)
    for step in steps:
        for _ in range(rounds):
            tried = [frame @ move for move in _small_moves(step)]
            scores = [score(one) for one in tried]
            highest = int(np.argmax(scores))
            if scores[highest] <= best:
                break
            frame, best = tried[highest], scores[highest]
    return frame


@lru_cache(maxsize=len(WIDE_MOVES))
def _small_moves(step: float) -> tuple[Frame, ...]:
    """Return moves of the frame about its centre, float64 [3, 3] each."""
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


def _shift(x: float, y: float) -> Frame:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
