"""Similarities between a reference's area plane and an upload's: predicted from one window, fitted to many, applied.

Points are complex numbers x + iy. A similarity maps a reference's point z to `turn * z + shift` in the upload, or in
the mirrored upload: a mirrored upload is matched by looking at its mirror image (`mirror`), whose codes are the
turned-over ones, so nothing is described twice.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from index.arrays import F32, I64, Flags, Plane
from index.windows.choosing import mirrored
from index.windows.windows import Points, Windows, points_of

AGREEING_BITS: Final = 64
"""Code distance up to which two windows at the same place show the same: 2.5e-5 of unrelated ones are at <= 56."""

FIT_WITHIN: Final = (0.35, 0.2, 0.12)
"""How far from its predicted place, in half sides, a window may lie to count in each round of a fit."""

FIT_SCALE: Final = 0.25  # natural logarithm of the ratio of sizes that a fit's windows may differ by
OVERHANG: Final = 0.25
"""Of the half side: a predicted window that reaches farther over the upload's edge is not visible."""

MIN_VISIBLE_RADIUS: Final = 5.0  # pixels of the upload's area plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """Where a reference's points lie in an upload.

    Attributes:
        turn: scale times exp(i angle).
        shift: pixels of the upload's area plane.
        mirror: whether the upload is to be mirrored first.
    """

    turn: complex
    shift: complex
    mirror: bool

    @classmethod
    def of_window(cls, upload: Windows, query_row: int, reference: Windows, row: int) -> Self:
        """Predicts from one window of the reference that was met in the upload."""
        mirror = bool(reference.flipped[row] ^ upload.flipped[query_row])
        x, y, radius, angle = seen_places(upload, mirror=mirror)[query_row].tolist()
        held_x, held_y, held_radius, held_angle = reference.places[row].tolist()
        turn = radius / held_radius * np.exp(1j * (angle - held_angle))
        return cls(
            turn=complex(turn), shift=complex(x, y) - complex(turn) * complex(held_x, held_y), mirror=mirror
        )

    def places(self, reference: Windows) -> F32:
        """Predicts the reference's windows in the (mirrored) upload: float32 [n, 4]."""
        out = np.empty_like(reference.places)
        at = self.turn * points_of(reference.places) + self.shift
        out[:, 0], out[:, 1] = at.real, at.imag
        out[:, 2] = reference.places[:, 2] * abs(self.turn)
        out[:, 3] = reference.places[:, 3] + np.angle(self.turn)
        return out


def seen_places(upload: Windows, *, mirror: bool) -> F32:
    """Gives an upload's own places, as they lie in its mirror image where that is asked for."""
    return mirrored(upload.places, upload.width) if mirror else upload.places


def seen_plane(luma: Plane, *, mirror: bool) -> Plane:
    """Gives an upload's luma plane, or its mirror image where that is asked for."""
    return np.ascontiguousarray(luma[:, ::-1]) if mirror else luma


def visible(places: F32, width: int, height: int) -> Flags:
    """Tells which places lie in a plane of that size and are large enough to be read: bool [n]."""
    margin = places[:, 2] * (1 - OVERHANG)
    flags: Flags = (
        (places[:, 2] >= MIN_VISIBLE_RADIUS)
        & (places[:, 0] > margin)
        & (places[:, 0] < width - margin)
        & (places[:, 1] > margin)
        & (places[:, 1] < height - margin)
    )
    return flags


def alike(upload: Windows, reference: Windows) -> I64:
    """Pairs the windows that look the same: int64 [p, 2], rows of the upload's and of the reference's."""
    pairs: I64 = np.argwhere(code_distances(upload.codes, reference.codes) <= AGREEING_BITS)
    return pairs


def fitted(start: Similarity, upload: Windows, reference: Windows, pairs: I64) -> Similarity:
    """Fits a similarity to the upload's own windows that lie and look as `start` predicts, in three rounds.

    Args:
        start: the first guess.
        upload: the upload's windows.
        reference: the reference's windows.
        pairs: `alike` of the two.

    Returns:
        The last round's fit; `start` itself where fewer than two windows agree.
    """
    rows, columns = pairs[reference.flipped[pairs[:, 1]] ^ upload.flipped[pairs[:, 0]] == start.mirror].T
    if len(np.unique(columns)) < 2:  # noqa: PLR2004  two points make a similarity
        return start
    own = seen_places(upload, mirror=start.mirror)
    at, held = points_of(own), points_of(reference.places)
    sizes = own[rows, 2] / reference.places[columns, 2]
    found = start
    for within in FIT_WITHIN:
        scale = abs(found.turn)
        off = np.abs(at[rows] - (found.turn * held[columns] + found.shift)) / (
            scale * reference.places[columns, 2]
        )
        near = (off < within) & (np.abs(np.log(sizes / scale)) < FIT_SCALE)
        if len(np.unique(columns[near])) < 2:  # noqa: PLR2004
            break
        weights = 1 / (0.3 + off[near]) / reference.places[columns[near], 2]
        found = _least_squares(held[columns[near]], at[rows[near]], weights, found)
    return found


def _least_squares(held: Points, at: Points, weights: npt.NDArray[np.float64], old: Similarity) -> Similarity:
    """Solves for turn and shift that bring `held` nearest to `at`; keeps `old` where all points are one."""
    weights = weights / weights.sum()
    held_mean, at_mean = (weights * held).sum(), (weights * at).sum()
    spread = (weights * np.abs(held - held_mean) ** 2).sum()
    if spread < 1:  # square pixels
        return old
    turn = complex((weights * (at - at_mean) * np.conj(held - held_mean)).sum() / spread)
    if not 0.5 < abs(turn) / abs(old.turn) < 2:  # noqa: PLR2004  a fit that runs away is none
        return old
    return replace(old, turn=turn, shift=complex(at_mean) - turn * complex(held_mean))


def code_distances(left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8]) -> I64:
    """Counts differing bits between codes uint8 [q, 32] and uint8 [n, 32]: int64 [q, n]."""
    # Word by word: long inner loops.
    asked, held = left.view(np.uint64).T.copy(), right.view(np.uint64).T.copy()
    counts: I64 = np.bitwise_count(asked[:, :, None] ^ held[:, None, :]).sum(axis=0, dtype=np.int64)
    return counts


def differing_bits(differing: npt.NDArray[np.uint64]) -> I64:
    """Counts the bits of codes that lie as four words: uint64 [..., 4] to int64 [...], 0 to 256."""
    quarters = np.bitwise_count(differing).view(np.uint32)[..., 0]
    halves = (quarters & np.uint32(0x00FF00FF)) + (quarters >> np.uint32(8) & np.uint32(0x00FF00FF))
    counts: I64 = ((halves + (halves >> np.uint32(16))) & np.uint32(0xFFFF)).astype(np.int64)
    return counts
