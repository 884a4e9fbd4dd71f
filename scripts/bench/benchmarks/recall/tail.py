"""Peaks over a threshold: the rate of rare events, estimated from fewer trials than would show them.

A generalised Pareto distribution is fitted to the largest tenth of the values, at least 30, and extends them. Its two
parameters come from probability-weighted moments (Hosking and Wallis 1987). A bounded tail (a shape below 0) is
replaced by an exponential tail, which gives more false matches. The interval is a bootstrap interval over uploads,
because pairs of one upload depend on each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from index.arrays import F64

TAIL_SHARE: Final = 0.1  # share of the largest values, which the tail is fitted to
TAIL_LEAST: Final = 30  # smallest number of values for the fit, if there are twice as many
FEWEST: Final = 8  # excesses that a fit needs; with fewer, the observed rate is returned
LARGEST_SHAPE: Final = 0.9
ROUNDS: Final = 1_000
GAMMA_DRAWS: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Rate at which pairs of strangers reach a value.

    Attributes:
        rate: rate per pair.
        low: lower end of the 95 % interval.
        high: upper end of it.
        seen: number of pairs that reached it.
        pairs: number of all pairs.
        shape: shape of the fitted tail; None without a fit.
        excesses: number of pairs that the tail was fitted to.
    """

    rate: float
    low: float
    high: float
    seen: int
    pairs: int
    shape: float | None
    excesses: int


def fitted(excesses: F64) -> tuple[float, float]:
    """Fit the shape (at least 0) and the scale to excesses over a threshold."""
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
    """Return the share of excesses beyond a distance from the threshold."""
    if shape == 0:
        return float(np.exp(-distance / scale))
    return float((1 + shape * distance / scale) ** (-1 / shape))


def rate_of(
    values: Sequence[F64], pairs: Sequence[int], at: float, rng: np.random.Generator, rounds: int = ROUNDS
) -> Rate:
    """Estimate the rate at which pairs of strangers reach `at`.

    Args:
        values: for each upload, the values of its strangers that have one.
        pairs: for each upload, the number of its strangers.
        at: the value to reach.
        rng: random generator of the bootstrap.
        rounds: rounds of the bootstrap.
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
    """Return the observed rate, with a normal interval of its square root (Anscombe), or up to 3 events for none."""
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
    """Estimate the share of uploads for which more than `at` of all strangers trigger, from counts among a few.

    The rates of uploads are assumed to be gamma distributed, with the mean of the counts and their variance beyond
    that of a Poisson distribution.
    """
    mean = float(counts.mean())
    extra = float(counts.var()) - mean
    size = float(pairs.mean())
    if mean == 0 or extra <= 0:
        return float(mean / size > at) if size else 0.0
    rates = rng.gamma(mean**2 / extra, extra / mean / size, GAMMA_DRAWS)
    return float((rates > at).mean())
