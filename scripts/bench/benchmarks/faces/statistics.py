"""Error rates of trials and their intervals. Identities are resampled, as pairs of one person depend on each other.

An identity drawn w times counts w times: its genuine trials have weight w, and impostor trials of two people the
product of both weights. Copies of one person are not impostors of each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.faces.trials import TAIL, Trials
from index.arrays import F64

RESAMPLES: Final = 200
RULE_OF_THREE: Final = 3.0
"""Where none of n trials occurs, 3/n is the upper end of a 95 % interval. Here n counts pairs of people, because
photographs of two people are not independent trials."""

_INTERVAL: Final = (2.5, 97.5)  # percentiles
_CELLS: Final = 4_000_000
"""Size of one step of the resampling: 32 MB of float64, held a few times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.2g}, {self.high:.2g}]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """Trials, and the number of times that each resampling draws each identity; the first row draws each once.

    Attributes:
        trials: the trials that are weighted.
        weights: float64 [1 + resamples, identities].
    """

    trials: Trials
    weights: F64

    @classmethod
    def of(cls, trials: Trials, rng: np.random.Generator, resamples: int = RESAMPLES) -> "Resampled":
        """Draw resamplings of the identities that have a photograph."""
        present = np.flatnonzero(trials.probes)
        weights = np.zeros((1 + resamples, len(trials.probes)))
        weights[0, present] = 1
        draws = rng.multinomial(len(present), np.full(len(present), 1 / max(1, len(present))), resamples)
        weights[1:, present] = draws
        return cls(trials=trials, weights=weights)

    def far(self, threshold: float) -> Measured:
        """Return the share of impostor trials that reach a threshold.

        Raises:
            ValueError: The threshold lies below the kept tail of the trials.
        """
        trials = self.trials
        if threshold < trials.floor:
            raise ValueError("the threshold lies below the trials' tail")
        count = int(np.searchsorted(-trials.tail, -threshold, side="right"))
        shares = np.concatenate([self._weighed(part, count).sum(axis=1) for part in self._parts(count)])
        shares /= np.maximum(self._totals(), 1)
        if not count:
            return Measured(value=0.0, low=0.0, high=min(1.0, RULE_OF_THREE / max(1, trials.pairs_of_people)))
        return _measured(shares)

    def thresholds(self, far: float) -> F64 | None:
        """Find for each resampling the smallest cosine that at most a share `far` of impostor trials reach.

        Returns:
            float64 [1 + resamples], or None where there are fewer than 1/far impostor trials.
        """
        trials = self.trials
        if far > TAIL / 2:
            raise ValueError(f"thresholds are known for FARs up to {TAIL / 2:g}")
        if far * trials.impostors < 1:
            return None
        # The first trial beyond the allowed share is excluded, and so are all trials equal to it.
        beyond = np.concatenate([trials.tail, [trials.floor]])
        allowed = far * self._totals()
        found = []
        for part in self._parts(len(trials.tail)):
            sums = np.cumsum(self._weighed(part, len(trials.tail)), axis=1)
            places = (sums <= allowed[part, np.newaxis]).sum(axis=1)
            found.append(np.nextafter(beyond[places], np.inf))
        return np.concatenate(found)

    def tar(self, threshold: float | F64) -> Measured | None:
        """Return the share of genuine trials that reach a threshold: one for all, or one for each resampling."""
        trials = self.trials
        if not len(trials.genuine):
            return None
        limits = np.broadcast_to(np.asarray(threshold, np.float64), len(self.weights))
        shares = np.empty(len(self.weights))
        for part in self._parts(len(trials.genuine)):
            weights = self.weights[part][:, trials.genuine_of]
            reached = (trials.genuine >= limits[part, np.newaxis]) * weights
            shares[part] = reached.sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        return _measured(shares)

    def tar_at_far(self, far: float) -> Measured | None:
        """Return the share of genuine trials that are accepted at an impostor rate; None for too few trials."""
        thresholds = self.thresholds(far)
        return None if thresholds is None else self.tar(thresholds)

    def _parts(self, width: int) -> Iterator[slice]:
        step = max(1, _CELLS // max(1, width))
        for start in range(0, len(self.weights), step):
            yield slice(start, start + step)

    def _weighed(self, part: slice, count: int) -> F64:
        """Return the weights of the first trials of the tail: float64 [resamplings of the part, count]."""
        weights = self.weights[part]
        trials = self.trials
        return np.asarray(weights[:, trials.tail_template[:count]] * weights[:, trials.tail_probe[:count]])

    def _totals(self) -> F64:
        """Return the total weight of all impostor trials: float64 [1 + resamples]."""
        trials = self.trials
        every = (self.weights @ trials.templates) * (self.weights @ trials.probes)
        return np.asarray(every - self.weights**2 @ (trials.templates * trials.probes))


def det_points(trials: Trials, fars: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return FAR and share of missed genuine trials, for those of `fars` that there are enough trials for."""
    once = Resampled.of(trials, np.random.default_rng(0), resamples=0)
    points = []
    for far in fars.tolist():
        tar = once.tar_at_far(far)
        if tar is not None:
            points.append((far, 1 - tar.value))
    return points


def _measured(values: F64) -> Measured:
    """Return the first value with an interval of the others."""
    value = float(values[0])
    if len(values) == 1:
        return Measured(value=value, low=value, high=value)
    low, high = (float(end) for end in np.percentile(values[1:], _INTERVAL))
    return Measured(value=value, low=min(low, value), high=max(high, value))
