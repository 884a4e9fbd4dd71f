"""Measure how strongly the pixels of an upload indicate that it shows a registered picture.

If the code of an upload's window is near the code of a reference's window, that pair is a *trigger*: it predicts the
places of the reference's other windows in the upload. For all triggered references of an upload:

1. The nearest triggers of each reference are taken, and each is fitted to the upload's other windows that agree with it
   (`geometry.fitted`). Triggers that lead to the same similarity are one guess.
2. The reference's other windows are described at the predicted places, in one batch for all guesses. If no other window
   agrees with a guess, only a few are described first; the others follow only if these support the guess.
3. The evidence is the sum of log(p r(d) + 1 - p) over all visible windows, a log-likelihood ratio in nats. r(d) is the
   ratio of two probabilities of the code distance d: between a picture and its re-upload, and between unrelated
   pictures (`RATIO_NATS`). p is the share of the picture that is still there. The value of p that gives the most
   evidence is used, so that the replaced part of an altered copy does not count against the rest. A window counts less,
   the more it overlaps the trigger's window.
4. The best guess of each reference is its result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from index.arrays import F32, F64, I64, Flags
from index.verdict import TIGHT_PDQ_BITS
from index.windows.choosing import mirrored
from index.windows.geometry import Similarity, alike, differing_bits, fitted, visible
from index.windows.patches import AreaPlane, histograms, turned_over_where
from index.windows.projection import load_projection
from index.windows.windows import Windows, apart

TRIGGER_BITS: Final = TIGHT_PDQ_BITS
"""Search radius of the index of anchored windows: the radius within which an index must find every code."""

SMALL_TRIGGER_BITS: Final = 24
"""Maximum distance at which a window of any size triggers. Above, only large windows do (`windows.LARGE_RADIUS`)."""

TRIGGERS_TRIED: Final = 6
SAME_GUESS: Final = 0.03  # share of the scale, and of the plane's side; closer guesses are the same

SAMPLED_WINDOWS: Final = 16
"""Windows described first if only the trigger supports a guess. They settle 99.5 % of the guesses about unrelated
pictures (19,800 references for 330 uploads of 108 kinds) and reject no guess of the 377 re-uploads that are found."""

SAMPLED_FROM_BITS: Final = 25
"""Nearer triggers are rare between unrelated pictures, so all windows are described at once."""

SHARES: Final = np.array([0.08, 0.2, 0.4, 0.7, 0.95])
"""Values of p: shares of a picture that may still be there."""

_RATIO_BITS: Final = (0, 24, 32, 40, 48, 56, 64, 80, 256)
_RATIO_NATS: Final = (7.0, 7.0, 5.0, 3.0, 1.5, 0.5, 0.0, -1.5, -5.0)
RATIO_NATS: Final = np.interp(np.arange(257), _RATIO_BITS, _RATIO_NATS)
"""log r(d). Between 24 and 64 bits it is somewhat below the measured values, because unrelated pictures of similar
composition lie there (portraits with the same framing, the same spectacles). It is capped, because windows overlap and
are not independent (docs/recall.md)."""

_TRIGGER_BITS: Final = (0, 16, 24, 31, 256)
_TRIGGER_NATS: Final = (10.0, 8.0, 4.0, 0.0, 0.0)
TRIGGER_NATS: Final = np.interp(np.arange(257), _TRIGGER_BITS, _TRIGGER_NATS)
"""Evidence of the trigger itself. Triggers between unrelated pictures are nearly all at 28 to 31 bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triggered:
    """A reference with at least one trigger.

    Attributes:
        windows: Windows of the reference.
        hits: int64 [h, 3]: row of the upload's window, row of the reference's window, distance in bits.
        stop_listed: bool [n]: windows of the reference on the stop list, which count for nothing; or None.
    """

    windows: Windows
    hits: I64 = field(repr=False)
    stop_listed: Flags | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowLikelihood:
    """The evidence of an upload's windows for one reference.

    Attributes:
        nats: Log-likelihood ratio, in nats (step 3).
        trigger_bits: Code distance of the trigger.
        similarity: The map from the reference to the upload.
        rows: int64 [v], rows of the reference's windows that are visible in the upload.
        distances: int64 [v], code distance of each to the upload at the predicted place, in bits.
        weights: float64 [v], weight of each window, 0 to 1.
    """

    nats: float
    trigger_bits: int
    similarity: Similarity
    rows: I64 = field(repr=False)
    distances: I64 = field(repr=False)
    weights: F64 = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Guess:
    """A guess at the place of a reference in the upload.

    Attributes:
        owner: Number of the reference.
        similarity: The fitted similarity.
        is_alone: True if no window but the trigger supports the guess.
        trigger_row: Row of the reference's window in the trigger.
        trigger_bits: Code distance of the trigger.
        rows: Rows of the reference's other visible windows.
        places: Predicted places of these windows.
    """

    owner: int
    similarity: Similarity
    is_alone: bool
    trigger_row: int
    trigger_bits: int
    rows: I64
    places: F32

    @property
    def is_sampled(self) -> bool:
        """True if only a few windows are described first."""
        return self.is_alone and self.trigger_bits >= SAMPLED_FROM_BITS and len(self.rows) > SAMPLED_WINDOWS

    def sampled(self) -> Self:
        """Return the guess with a few windows of all ranks."""
        some = np.linspace(0, len(self.rows) - 1, SAMPLED_WINDOWS).astype(np.int64)
        return replace(self, rows=self.rows[some], places=self.places[some])


def weigh_windows(area: AreaPlane, upload: Windows, triggered: Sequence[Triggered]) -> list[WindowLikelihood]:
    """Return the evidence of one upload for each of the triggered references, in their order. Each has a hit."""
    guesses = [guess for owner, one in enumerate(triggered) for guess in _guesses(owner, one, upload)]  # 1.
    first = [guess.sampled() if guess.is_sampled else guess for guess in guesses]
    weighed = _weighed(area, upload, triggered, first)  # 2. and 3.
    rows = [row for row, guess in enumerate(guesses) if guess.is_sampled and _is_supported(weighed[row])]
    again = _weighed(area, upload, triggered, [guesses[row] for row in rows])
    for row, evidence in zip(rows, again, strict=True):
        weighed[row] = evidence
    best: dict[int, WindowLikelihood] = {}
    for guess, evidence in zip(guesses, weighed, strict=True):
        held = best.get(guess.owner)
        if held is None or evidence.nats > held.nats:  # 4.
            best[guess.owner] = evidence
    return [best[owner] for owner in range(len(triggered))]


def nats_of(distances: I64, weights: F64) -> float:
    """Return the evidence of windows at these distances, in nats (step 3)."""
    if not len(distances):
        return 0.0
    ratios = np.exp(RATIO_NATS[distances])
    sums = (np.log(SHARES[:, None] * ratios + (1 - SHARES[:, None])) * weights).sum(axis=1)
    return float(sums.max())


def _guesses(owner: int, one: Triggered, upload: Windows) -> list[_Guess]:
    order = np.argsort(one.hits[:, 2], kind="stable")[:TRIGGERS_TRIED]
    pairs = alike(upload, one.windows)
    middle = complex(one.windows.width, one.windows.height) / 2
    made: list[_Guess] = []
    for query_row, row, bits in one.hits[order].tolist():
        start = Similarity.of_window(upload, query_row, one.windows, row)
        similarity = fitted(start, upload, one.windows, pairs)
        if any(_same(similarity, other.similarity, middle, upload.scale) for other in made):
            continue
        places = similarity.places(one.windows)
        seen = visible(places, upload.width, upload.height)
        seen[row] = False
        rows = np.flatnonzero(seen)
        made.append(
            _Guess(
                owner=owner,
                similarity=similarity,
                is_alone=similarity is start,
                trigger_row=row,
                trigger_bits=bits,
                rows=rows,
                places=places[rows],
            )
        )
    return made


def _same(one: Similarity, other: Similarity, middle: complex, scale: float) -> bool:
    """Return True if two guesses agree about the centre and the size of the reference."""
    if one.mirror != other.mirror or abs(one.turn - other.turn) > SAME_GUESS * abs(other.turn):
        return False
    apart = one.turn * middle + one.shift - other.turn * middle - other.shift
    return abs(apart) < SAME_GUESS * scale * min(1.0, abs(other.turn))


def _weighed(
    area: AreaPlane, upload: Windows, triggered: Sequence[Triggered], guesses: list[_Guess]
) -> list[WindowLikelihood]:
    distances = _distances(area, upload, triggered, guesses)
    return [
        _evidence(guess, found, triggered[guess.owner])
        for guess, found in zip(guesses, distances, strict=True)
    ]


def _is_supported(sampled: WindowLikelihood) -> bool:
    """Return True if other windows than the trigger support a guess; 1 in 2,000 between unrelated pictures."""
    return sampled.nats > float(TRIGGER_NATS[sampled.trigger_bits])


def _distances(
    area: AreaPlane, upload: Windows, triggered: Sequence[Triggered], guesses: list[_Guess]
) -> list[I64]:
    """Describe the windows of all guesses in one batch, and compare them with the references' codes."""
    if not any(len(guess.rows) for guess in guesses):
        return [guess.rows for guess in guesses]
    places, flipped, codes = [], [], []
    for guess in guesses:
        windows = triggered[guess.owner].windows
        mirror = guess.similarity.mirror
        places.append(mirrored(guess.places, upload.width) if mirror else guess.places)
        flipped.append(windows.flipped[guess.rows] ^ mirror)
        codes.append(windows.codes[guess.rows])
    found = histograms(area.patches(np.concatenate(places)))
    seen = load_projection().codes(turned_over_where(found, np.concatenate(flipped)))
    differing = differing_bits(seen.view(np.uint64) ^ np.concatenate(codes).view(np.uint64))
    ends = np.cumsum([len(guess.rows) for guess in guesses])
    return np.split(differing, ends[:-1])


def _evidence(guess: _Guess, distances: I64, one: Triggered) -> WindowLikelihood:
    weights = _newness(one.windows, guess.rows, guess.trigger_row)
    if one.stop_listed is not None:
        weights = np.where(one.stop_listed[guess.rows], 0.0, weights)
    return WindowLikelihood(
        nats=nats_of(distances, weights) + float(TRIGGER_NATS[guess.trigger_bits]),
        trigger_bits=guess.trigger_bits,
        similarity=guess.similarity,
        rows=guess.rows,
        distances=distances,
        weights=weights,
    )


def _newness(windows: Windows, rows: I64, trigger_row: int) -> F64:
    """Return the share of each window that the trigger's window does not show: float64 [v], 0 to 1."""
    newness: F64 = np.minimum(1.0, apart(windows.places[rows], windows.places[[trigger_row]])[:, 0])
    return newness
