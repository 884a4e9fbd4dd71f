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
4. The best guess of each reference is refined by small shifts of its windows (`refining`), if it is promising: other
   windows than the trigger's nearly agree with it.
5. The best guess of each reference is its result. Further guesses add the evidence of windows that no better guess
   explains (`PIECE_NATS`): tiles, strips and bent pictures show a reference in several pieces.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from index.arrays import F32, F64, I64, Flags
from index.verdict import LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS, TIGHT_PDQ_BITS
from index.windows.geometry import AGREEING_BITS, Similarity, alike, fitted, visible
from index.windows.looking import Look, look_at_windows
from index.windows.patches import AreaPlane
from index.windows.refining import REACHES, refined
from index.windows.windows import Windows, apart

TRIGGER_BITS: Final = TIGHT_PDQ_BITS
"""Maximum distance at which a large window triggers by itself."""

PROPOSED_BITS: Final = 40
"""Search radius of the index of anchored windows. Beyond `TRIGGER_BITS` a hit triggers only beside another one."""

SMALL_PROPOSED_BITS: Final = 32
"""The same for small windows, beyond `SMALL_TRIGGER_BITS`."""

SMALL_TRIGGER_BITS: Final = 24
"""Maximum distance at which a window of any size triggers. Above, only large windows do (`windows.LARGE_RADIUS`)."""

LOOSE_BITS: Final = 33
"""Maximum distance at which one hit of a large window is compared where work is left over (`MAX_LOOSE`)."""

SMALL_LOOSE_BITS: Final = 29
"""The same for small windows."""

TRIGGERS_TRIED: Final = 12
"""Triggers of one reference that are tried, the nearest first. Each tile or strip of a picture needs one."""

SAME_GUESS: Final = 0.03  # share of the scale, and of the plane's side; closer guesses are the same

SAMPLED_WINDOWS: Final = 16
"""Windows described first if only the trigger supports a guess. They settle 99.5 % of the guesses about unrelated
pictures (19,800 references for 330 uploads of 108 kinds) and reject no guess of the 377 re-uploads that are found."""

SAMPLED_FROM_BITS: Final = 25
"""Nearer triggers are rare between unrelated pictures, so all windows are described at once."""

REFINED_FROM_NATS: Final = -1.0
"""Evidence, in nats, from which a guess is refined."""

REFINED_FROM_WINDOWS: Final = 2
REFINED_WITHIN_BITS: Final = 72
"""A guess is refined if so many windows, other than the trigger's, are within so many bits: of 387 references that met
drawn uploads by chance 2 were. All 7 of 746 re-uploads that refinement brought over the threshold had 7 within 64."""

MAX_REFINED: Final = 16
"""Maximum number of references that are refined for one frame."""

STRONG_NATS: Final = 60.0
"""Evidence, in nats, from which only small corrections are tried: the upload is then seen in the reference's frame more
exactly, and more copies are tight."""

PIECE_NATS: Final = 6.0
"""Minimum evidence, in nats, of a further guess about windows that no better guess explains, for it to be added."""

PIECE_COST_NATS: Final = 3.0
"""Cost of each further guess: one of about twenty places could have agreed by chance."""

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


_WHOLE_BITS: Final = (0, TIGHT_PDQ_BITS, LOOSE_PDQ_BITS, MAX_PROPOSED_PDQ_BITS, 256)
_WHOLE_NATS: Final = (16.0, 12.0, 10.0, 6.0, 0.0)
WHOLE_NATS: Final = np.interp(np.arange(257), _WHOLE_BITS, _WHOLE_NATS)
"""Evidence of whole codes that are near, beside that of windows, by PDQ distance. Of 647,220 pairs of unrelated
photographs and portraits (the nearest of ten variants) none is within 65 bits and 6.2e-6 are within 72 bits, so these
figures are below half of what was measured."""

NO_TRIGGER_BITS: Final = 256


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
        more_nats: Evidence of further guesses, about windows that this one does not explain (step 5).
        trigger_bits: Code distance of the trigger.
        trigger_row: Row of the reference's window in the trigger.
        similarity: The map from the reference to the upload.
        rows: int64 [v], rows of the reference's windows that are visible in the upload.
        distances: int64 [v], code distance of each to the upload at the predicted place, in bits.
        weights: float64 [v], weight of each window, 0 to 1.
        is_refined: whether small corrections of the map were tried (step 4).
    """

    nats: float
    more_nats: float = 0.0
    trigger_bits: int
    trigger_row: int
    similarity: Similarity
    rows: I64 = field(repr=False)
    distances: I64 = field(repr=False)
    weights: F64 = field(repr=False)
    is_refined: bool = False


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


def weigh_windows(
    area: AreaPlane, upload: Windows, triggered: Sequence[Triggered], *, max_refined: int = MAX_REFINED
) -> list[WindowLikelihood]:
    """Return the evidence of one upload for each of the triggered references, in their order. Each has a hit.

    Args:
        area: area plane of the upload.
        upload: windows of the upload.
        triggered: the references.
        max_refined: maximum number of references in step 4, the first promising ones; one takes about 15 ms.
    """
    guesses = [guess for owner, one in enumerate(triggered) for guess in _guesses(owner, one, upload)]  # 1.
    first = [guess.sampled() if guess.is_sampled else guess for guess in guesses]
    weighed = _weighed(area, upload, triggered, first)  # 2. and 3.
    rows = [row for row, guess in enumerate(guesses) if guess.is_sampled and _is_supported(weighed[row])]
    again = _weighed(area, upload, triggered, [guesses[row] for row in rows])
    for row, evidence in zip(rows, again, strict=True):
        weighed[row] = evidence
    of_owner: dict[int, list[tuple[_Guess, WindowLikelihood]]] = defaultdict(list)
    for guess, evidence in zip(guesses, weighed, strict=True):
        of_owner[guess.owner].append((guess, evidence))
    found: list[WindowLikelihood] = []
    for owner, one in enumerate(triggered):
        ranked = sorted(of_owner[owner], key=lambda pair: -pair[1].nats)
        guess, best = ranked[0]
        if sum(earlier.is_refined for earlier in found) < max_refined and _is_promising(best):
            best = _refined(area, upload, one, guess, best)  # 4.
        found.append(_with_pieces(best, [evidence for _, evidence in ranked[1:]]))  # 5.
    return found


def weigh_whole(area: AreaPlane, reference: Windows, pdq_bits: int) -> WindowLikelihood:
    """Return the evidence that an upload as a whole shows a reference as a whole. No window triggered it.

    Args:
        area: the upload's area plane, turned and stretched to the shape of the reference's.
        reference: windows of the reference.
        pdq_bits: PDQ distance of the two.
    """
    stretch = np.array([area.width / reference.width, area.height / reference.height], np.float32)
    places = reference.places.copy()
    places[:, :2] = (places[:, :2] + np.float32(0.5)) * stretch - np.float32(0.5)
    rows, same = np.arange(len(reference)), Similarity(turn=1 + 0j, shift=0j, mirror=False)
    look = Look(reference=reference, rows=rows, places=places, seen_by=same)
    (distances,) = look_at_windows(area, area.width, [look])
    weights = np.ones(len(reference))
    return WindowLikelihood(
        nats=nats_of(distances, weights),
        more_nats=float(WHOLE_NATS[pdq_bits]),
        trigger_bits=NO_TRIGGER_BITS,
        trigger_row=0,
        similarity=same,
        rows=rows,
        distances=distances,
        weights=weights,
    )


def _is_promising(evidence: WindowLikelihood) -> bool:
    """Return True if a guess is worth refining (4)."""
    near = int((evidence.distances <= REFINED_WITHIN_BITS).sum())
    return near >= REFINED_FROM_WINDOWS and evidence.nats >= REFINED_FROM_NATS


def _refined(
    area: AreaPlane, upload: Windows, one: Triggered, guess: _Guess, evidence: WindowLikelihood
) -> WindowLikelihood:
    """Return the evidence of a guess after small corrections of its map (4)."""
    evidence = replace(evidence, is_refined=True)
    reaches = REACHES if evidence.nats < STRONG_NATS else REACHES[1:]

    def weigh(rows: I64, distances: I64) -> float:
        return _at(guess, one, rows, distances).nats

    similarity, rows, distances = refined(area, upload, one.windows, guess.similarity, weigh, reaches=reaches)
    if similarity is guess.similarity:
        return evidence
    better = replace(_at(guess, one, rows, distances), similarity=similarity, is_refined=True)
    return better if better.nats > evidence.nats else evidence


def _at(guess: _Guess, one: Triggered, rows: I64, distances: I64) -> WindowLikelihood:
    """Return the evidence of rows other than the trigger's."""
    others = rows != guess.trigger_row
    return _evidence(replace(guess, rows=rows[others]), distances[others], one)


def _with_pieces(best: WindowLikelihood, others: Sequence[WindowLikelihood]) -> WindowLikelihood:
    """Return the best guess of a reference, with the evidence of further guesses, the best first."""
    if not others or best.nats < PIECE_NATS:
        return best
    explained = set(best.rows[best.distances <= AGREEING_BITS].tolist())
    nats = 0.0
    for one in others:
        if one.nats < PIECE_NATS:
            break
        new = np.array([row not in explained for row in one.rows.tolist()], np.bool_)
        if one.trigger_row in explained:
            continue
        more = nats_of(one.distances[new], one.weights[new]) + float(TRIGGER_NATS[one.trigger_bits])
        if more >= PIECE_NATS:
            nats += more - PIECE_COST_NATS
            explained.update(one.rows[new & (one.distances <= AGREEING_BITS)].tolist(), [one.trigger_row])
    return replace(best, more_nats=nats) if nats else best


def nats_of(distances: I64, weights: F64, log_ratios: F64 = RATIO_NATS) -> float:
    """Return the evidence of windows at these distances, in nats (step 3). `log_ratios` is log r(d), float64 [257]."""
    if not len(distances):
        return 0.0
    ratios = np.exp(log_ratios[distances])
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
    looks = [
        Look(
            places=guess.places,
            rows=guess.rows,
            reference=triggered[guess.owner].windows,
            seen_by=guess.similarity,
        )
        for guess in guesses
    ]
    return look_at_windows(area, upload.width, looks)


def _evidence(guess: _Guess, distances: I64, one: Triggered) -> WindowLikelihood:
    weights = _newness(one.windows, guess.rows, guess.trigger_row)
    if one.stop_listed is not None:
        weights = np.where(one.stop_listed[guess.rows], 0.0, weights)
    return WindowLikelihood(
        nats=nats_of(distances, weights) + float(TRIGGER_NATS[guess.trigger_bits]),
        trigger_bits=guess.trigger_bits,
        trigger_row=guess.trigger_row,
        similarity=guess.similarity,
        rows=guess.rows,
        distances=distances,
        weights=weights,
    )


def _newness(windows: Windows, rows: I64, trigger_row: int) -> F64:
    """Return the share of each window that the trigger's window does not show: float64 [v], 0 to 1."""
    newness: F64 = np.minimum(1.0, apart(windows.places[rows], windows.places[[trigger_row]])[:, 0])
    return newness
