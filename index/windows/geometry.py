"""Maps between a reference's area plane and an upload's: predicted from one window, and fitted to many.

Points are complex numbers x + iy. A similarity maps a reference's point z to `turn * z + shift` in the upload. What is
seen at an angle is also squashed: `squash * conj(z)` is added, which makes the map affine. If `mirror` is set, it maps
to the upload's mirror image, whose codes follow from the upload's histograms: nothing is described twice.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from index.arrays import C128, F32, F64, I64, U8, U64, Flags, Plane
from index.windows.choosing import mirrored
from index.windows.windows import Windows, points_of

AGREEING_BITS: Final = 64
"""Maximum code distance of two windows that show the same. Of unrelated windows, 2.5e-5 are at 56 bits or less."""

FIT_WITHIN: Final = (0.35, 0.2, 0.12)
"""Maximum distance of a window from its predicted place, in half sides, for each round of a fit."""

FIT_SCALE: Final = 0.25  # natural logarithm of the maximum ratio of a window's size to the predicted size
OVERHANG: Final = 0.25
"""Share of the half side. A predicted window that reaches farther over the upload's edge is not visible."""

MIN_VISIBLE_RADIUS: Final = 5.0  # pixels of the upload's area plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """The map from a reference's points to an upload's.

    Attributes:
        turn: Scale times exp(i angle).
        shift: In pixels of the upload's area plane.
        mirror: True if the upload is mirrored first.
        squash: Coefficient of the conjugate; 0 for a similarity proper.
    """

    turn: complex
    shift: complex
    mirror: bool
    squash: complex = 0j

    @classmethod
    def of_window(cls, upload: Windows, query_row: int, reference: Windows, row: int) -> Self:
        """Predict the similarity from one window of the reference that was found in the upload."""
        mirror = bool(reference.flipped[row] ^ upload.flipped[query_row])
        x, y, radius, angle = seen_places(upload, mirror=mirror)[query_row].tolist()
        held_x, held_y, held_radius, held_angle = reference.places[row].tolist()
        turn = radius / held_radius * np.exp(1j * (angle - held_angle))
        return cls(
            turn=complex(turn), shift=complex(x, y) - complex(turn) * complex(held_x, held_y), mirror=mirror
        )

    def of(self, points: C128) -> C128:
        """Map points of the reference, complex128 [n], to the (mirrored) upload."""
        mapped: C128 = self.turn * points + self.squash * np.conj(points) + self.shift
        return mapped

    def squashes(self, reference: Windows) -> C128 | None:
        """Return the squash of each of the reference's windows, as `AreaPlane.patches` takes it; None without any."""
        if not self.squash:
            return None
        squashes: C128 = (
            self.squash / abs(self.turn) * np.exp(-1j * reference.places[:, 3].astype(np.float64))
        )
        return squashes

    def places(self, reference: Windows) -> F32:
        """Predict the places of the reference's windows in the (mirrored) upload: float32 [n, 4]."""
        out = np.empty_like(reference.places)
        at = self.of(points_of(reference.places))
        out[:, 0], out[:, 1] = at.real, at.imag
        out[:, 2] = reference.places[:, 2] * abs(self.turn)
        out[:, 3] = reference.places[:, 3] + np.angle(self.turn)
        return out


def seen_places(upload: Windows, *, mirror: bool) -> F32:
    """Return the places of an upload's windows, or their places in its mirror image."""
    return mirrored(upload.places, upload.width) if mirror else upload.places


def seen_plane(luma: Plane, *, mirror: bool) -> Plane:
    """Return an upload's luma plane, or its mirror image."""
    return np.ascontiguousarray(luma[:, ::-1]) if mirror else luma


def visible(places: F32, width: int, height: int) -> Flags:
    """Return which places lie in a plane of that size and are large enough to be read: bool [n]."""
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
    """Return the pairs of windows that look the same: int64 [p, 2], row of the upload, row of the reference."""
    pairs: I64 = np.argwhere(code_distances(upload.codes, reference.codes) <= AGREEING_BITS)
    return pairs


def fitted(start: Similarity, upload: Windows, reference: Windows, pairs: I64) -> Similarity:
    """Fit a similarity, in three rounds, to the upload's windows whose places and codes agree with `start`.

    Args:
        start: The first guess.
        upload: Windows of the upload.
        reference: Windows of the reference.
        pairs: The result of `alike` for the two.

    Returns:
        The fit of the last round; `start` itself if fewer than two windows agree.
    """
    rows, columns = pairs[reference.flipped[pairs[:, 1]] ^ upload.flipped[pairs[:, 0]] == start.mirror].T
    if len(np.unique(columns)) < 2:  # noqa: PLR2004  two points define a similarity
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


def _least_squares(held: C128, at: C128, weights: F64, old: Similarity) -> Similarity:
    """Solve for the turn and shift that map `held` nearest to `at`. Return `old` if all points coincide."""
    weights = weights / weights.sum()
    held_mean, at_mean = (weights * held).sum(), (weights * at).sum()
    spread = (weights * np.abs(held - held_mean) ** 2).sum()
    if spread < 1:  # square pixels
        return old
    turn = complex((weights * (at - at_mean) * np.conj(held - held_mean)).sum() / spread)
    if not 0.5 < abs(turn) / abs(old.turn) < 2:  # noqa: PLR2004  the fit diverged
        return old
    return replace(old, turn=turn, shift=complex(at_mean) - turn * complex(held_mean))


def code_distances(left: U8, right: U8) -> I64:
    """Count the differing bits of codes uint8 [q, 32] and uint8 [n, 32]: int64 [q, n]."""
    # Comparing word by word makes long inner loops.
    asked, held = left.view(np.uint64).T.copy(), right.view(np.uint64).T.copy()
    counts: I64 = np.bitwise_count(asked[:, :, None] ^ held[:, None, :]).sum(axis=0, dtype=np.int64)
    return counts


def differing_bits(differing: U64) -> I64:
    """Count the set bits of codes of four words: uint64 [..., 4] to int64 [...], 0 to 256."""
    quarters = np.bitwise_count(differing).view(np.uint32)[..., 0]
    halves = (quarters & np.uint32(0x00FF00FF)) + (quarters >> np.uint32(8) & np.uint32(0x00FF00FF))
    counts: I64 = ((halves + (halves >> np.uint32(16))) & np.uint32(0xFFFF)).astype(np.int64)
    return counts
