"""Fit the coefficients by which replaced regions are told, and score pictures that were not fitted on.

1. The first stage is fitted to cells, and the second to cells with the first stage's log-odds around them. These come
   from fits on the other half of the pictures, because a fit's own cells look better than they are.
2. The third stage is fitted to whole pictures, likewise with log-odds from the other half.
3. `cross_scores` fits on one half of the references and scores the other. Thresholds are chosen on these scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F32, F64, Flags
from index.regions.judging import cell_odds, picture_measures, with_context
from index.regions.model import Judgement, Logistic

CELLS_OF_ONE: Final = 14  # cells drawn from each picture
REPLACED_FROM: Final = 0.6  # share of a cell's area that was replaced
KEPT_UP_TO: Final = 0.05
DAMPING: Final = 3.0
ALIKE_SCORE: Final = -99.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One upload in the frame of its reference.

    Attributes:
        kind: of the re-upload or replacement.
        reference: number of the reference.
        features: float32 [cells, features].
        covered: bool [cells].
        mask: share of each cell that was replaced, float32 [cells].
        is_alike: whether all cells agree, so that nothing is judged.
    """

    kind: str
    reference: int
    features: F32 = field(repr=False)
    covered: Flags = field(repr=False)
    mask: F32 = field(repr=False)
    is_alike: bool = False

    @property
    def is_altered(self) -> bool:
        """True if a region was replaced."""
        return bool(self.mask.any())


def fitted(examples: Sequence[Example]) -> Judgement:
    """Fit all three stages."""
    halves = _halves(examples, 2)
    contexts = dict[int, F32]()
    for number, half in enumerate(halves):
        first = _cells(halves[1 - number], [one.features for one in halves[1 - number]])
        for one in half:
            contexts[id(one)] = with_context(one.features, first.log_odds(one.features), one.covered)
    measures: list[F32] = []
    wanted: list[bool] = []
    for number, half in enumerate(halves):
        second = _cells(halves[1 - number], [contexts[id(one)] for one in halves[1 - number]])
        for one in half:
            odds = second.log_odds(contexts[id(one)])
            measures.append(picture_measures(one.features, one.covered, odds))
            wanted.append(one.is_altered)
    weights = np.ones(len(wanted))
    return Judgement(
        cell=_cells(examples, [one.features for one in examples]),
        context=_cells(examples, [contexts[id(one)] for one in examples]),
        picture=Logistic.fit(
            np.stack(measures), np.array(wanted, np.float64), weights, with_products=False, damping=DAMPING
        ),
    )


def cross_scores(examples: Sequence[Example]) -> list[tuple[Example, float, F32]]:
    """Return each example with its score and its cells' log-odds, by a fit on the other half of the references.

    Where all cells agree nothing is judged, and the score is `ALIKE_SCORE`.
    """
    halves = _halves(examples, 1)
    scored: list[tuple[Example, float, F32]] = []
    for number, half in enumerate(halves):
        judgement = fitted(halves[1 - number])
        for one in half:
            odds = cell_odds(one.features, one.covered, judgement)
            measures = picture_measures(one.features, one.covered, odds)
            score = float(judgement.picture.log_odds(measures[None])[0])
            scored.append((one, ALIKE_SCORE if one.is_alike else score, odds))
    return scored


def _halves(examples: Sequence[Example], divisor: int) -> list[list[Example]]:
    """Divide examples by their references, differently for different divisors."""
    order = {number: place for place, number in enumerate(sorted({one.reference for one in examples}))}
    return [[one for one in examples if order[one.reference] // divisor % 2 == half] for half in (0, 1)]


def _cells(examples: Sequence[Example], inputs: Sequence[F32]) -> Logistic:
    """Fit a stage to cells, with the same weight for each picture."""
    random = np.random.default_rng(0)
    rows: list[F32] = []
    wanted: list[Flags] = []
    weights: list[F64] = []
    for one, own in zip(examples, inputs, strict=True):
        used = np.flatnonzero(one.covered & ((one.mask > REPLACED_FROM) | (one.mask < KEPT_UP_TO)))
        if not len(used):
            continue
        if len(used) > CELLS_OF_ONE:
            used = random.choice(used, CELLS_OF_ONE, replace=False)
        rows.append(own[used])
        wanted.append(one.mask[used] > REPLACED_FROM)
        weights.append(np.full(len(used), 1 / len(used)))
    scale = np.concatenate(weights)
    return Logistic.fit(
        np.concatenate(rows),
        np.concatenate(wanted).astype(np.float64),
        scale / scale.mean(),
        with_products=True,
        damping=DAMPING,
    )
