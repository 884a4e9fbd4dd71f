"""The coefficients by which replaced regions are told.

They were fitted once by `scripts/make_regions` on pictures altered on purpose, and are shipped as a file of a few
hundred numbers. They are no part of a stored signature: another fit needs no new version of it.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final, Self

import numpy as np

from index.arrays import F32, F64

_FILE: Final = "judgement-1.npz"

CLIPPED: Final = 4.0  # standard deviations; inputs beyond were not seen in the fit
MAX_STEPS: Final = 12  # of Newton's method
SETTLED: Final = 1e-2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logistic:
    """A logistic regression.

    Attributes:
        mean: float32 [n], means of the inputs.
        deviation: float32 [n], their standard deviations.
        weights: float32 [m]: of the constant, of each input, and, if there are more, of each product of two inputs.
    """

    mean: F32
    deviation: F32
    weights: F32

    @classmethod
    def fit(cls, inputs: F32, wanted: F64, weights: F64, *, with_products: bool, damping: float) -> Self:
        """Fit to inputs [k, n] and classes 0 or 1 [k] with weights [k], by Newton's method."""
        mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + np.float32(1e-6)
        table = _table(inputs, mean, deviation, with_products=with_products).astype(np.float64)
        solved = np.zeros(table.shape[1])
        damped = damping * np.eye(len(solved))
        damped[0, 0] = 0
        for _ in range(MAX_STEPS):
            chance = 1 / (1 + np.exp(-(table @ solved).clip(-30, 30)))
            slope = table.T @ (weights * (wanted - chance)) - damped @ solved
            bend = (table * (weights * chance * (1 - chance) + 1e-6)[:, None]).T @ table + damped
            step = np.linalg.solve(bend, slope)
            solved += step
            if np.abs(step).max() < SETTLED:
                break
        return cls(
            mean=mean.astype(np.float32),
            deviation=deviation.astype(np.float32),
            weights=solved.astype(np.float32),
        )

    def log_odds(self, inputs: F32) -> F32:
        """Return the log-odds of inputs float32 [k, n]: float32 [k]."""
        with_products = len(self.weights) > 1 + inputs.shape[1]
        table = _table(inputs, self.mean, self.deviation, with_products=with_products)
        return np.asarray(table @ self.weights, np.float32)


def _table(inputs: F32, mean: F32, deviation: F32, *, with_products: bool) -> F32:
    scaled = ((inputs - mean) / deviation).clip(-CLIPPED, CLIPPED).astype(np.float32)
    columns = [np.ones((len(scaled), 1), np.float32), scaled]
    if with_products:
        first, second = np.triu_indices(scaled.shape[1])
        columns.append(scaled[:, first] * scaled[:, second])
    return np.concatenate(columns, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """The regressions of one sort of grid.

    Attributes:
        cell: of a cell by its features.
        context: of a cell by its features and the log-odds around it.
        picture: of the whole grid.
    """

    cell: Logistic
    context: Logistic
    picture: Logistic

    def arrays(self, name: str) -> dict[str, F32]:
        """Return the coefficients by their names in the file."""
        stages = {"cell": self.cell, "context": self.context, "picture": self.picture}
        return {
            f"{name}_{stage}_{part}": getattr(one, part)
            for stage, one in stages.items()
            for part in ("mean", "deviation", "weights")
        }


@lru_cache(maxsize=2)
def load_judgement(name: str) -> Judgement:
    """Load the coefficients of the grid `whole` or `face`."""
    with resources.files("index.regions").joinpath(_FILE).open("rb") as file, np.load(file) as arrays:
        cell, context, picture = (
            Logistic(**{part: arrays[f"{name}_{stage}_{part}"] for part in ("mean", "deviation", "weights")})
            for stage in ("cell", "context", "picture")
        )
    return Judgement(cell=cell, context=context, picture=picture)
