"""Comparing vectors with a query exactly, and what counts as a vector."""

from typing import Final

import faiss
import numpy as np

from index.arrays import F32, I32, I64, U8
from index.errors import InvalidQuery
from index.search.engine import Hits, sorted_hits
from index.search.files import Found, joined

MILLION: Final = 1_000_000
"""Distances are whole millionths of 1 - cosine."""

FURTHEST: Final = 2 * MILLION
"""Of opposite vectors."""

UNIT_TOLERANCE: Final = 1e-4
"""Of the squared length: float32 arithmetic leaves 1e-6, a vector that nobody brought to unit length far more."""

_ROUNDING: Final = 1e-5
"""More than float32 inner products of unit vectors are off (1e-6 at 512 dimensions)."""

_ROWS_AT_ONCE: Final = 4096


def as_vectors(codes: U8) -> F32:
    """Reads uint8 [n, 4 * dimension] as float32 [n, dimension], aligned and in C order."""
    rows: F32 = np.ascontiguousarray(codes).view(np.float32)
    return rows if rows.flags.aligned else rows.copy()


def check_unit(codes: U8) -> None:
    """Raises `InvalidQuery` unless every row is a finite vector of unit length."""
    if not len(codes):
        return
    vectors = as_vectors(codes)
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all():  # false for NaN
        raise InvalidQuery("a vector is not finite or not of unit length")


def scan(vectors: F32, query: F32, radius: int) -> tuple[I64, I32]:
    """Finds all rows within `radius` of float32 [dimension] by comparing all: 83 ms for a million of 512.

    Returns int64 [h] rows and int32 [h] distances.
    """
    # OpenMP's thread count belongs to the calling thread; without this most of a query is spinning.
    faiss.omp_set_num_threads(1)
    found = faiss.RangeSearchResult(1)
    least = 1 - radius / MILLION - _ROUNDING
    faiss.range_search_inner_product(
        faiss.swig_ptr(query), faiss.swig_ptr(vectors), vectors.shape[1], 1, len(vectors), least, found
    )
    return _measured(vectors, labels_of(found), query, radius)


def nearest_of(vectors: F32, rows: I64, query: F32, radius: int) -> tuple[I64, I32]:
    """Finds which of some rows lie within `radius` of a query: 0.3 us a row of 512. Returns as `scan` does."""
    faiss.omp_set_num_threads(1)
    products = np.empty(len(rows), np.float32)
    faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
        faiss.swig_ptr(products),
        faiss.swig_ptr(query),
        faiss.swig_ptr(vectors),
        faiss.swig_ptr(rows),
        vectors.shape[1],
        1,
        len(rows),
    )
    return _measured(vectors, rows[products >= 1 - radius / MILLION - _ROUNDING], query, radius)


def labels_of(found: faiss.RangeSearchResult) -> I64:
    """Copies the rows out of a range search of one query."""
    count = int(faiss.rev_swig_ptr(found.lims, 2)[1])
    return faiss.rev_swig_ptr(found.labels, count).copy() if count else np.empty(0, np.int64)


class FlatVectors:
    """Finds few vectors by comparing all: what was added since the files were written."""

    def __init__(self, ids: I64, vectors: F32) -> None:
        self._ids = ids
        self._vectors = vectors

    def propose(self, codes: U8, radius: int) -> Hits:
        """Finds all vectors within `radius`, uint8 [q, 4 * dimension] as `ProposingEngine.propose` takes them."""
        parts = []
        for number, query in enumerate(as_vectors(codes)):
            rows, distances = scan(self._vectors, query, radius)
            parts.append(found_by(number, rows, distances))
        found = joined(parts)
        return sorted_hits(found.queries, self._ids.take(found.rows), found.distances)


def found_by(number: int, rows: I64, distances: I32) -> Found:
    """What one query found."""
    return Found(queries=np.full(len(rows), number, np.int32), rows=rows, distances=distances)


def _measured(vectors: F32, rows: I64, query: F32, radius: int) -> tuple[I64, I32]:
    """Measures rows in double precision, so that every way to them gives the same distance."""
    exact = query.astype(np.float64)
    distances = np.empty(len(rows), np.int32)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        cosines = vectors.take(rows[start : start + _ROWS_AT_ONCE], axis=0).astype(np.float64) @ exact
        distances[start : start + len(cosines)] = np.clip(np.rint((1 - cosines) * MILLION), 0, FURTHEST)
    near = distances <= radius
    return rows[near], distances[near]
