"""Undo uneven light: a strong vignette, or a lamp beside a print.

Where a picture falls off to a tenth of its light, too little contrast is left for points. The light is modelled as the
logarithm of the level of cells, fitted by a polynomial of second order, and divided out. So the picture looks as in
even light: of eight vignettes the PDQ distance to the registered picture fell from 52 to 27 bits in the mean, and all
were found. Of the same ones local normalisation, which flattens the picture too, found seven.

A picture is unevenly lit if the fit explains most of the differences between its cells, if they are large, and if dark
cells show as much in relation to their level as lit ones do. A black wall does not.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from index.arrays import F32, F64, Plane
from index.hashing import reduced
from index.windows import WHITE

CELLS: Final = 8  # a side
CELL_SIDE: Final = 8  # samples
BLACK: Final = 4.0  # grey levels added to a level, below which differences are noise
MIN_EXPLAINED: Final = 0.5  # share of the variance of the cells
MIN_FALL: Final = 2.0  # of the fitted light, as a natural logarithm: a factor of 7.4
MIN_TOGETHER: Final = 0.6  # correlation of level and deviation, both as logarithms
MAX_CURVE: Final = -1.5  # coefficients of x^2 and y^2 in the basis: the light falls towards all edges
DARK_SHARE: Final = 3 / 8  # of the cells, the darkest
MIN_TEXTURED: Final = 0.7  # share of the dark cells with a deviation above one grey level
CONTRAST: Final = (0.12, 0.85)  # median of deviation over level of the dark cells
MAX_GAIN: Final = 12.0
EXPOSED: Final = 0.8  # of full gain, so that lights are not cut off
VIEW_SIDE: Final = 320  # pixels, the longest side of the view


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Light:
    """The fitted light on a picture, as natural logarithms, float32 [8, 8]."""

    levels: F32 = field(repr=False)


def _polynomial() -> F64:
    """Return an orthonormal basis of 1, x, y, xy, x^2 and y^2 on the cells, float64 [64, 6]."""
    line = np.linspace(-1, 1, CELLS)
    x, y = (places.ravel() for places in np.meshgrid(line, line))
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)
    basis, weights = np.linalg.qr(terms)
    return np.asarray(basis * np.sign(np.diag(weights)), np.float64)  # as the terms, not turned over


_BASIS: Final = _polynomial()


def uneven_light(small: Plane) -> Light | None:
    """Return the light on a small plane if it is strongly uneven, else None."""
    size = CELLS * CELL_SIDE
    samples = cv2.resize(small, (size, size), interpolation=cv2.INTER_AREA).astype(np.float64)
    cells = samples.reshape(CELLS, CELL_SIDE, CELLS, CELL_SIDE)
    level, deviation = cells.mean(axis=(1, 3)).ravel(), cells.std(axis=(1, 3)).ravel()
    logs = np.log(level + BLACK)
    weights = _BASIS.T @ logs
    fitted = _BASIS @ weights
    spread = logs - logs.mean()
    if np.ptp(fitted) < MIN_FALL or max(weights[-2:]) > MAX_CURVE:
        return None
    if np.square(logs - fitted).sum() > (1 - MIN_EXPLAINED) * np.square(spread).sum():
        return None
    dark = np.argsort(level)[: round(DARK_SHARE * len(level))]
    low, high = CONTRAST
    is_lit_alike = low <= float(np.median(deviation[dark] / (level[dark] + 2))) <= high
    if not is_lit_alike or (deviation[dark] > 1).mean() < MIN_TEXTURED:
        return None
    if np.corrcoef(logs, np.log(deviation + 1))[0, 1] < MIN_TOGETHER:
        return None
    return Light(levels=fitted.reshape(CELLS, CELLS).astype(np.float32))


def evenly_lit(plane: Plane, light: Light) -> Plane:
    """Return a luma plane, uint8 [height, width], as it looks in even light."""
    dark = reduced(plane, VIEW_SIDE).astype(np.float32)
    levels = np.asarray(cv2.resize(light.levels, dark.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
    gain = np.exp(np.minimum(levels.max() - levels, np.float32(np.log(MAX_GAIN))))
    lit = np.clip(dark * (gain * np.float32(EXPOSED)), 0, WHITE)
    return np.asarray(np.rint(lit), np.uint8)
