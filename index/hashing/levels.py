"""Grey levels of painted surfaces: one level, spread by noise and compression."""

from typing import Any

import numpy as np
import numpy.typing as npt


def near_levels(counts: npt.NDArray[Any], reach: int) -> npt.NDArray[Any]:
    """Return for each of 256 levels the sum of `counts` within `reach` levels of it: [256], of the same dtype."""
    return np.convolve(counts, np.ones(2 * reach + 1, counts.dtype), "same")
