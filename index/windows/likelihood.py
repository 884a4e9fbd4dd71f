"""How strongly an upload's own pixels say that it shows a registered picture.

A window of the upload whose code met one of a reference *triggers*: it predicts where the reference's other windows lie
in the upload. Procedure, for all triggered references of an upload together:

1. The best triggers of each reference are taken, nearest first, and each is fitted to what else of the upload's own
   windows agrees with it (`geometry.fitted`). Triggers that say the same are one guess.
2. The reference's other windows are described at the places so predicted: one batch for everything. Of a guess with
   which no other window agrees, a few are glanced at first; only if these speak for it are all described.
3. Evidence: the sum over visible windows of log(p r(d) + 1 - p), in nats. r(d) is how many times likelier a code
   distance d is between a picture's windows and those of its re-upload than between strangers' (`RATIO_NATS`).
   p is the share of the picture that is still there, chosen in the picture's favour, so that an altered copy is not
   held against itself. A window counts the less the more of it the trigger saw already.
4. The best guess of each reference stands for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from index.arrays import F32, F64, I64, Flags
from index.windows.choosing import mirrored
from index.windows.geometry import Similarity, alike, differing_bits, fitted, visible
from index.windows.patches import AreaPlane, histograms, turned_over_where
from index.windows.projection import projection
from index.windows.windows import Windows, apart

TRIGGER_BITS: Final = 31
"""How far the anchored family is asked."""

SMALL_TRIGGER_BITS: Final = 24
"""Up to here a hit triggers whatever the window's size; beyond, only large windows do (`windows.LARGE_RADIUS`)."""

TRIGGERS_TRIED: Final = 6
SAME_GUESS: Final = 0.03  # of the scale, and of the plane's side: closer guesses are one

GLANCED: Final = 16
"""Windows of a guess that are described first where nothing but its trigger speaks for it: of strangers' guesses 99.5 %
(19,800 references for 330 uploads of 108 kinds), of those of 377 re-uploads that are found none."""

GLANCED_FROM_BITS: Final = 25
"""Triggers nearer than that are rare between strangers, and say enough for all windows to be described."""

SHARES: Final = np.array([0.08, 0.2, 0.4, 0.7, 0.95])
"""Shares of a picture that may still be there (p)."""

_RATIO_BITS: Final = (0, 24, 32, 40, 48, 56, 64, 80, 256)
_RATIO_NATS: Final = (7.0, 7.0, 5.0, 3.0, 1.5, 0.5, 0.0, -1.5, -5.0)
RATIO_NATS: Final = np.interp(np.arange(257), _RATIO_BITS, _RATIO_NATS)
"""log r(d), somewhat below what was measured between 24 and 64 bits, where strangers of like composition lie (portraits
framed alike, the same spectacles); capped, as windows overlap and are no independent witnesses (docs/recall.md)."""

_TRIGGER_BITS: Final = (0, 16, 24, 31, 256)
_TRIGGER_NATS: Final = (10.0, 8.0, 4.0, 0.0, 0.0)
TRIGGER_NATS: Final = np.interp(np.arange(257), _TRIGGER_BITS, _TRIGGER_NATS)
"""What the trigger itself says: strangers' windows that meet at all do so at 28 to 31 bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triggered:
    """A reference that some window of the upload met.

    Attributes:
        windows: the reference's.
        hits: int64 [h, 3]: row of the upload's window, row of the reference's, distance in bits.
        stop_listed: bool [n]: windows of the reference that prove nothing (the stop list), or None.
    """

    windows: Windows
    hits: I64 = field(repr=False)
    stop_listed: Flags | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What the upload says about one reference.

    Attributes:
        nats: see step 3.
        trigger_bits: code distance of the trigger.
        similarity: where the reference lies in the upload.
        rows: int64 [v], the reference's windows that are visible there.
        distances: int64 [v], how far each is from what the upload shows there, in bits.
        weights: float64 [v], 0 to 1.
    """

    nats: float
    trigger_bits: int
    similarity: Similarity
    rows: I64 = field(repr=False)
    distances: I64 = field(repr=False)
    weights: F64 = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Guess:
    """Where a trigger says that a reference lies.

    Attributes:
        owner: which reference's it is.
        similarity: as fitted.
        is_alone: whether no other window agrees, so that the trigger alone speaks for it.
        trigger_row: the reference's window that was met.
        trigger_bits: how nearly.
        rows: the reference's other visible windows.
        places: where these lie.
    """

    owner: int
    similarity: Similarity
    is_alone: bool
    trigger_row: int
    trigger_bits: int
    rows: I64
    places: F32

    @property
    def is_glanced_at(self) -> bool:
        """Whether a few windows are described first."""
        return self.is_alone and self.trigger_bits >= GLANCED_FROM_BITS and len(self.rows) > GLANCED

    def glance(self) -> Self:
        """Takes a few windows of all ranks."""
        some = np.linspace(0, len(self.rows) - 1, GLANCED).astype(np.int64)
        return replace(self, rows=self.rows[some], places=self.places[some])


def weigh(area: AreaPlane, upload: Windows, triggered: Sequence[Triggered]) -> list[Evidence]:
    """Weighs triggered references, each with a hit at least, against one upload; in their order."""
    guesses = [guess for owner, one in enumerate(triggered) for guess in _guesses(owner, one, upload)]  # 1.
    first = [guess.glance() if guess.is_glanced_at else guess for guess in guesses]
    weighed = _weighed(area, upload, triggered, first)  # 2. and 3.
    rows = [row for row, guess in enumerate(guesses) if guess.is_glanced_at and _speaks(weighed[row])]
    again = _weighed(area, upload, triggered, [guesses[row] for row in rows])
    for row, evidence in zip(rows, again, strict=True):
        weighed[row] = evidence
    best: dict[int, Evidence] = {}
    for guess, evidence in zip(guesses, weighed, strict=True):
        held = best.get(guess.owner)
        if held is None or evidence.nats > held.nats:  # 4.
            best[guess.owner] = evidence
    return [best[owner] for owner in range(len(triggered))]


def nats_of(distances: I64, weights: F64) -> float:
    """Sums the evidence of windows at these distances (step 3)."""
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
    """Tells whether two guesses put the reference's middle and size at the same place."""
    if one.mirror != other.mirror or abs(one.turn - other.turn) > SAME_GUESS * abs(other.turn):
        return False
    apart = one.turn * middle + one.shift - other.turn * middle - other.shift
    return abs(apart) < SAME_GUESS * scale * min(1.0, abs(other.turn))


def _weighed(
    area: AreaPlane, upload: Windows, triggered: Sequence[Triggered], guesses: list[_Guess]
) -> list[Evidence]:
    distances = _distances(area, upload, triggered, guesses)
    return [
        _evidence(guess, found, triggered[guess.owner])
        for guess, found in zip(guesses, distances, strict=True)
    ]


def _speaks(glanced: Evidence) -> bool:
    """Tells whether windows beyond the trigger speak for a guess: of strangers' one in 2,000."""
    return glanced.nats > float(TRIGGER_NATS[glanced.trigger_bits])


def _distances(
    area: AreaPlane, upload: Windows, triggered: Sequence[Triggered], guesses: list[_Guess]
) -> list[I64]:
    """Describes all guesses' windows in one batch, and compares them with the references' codes."""
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
    seen = projection().codes(turned_over_where(found, np.concatenate(flipped)))
    differing = differing_bits(seen.view(np.uint64) ^ np.concatenate(codes).view(np.uint64))
    ends = np.cumsum([len(guess.rows) for guess in guesses])
    return np.split(differing, ends[:-1])


def _evidence(guess: _Guess, distances: I64, one: Triggered) -> Evidence:
    weights = _newness(one.windows, guess.rows, guess.trigger_row)
    if one.stop_listed is not None:
        weights = np.where(one.stop_listed[guess.rows], 0.0, weights)
    return Evidence(
        nats=nats_of(distances, weights) + float(TRIGGER_NATS[guess.trigger_bits]),
        trigger_bits=guess.trigger_bits,
        similarity=guess.similarity,
        rows=guess.rows,
        distances=distances,
        weights=weights,
    )


def _newness(windows: Windows, rows: I64, trigger_row: int) -> F64:
    """Tells how much of each window the trigger has not seen: 0 to 1."""
    newness: F64 = np.minimum(1.0, apart(windows.places[rows], windows.places[[trigger_row]])[:, 0])
    return newness
