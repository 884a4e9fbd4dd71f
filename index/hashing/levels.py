"""Grey levels of painted surfaces: one level, and what noise and compression made of it."""

from typing import Any

import numpy as np
import numpy.typing as npt


def near_levels(counts: npt.NDArray[Any], reach: int) -> npt.NDArray[Any]:
    """Sums for each level what lies within `reach` of it: `counts` [256], of levels, to sums [256] of the same type."""
    return np.convolve(counts, np.ones(2 * reach + 1, counts.dtype), "same")
