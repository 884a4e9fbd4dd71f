"""Refine the map from a reference to an upload by small shifts of each window: from a similarity to an affine map.

A map that was predicted by one window, or fitted to few, is off by some degrees and some percent, and an upload seen at
an angle is not similar to the reference at all. The reference's other windows are then looked at beside their true
places, and their codes differ. Procedure, twice, with smaller shifts the second time:

1. Each window is looked at, at nine places: the predicted one, and eight shifted by a share of its half side.
2. Windows that agree somewhere vote for the map with the best of their places. A weighted least-squares fit gives an
   affine map; few votes are drawn towards a similarity.
3. The new map replaces the old one if the evidence at the places that it predicts is greater. Shifts never count as
   evidence themselves, so unrelated pictures gain little: the nine tries cost them the places of their other windows.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from index.arrays import C128, F64, I64
from index.windows.geometry import Similarity, visible
from index.windows.looking import Look, look_at_windows
from index.windows.patches import AreaPlane
from index.windows.windows import Windows, points_of

REACHES: Final = (0.4, 0.2)  # shifts, in half sides
VOTING_BITS: Final = 76  # code distance up to which a window votes; unrelated windows have about 128
MIN_VOTES: Final = 2
MIN_AFFINE_VOTES: Final = 4
MAX_SQUASH: Final = 0.45  # of the turn; pictures seen at 60 degrees have a third
RIDGE: Final = 0.15  # weight that draws the squash towards 0

Weigh = Callable[[I64, I64], float]
"""Return the evidence of rows of the reference at code distances."""


def refined(
    area: AreaPlane,
    upload: Windows,
    reference: Windows,
    start: Similarity,
    weigh: Weigh,
    *,
    reaches: tuple[float, ...] = REACHES,
) -> tuple[Similarity, I64, I64]:
    """Return the refined map, the rows visible under it, and their code distances.

    Args:
        area: area plane of the upload.
        upload: windows of the upload, for the size of its area plane.
        reference: windows of the reference.
        start: the first guess.
        weigh: evidence of visible rows.
        reaches: shifts of each round, in half sides.
    """
    best = start
    rows, distances = _seen(area, upload, reference, best)
    nats = weigh(rows, distances)
    for reach in reaches:
        tried = _voted(area, upload, reference, best, reach)
        if tried is None:
            break
        new_rows, new_distances = _seen(area, upload, reference, tried)
        new_nats = weigh(new_rows, new_distances)
        if new_nats > nats:
            best, rows, distances, nats = tried, new_rows, new_distances, new_nats
    return best, rows, distances


def _seen(area: AreaPlane, upload: Windows, reference: Windows, by: Similarity) -> tuple[I64, I64]:
    places = by.places(reference)
    rows = np.flatnonzero(visible(places, upload.width, upload.height))
    (distances,) = look_at_windows(
        area, upload.width, [Look(reference=reference, rows=rows, places=places[rows], seen_by=by)]
    )
    return rows, distances


def _voted(
    area: AreaPlane, upload: Windows, reference: Windows, by: Similarity, reach: float
) -> Similarity | None:
    """Return the map that the windows vote for (1 and 2); None with too few votes."""
    places = by.places(reference)
    rows = np.flatnonzero(visible(places, upload.width, upload.height))
    looks = []
    for shift in _SHIFTS:
        moved = places[rows].copy()
        moved[:, 0] += np.float32(shift.real * reach) * moved[:, 2]
        moved[:, 1] += np.float32(shift.imag * reach) * moved[:, 2]
        looks.append(Look(reference=reference, rows=rows, places=moved, seen_by=by))
    distances = np.stack(look_at_windows(area, upload.width, looks))
    chosen = distances.argmin(axis=0)
    bits = distances[chosen, np.arange(len(rows))]
    votes = np.flatnonzero(bits <= VOTING_BITS)
    if len(votes) < MIN_VOTES:
        return None
    at = np.stack([points_of(look.places) for look in looks])[chosen[votes], votes]
    radius = reference.places[rows[votes], 2].astype(np.float64)
    weights = (VOTING_BITS + 8.0 - bits[votes]) / radius
    return _fitted(points_of(reference.places)[rows[votes]], at, weights, by)


def _fitted(held: C128, at: C128, weights: F64, old: Similarity) -> Similarity | None:
    """Fit `at` = turn * held + squash * conj(held) + shift, a similarity with few votes; None if the fit is wild."""
    weights = weights / weights.sum()
    held_mean, at_mean = (weights * held).sum(), (weights * at).sum()
    x, y = held - held_mean, at - at_mean
    spread = float((weights * np.abs(x) ** 2).sum())
    if spread < 1:  # square pixels
        return None
    cross = complex((weights * x**2).sum())
    along, against = complex((weights * y * np.conj(x)).sum()), complex((weights * y * x).sum())
    # Normal equations of turn and squash. The ridge draws the squash towards 0.
    drawn = spread * (1 + RIDGE)
    determinant = spread * drawn - abs(cross) ** 2
    turn = (along * drawn - against * cross.conjugate()) / determinant
    squash = (against * spread - along * cross) / determinant
    if len(held) < MIN_AFFINE_VOTES:
        turn, squash = along / spread, 0j
    if not 0.5 < abs(turn) / abs(old.turn) < 2 or abs(squash) > MAX_SQUASH * abs(turn):  # noqa: PLR2004  wild
        return None
    shift = complex(at_mean) - turn * complex(held_mean) - squash * complex(held_mean).conjugate()
    return replace(old, turn=turn, squash=squash, shift=shift)


_SHIFTS: Final = tuple(complex(x, y) for y in (0, -1, 1) for x in (0, -1, 1))
