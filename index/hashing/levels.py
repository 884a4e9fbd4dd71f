"""Grey levels of painted surfaces: one level, spread by noise and compression."""

from typing import Any

import numpy as np
import numpy.typing as npt


def near_levels(counts: npt.NDArray[Any], reach: int) -> npt.NDArray[Any]:
    """Return for each of 256 levels the sum of `counts` within `reach` levels of it: [256], of the same dtype."""
    return np.convolve(counts, np.ones(2 * reach + 1, counts.dtype), "same")


def commonest(counts: npt.NDArray[np.int64], levels: int, reach: int) -> int:
    """Return how many pixels lie within `reach` of the commonest levels: one level after another, each pixel once.

    Args:
        counts: pixels of each of 256 grey levels, int64 [256].
        levels: number of levels.
        reach: tolerance to either side, in grey levels.
    """
    left = counts.copy()
    common = 0
    for _ in range(levels):
        around = near_levels(left, reach)
        level = int(around.argmax())
        common += int(around[level])
        left[max(0, level - reach) : level + reach + 1] = 0
    return common
