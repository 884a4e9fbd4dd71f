"""Vectors of unit length: what every engine gives, and what everybody checks who takes one."""

from typing import Final

import numpy as np

from index.arrays import F32, F64

UNIT_WITHIN: Final = 1e-3
"""How far a vector's length may be from 1: float32 and a rotation leave 1e-6, a broken network anything."""


def of_unit_length(vectors: F32 | F64) -> F64:
    """Brings the rows of [n, dimension] to unit length, in double precision; NaN where a row has no direction."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    described = np.isfinite(lengths) & (lengths > 0)
    unit: F64 = np.divide(exact, lengths, out=np.full_like(exact, np.nan), where=described)
    return unit


def is_unit(vector: F32) -> bool:
    """Tells whether a vector is finite and of unit length."""
    # No comparison holds for NaN, and none of these for infinity.
    return bool(abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) <= UNIT_WITHIN)
