"""Peaks over a threshold: how often something that was hardly ever seen would happen among far more.

The largest tenth of what was seen, thirty values at least, is followed beyond its end by a generalised Pareto
distribution, whose two parameters come from probability-weighted moments (Hosking and Wallis 1987). A bounded tail (a
shape below 0) is not believed: an exponential one stands in its place, which says more false matches. The interval is a
bootstrap's over uploads, as pairs of one upload hang together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

TAIL_SHARE: Final = 0.1  # of the values, the largest: what the tail is fitted to
TAIL_LEAST: Final = 30  # values, where there are twice as many
FEWEST: Final = 8  # excesses that a fit needs; with fewer only what was seen is told
LARGEST_SHAPE: Final = 0.9
ROUNDS: Final = 1_000
GAMMA_DRAWS: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a pair of strangers reaches a value.

    Attributes:
        rate: per pair.
        low: lower end of the 95 % interval.
        high: upper end of it.
        seen: pairs that did.
        pairs: pairs that were looked at.
        shape: of the fitted tail; None where nothing was fitted.
        excesses: pairs that the tail was fitted to.
    """

    rate: float
    low: float
    high: float
    seen: int
    pairs: int
    shape: float | None
    excesses: int


def fitted(excesses: F64) -> tuple[float, float]:
    """Fits shape (0 or more) and scale to excesses over a threshold."""
    ordered = np.sort(excesses)
    count = len(ordered)
    mean = float(ordered.mean())
    weights = (count - 1 - np.arange(count)) / max(1, count - 1)
    moment = float((weights * ordered).mean())
    spare = mean - 2 * moment
    if spare <= 0:
        return LARGEST_SHAPE, mean * (1 - LARGEST_SHAPE)
    shape = min(2 - mean / spare, LARGEST_SHAPE)
    if shape <= 0:
        return 0.0, mean
    return shape, mean * (1 - shape)


def beyond(distance: float, shape: float, scale: float) -> float:
    """Tells which share of excesses goes beyond a distance from the threshold."""
    if shape == 0:
        return float(np.exp(-distance / scale))
    return float((1 + shape * distance / scale) ** (-1 / shape))


def rate_of(
    values: Sequence[F64], pairs: Sequence[int], at: float, rng: np.random.Generator, rounds: int = ROUNDS
) -> Rate:
    """Estimates how often a pair of strangers reaches `at`.

    Args:
        values: of each upload the values that its strangers had, those that had none left out.
        pairs: of each upload the number of its strangers.
        at: the value that counts.
        rng: for the bootstrap.
        rounds: of the bootstrap.
    """
    total = sum(pairs)
    everything = np.concatenate([*values, np.zeros(0)])
    seen = int((everything >= at).sum())
    threshold = _threshold(everything) if len(everything) else at
    excess = [own[own > threshold] - threshold for own in values]
    count = sum(map(len, excess))
    if threshold >= at or count < FEWEST:
        return _as_seen(seen, total)
    shape, scale = fitted(np.concatenate(excess))
    rate = count / total * beyond(at - threshold, shape, scale)
    sizes = np.array(pairs)
    rates = []
    for _ in range(rounds):
        some = rng.integers(len(excess), size=len(excess))
        again = np.concatenate([excess[place] for place in some])
        if len(again) >= 2 and again.any():
            rates.append(len(again) / sizes[some].sum() * beyond(at - threshold, *fitted(again)))
    low, high = np.quantile(rates, [0.025, 0.975]).tolist() if rates else (0.0, 3 / total)
    return Rate(rate=rate, low=low, high=high, seen=seen, pairs=total, shape=shape, excesses=count)


def _threshold(values: F64) -> float:
    share = min(max(TAIL_SHARE, TAIL_LEAST / len(values)), 0.5)
    return float(np.quantile(values, 1 - share))


def _as_seen(seen: int, pairs: int) -> Rate:
    """Tells the rate that was seen, with a normal interval of its root (Anscombe); of none, three at most."""
    root = np.sqrt(seen + 3 / 8)
    low, high = max(0.0, root - 0.98) ** 2, (root + 0.98) ** 2
    count = max(1, pairs)
    return Rate(
        rate=seen / count,
        low=float(low) / count if seen else 0.0,
        high=max(3.0, float(high)) / count,
        seen=seen,
        pairs=pairs,
        shape=None,
        excesses=0,
    )


def share_beyond(
    counts: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64], at: float, rng: np.random.Generator
) -> float:
    """Estimates for which share of uploads more than `at` of all strangers trigger, from counts among a few.

    Rates of uploads are taken as gamma distributed, with the mean and the spread (beyond Poisson's) of the counts.
    """
    mean = float(counts.mean())
    extra = float(counts.var()) - mean
    size = float(pairs.mean())
    if mean == 0 or extra <= 0:
        return float(mean / size > at) if size else 0.0
    rates = rng.gamma(mean**2 / extra, extra / mean / size, GAMMA_DRAWS)
    return float((rates > at).mean())
