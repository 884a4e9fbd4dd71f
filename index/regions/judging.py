"""Judge whether a region was replaced, and which: from the features of cells to regions and a score.

1. A first log-odds of each cell follows from its features (`evidence`).
2. A second one follows from the features and the first log-odds around the cell: replaced cells lie together.
3. Regions are connected cells whose log-odds exceed `REGION_FROM`.
4. The score of the picture is the log-odds of measures of the strongest region and of the rest of the frame.

All three are logistic regressions (`model`), the first two with squares and products of their inputs.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from index.arrays import F32, Flags
from index.regions.evidence import FEATURE, cell_features
from index.regions.model import Judgement
from index.regions.placing import MIN_CELLS, Placed, around
from index.regions.signature import Grid

REGION_FROM: Final = -1.0  # log-odds
SHOWN_FROM: Final = 0.0  # log-odds of the cells of a region that are shown
CAPPED: Final = 6.0  # log-odds; more of one cell proves no more
SHOWN_SHARE: Final = 0.25  # of the strongest region's strength; weaker regions are not shown
MIN_SHOWN: Final = 1.0  # strength of a region that is shown beside the strongest
TOP_CELLS: Final = 5
TOP_CONTEXT_CELLS: Final = 8
CONTEXT_REACHES: Final = (1, 2, 4)  # cells


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What the cells of one grid say.

    Attributes:
        score: log-odds that a region was replaced.
        regions: cells of each region that is shown, bool [cells], the strongest first.
    """

    score: float
    regions: tuple[Flags, ...]


def judged(placed: Placed, grid: Grid, judgement: Judgement, blank: Flags | None = None) -> Judged:
    """Judge an upload in a grid's frame, of which some cells are covered.

    Blank cells (bool [cells]) are not judged. They are shown as part of a region that is told, if they look replaced: a
    white wall in the other picture.
    """
    judged_cells = placed.covered if blank is None else placed.covered & ~blank
    if int(judged_cells.sum()) < MIN_CELLS:
        return Judged(score=-CAPPED, regions=())
    features = cell_features(placed, grid)
    odds = cell_odds(features, judged_cells, judgement)
    regions = regions_of(odds, judged_cells)
    measures = picture_measures(features, judged_cells, odds)
    if blank is not None and (blank & placed.covered).any():
        odds = cell_odds(features, placed.covered, judgement)
        told = np.logical_or.reduce([np.zeros_like(blank), *regions])
        regions = [one for one in regions_of(odds, placed.covered) if (one & told).any()]
    return Judged(
        score=float(judgement.picture.log_odds(measures[None])[0]),
        regions=tuple(shown for one in regions if (shown := one & (odds > SHOWN_FROM)).any()),
    )


def cell_odds(features: F32, covered: Flags, judgement: Judgement) -> F32:
    """Return the log-odds of each cell, float32 [cells] (1. and 2.)."""
    first = judgement.cell.log_odds(features)
    return judgement.context.log_odds(with_context(features, first, covered))


def with_context(features: F32, first: F32, covered: Flags) -> F32:
    """Return the features of cells with measures of the first log-odds around each, float32 [cells, features + 7]."""
    side = round(float(np.sqrt(len(first))))
    capped = first.clip(-CAPPED, CAPPED)
    low = np.where(covered, capped, -CAPPED).astype(np.float32)
    highest = cv2.dilate(low.reshape(side, side), np.ones((3, 3), np.uint8)).ravel()
    even = np.ones(len(first), np.float32)
    strongest = np.sort(low)[-TOP_CONTEXT_CELLS:].mean()
    columns = [
        capped,
        *(around(capped, covered, reach) for reach in CONTEXT_REACHES),
        even * capped[covered].mean(),
        highest,
        even * strongest,
    ]
    return np.concatenate([features, np.stack(columns, axis=1)], axis=1, dtype=np.float32)


def regions_of(odds: F32, covered: Flags) -> list[Flags]:
    """Return connected cells that are rather replaced, bool [cells] each, the strongest first (3.)."""
    side = round(float(np.sqrt(len(odds))))
    replaced = ((odds > REGION_FROM) & covered).astype(np.uint8).reshape(side, side)
    count, labels = cv2.connectedComponents(replaced, connectivity=4)
    found = [np.asarray(labels.ravel() == label, np.bool_) for label in range(1, count)]
    found.sort(key=lambda one: -strength(odds, one))
    if not found:
        return []
    least = max(MIN_SHOWN, SHOWN_SHARE * strength(odds, found[0]))
    return [found[0], *(one for one in found[1:] if strength(odds, one) >= least)]


def strength(odds: F32, cells: Flags) -> float:
    """Return the sum of the log-odds of a region's cells beyond `REGION_FROM`."""
    return float((odds[cells] - REGION_FROM).clip(0, CAPPED).sum())


def picture_measures(features: F32, covered: Flags, odds: F32) -> F32:
    """Return the measures of the strongest region and of the rest, float32 [measures] (4.)."""
    side = round(float(np.sqrt(len(odds))))
    regions = regions_of(odds, covered)
    inside = regions[0] if regions else np.zeros(len(odds), np.bool_)
    outside = covered & ~(odds > REGION_FROM)
    sum_of = strength(odds, inside)
    agreement = features[:, FEATURE["agreement"]]
    grid = inside.reshape(side, side)
    rows, columns = np.nonzero(grid)
    filled = len(rows) / ((np.ptp(rows) + 1) * (np.ptp(columns) + 1)) if len(rows) else 0.0
    means = [
        _mean(features[:, FEATURE[name]], inside)
        for name in ("inverted", "held_texture", "seen_texture", "texture_change")
    ]
    return np.array(
        [
            np.log1p(sum_of),
            np.sqrt(sum_of),
            inside.sum() / covered.sum(),
            _mean(agreement, inside),
            _mean(agreement, outside, 0.5),
            np.percentile(agreement[outside], 10) if outside.any() else 0.0,
            _mean(features[:, FEATURE["drawn"]], inside),
            _mean(features[:, FEATURE["surface"]], inside),
            covered.mean(),
            max(grid.all(axis=0).mean(), grid.all(axis=1).mean()),
            _mean((features[:, FEATURE["edge"]] == 0).astype(np.float32), inside),
            np.sort(odds[covered])[-TOP_CELLS:].mean(),
            *means,
            odds[covered].clip(-CAPPED, CAPPED).mean(),
            _mean(features[:, FEATURE["strength"]], inside),
            filled,
            len(regions),
            np.median(agreement[covered]),
        ],
        np.float32,
    )


def _mean(values: F32, cells: Flags, otherwise: float = 0.0) -> float:
    return float(values[cells].mean()) if cells.any() else otherwise
