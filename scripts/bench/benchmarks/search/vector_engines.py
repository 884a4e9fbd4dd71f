"""The vector engines that are measured: ours, and FAISS's exact scan and PQ fast scan with rerank."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import faiss
import numpy as np

from index.arrays import F32
from index.search import Changes, Role
from index.search.vectors import VectorEngine

Search = Callable[[F32], set[int]]
"""Takes float32 [dimension]; returns the ids at the threshold's cosine or above."""

_ERASURES: Final = 20
_SHORTLIST: Final = 1000
_TRAINED_ON: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An engine that holds the vectors.

    Attributes:
        search: searches it.
        build_s: seconds to build it; ours is built on disk.
        bytes_per_face: bytes per face; for ours, of its files.
        change: measures the milliseconds to add and to erase one face; None where it cannot.
    """

    search: Search
    build_s: float
    bytes_per_face: float
    change: Callable[[F32], tuple[float, float]] | None = None


@contextmanager
def ours(vectors: F32, cosine: float, folder: Path) -> Iterator[Built]:
    """Build our engine over one snapshot, with every page in memory."""
    engine = VectorEngine.open(
        folder, role=Role.WRITER, family="bench", epoch="bench", dimension=vectors.shape[1], discard=True
    )
    start = time.perf_counter()
    engine.rebuild(1, np.arange(len(vectors)), vectors.view(np.uint8))
    build_s = time.perf_counter() - start
    radius = round((1 - cosine) * 1e6)
    length = sum(path.stat().st_size for path in folder.glob("*.snapshot"))

    def change(added: F32) -> tuple[float, float]:
        adding, erasing = [], []
        for number, vector in enumerate(added[:_ERASURES]):
            began = time.perf_counter()
            new = np.array([len(vectors) + number])
            engine.apply(
                Changes(sequence=2 + number, add_ids=new, add_codes=vector[None].view(np.uint8).copy())
            )
            adding.append(time.perf_counter() - began)
            began = time.perf_counter()
            engine.erase(np.array([number * 37]))
            erasing.append(time.perf_counter() - began)
        return float(np.median(adding)) * 1e3, float(np.median(erasing)) * 1e3

    try:
        yield Built(
            search=lambda query: set(engine.propose(query[None].view(np.uint8), radius).ids.tolist()),
            build_s=build_s,
            bytes_per_face=length / len(vectors),
            change=change,
        )
    finally:
        engine.close()


@contextmanager
def flatip(vectors: F32, cosine: float, folder: Path) -> Iterator[Built]:
    """Build FAISS's `IndexFlatIP`, which defines the correct answer."""
    del folder
    start = time.perf_counter()
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    build_s = time.perf_counter() - start
    # `range_search` returns values strictly above the threshold; ours rounds to millionths.
    least = np.nextafter(np.float32(cosine), np.float32(0))

    def search(query: F32) -> set[int]:
        _, _, rows = index.range_search(query[None], float(least))
        return set(rows.tolist())

    yield Built(search=search, build_s=build_s, bytes_per_face=4 * vectors.shape[1])


@contextmanager
def pqscan(vectors: F32, cosine: float, folder: Path) -> Iterator[Built]:
    """Build FAISS's `IndexPQFastScan`, 4 bits for 8 dimensions (4 of 128), and rerank the best 1,000 by vectors."""
    del folder
    dimension = vectors.shape[1]
    start = time.perf_counter()
    index = faiss.IndexPQFastScan(dimension, min(64, dimension // 4), 4, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:: max(1, len(vectors) // _TRAINED_ON)])
    index.add(vectors)
    build_s = time.perf_counter() - start

    def search(query: F32) -> set[int]:
        _, rows = index.search(query[None], min(_SHORTLIST, len(vectors)))
        near = rows[0][vectors[rows[0]] @ query >= cosine]
        return set(near.tolist())

    yield Built(search=search, build_s=build_s, bytes_per_face=4 * dimension + index.sa_code_size())


ENGINES: Final = {"flatip": flatip, "ours": ours, "pqscan": pqscan}
