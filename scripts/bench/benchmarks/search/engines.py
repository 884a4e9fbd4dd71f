"""The engines that are measured: each has a function that searches one query, and a size."""

import ctypes
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.arrays import I64, U8
from index.search import Role
from index.search.codes import CodeEngine, CodeProfile, ExactCodeEngine, Permutation
from index.search.codes.snapshot import CodeSnapshot

Search = Callable[[U8], set[tuple[int, int]]]
"""Takes uint8 [1, 32]; returns the (id, distance) pairs within 31 bits."""

IDENTITY: dict[str, Any] = {"family": "bench", "epoch": "bench", "key": b"bench"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An engine that holds the codes: its search, seconds to build, and bytes per code."""

    search: Search
    build_s: float
    bytes_per_code: float


@contextmanager
def ours(codes: U8, folder: Path) -> Iterator[Built]:
    """Build our engine over one snapshot, with every page in memory."""
    engine = ExactCodeEngine.open(folder, role=Role.WRITER, discard=True, **IDENTITY)
    start = time.perf_counter()
    engine.rebuild(1, np.arange(len(codes)), codes)
    build_s = time.perf_counter() - start
    try:
        yield Built(
            search=_search_of(engine), build_s=build_s, bytes_per_code=folder_bytes(folder) / len(codes)
        )
    finally:
        engine.close()


@contextmanager
def flat(codes: U8, _folder: Path) -> Iterator[Built]:
    """Build FAISS's scan."""
    yield _faiss(faiss.IndexBinaryFlat(256), codes)


@contextmanager
def multihash(codes: U8, _folder: Path) -> Iterator[Built]:
    """Build FAISS's 16 tables of 16 bits with 1 flip: exact at 31 bits, and the index under ThreatExchange's."""
    index = faiss.IndexBinaryMultiHash(256, 16, 16)
    index.nflip = 1
    yield _faiss(index, codes)


@contextmanager
def pdqindex(codes: U8, _folder: Path) -> Iterator[Built]:
    """Build ThreatExchange's `PDQIndex` by its own interface; raise `ImportError` where it is not installed."""
    from threatexchange.signal_type.pdq.pdq_index import PDQIndex  # noqa: PLC0415  optional

    before, start = _resident_bytes(), time.perf_counter()
    index = PDQIndex((code.tobytes().hex(), number) for number, code in enumerate(codes))
    build_s = time.perf_counter() - start

    def search(query: U8) -> set[tuple[int, int]]:
        found = index.query(query.tobytes().hex())
        return {(match.metadata, match.similarity_info.distance) for match in found}

    yield Built(search=search, build_s=build_s, bytes_per_code=(_resident_bytes() - before) / len(codes))


ENGINES: dict[str, Callable[[U8, Path], Any]] = {
    "ours": ours,
    "flat": flat,
    "multihash": multihash,
    "pdqindex": pdqindex,
}


def open_banded(codes: U8, folder: Path, profile: CodeProfile | None = None) -> CodeEngine:
    """Write a banded snapshot and open it."""
    engine = CodeEngine.open(folder, role=Role.WRITER, discard=True, profile=profile, **IDENTITY)
    engine.rebuild(1, np.arange(len(codes)), codes)
    return engine


def candidates(engine: CodeEngine, queries: U8) -> I64:
    """Count the codes that an engine of one snapshot compares with each query, uint8 [n, 32].

    The engine's contract does not tell this number, so it is read from the mapped snapshot.
    """
    (held,) = engine._holder.current().base.snapshots  # noqa: SLF001
    snapshot = held.snapshot
    if not isinstance(snapshot, CodeSnapshot):
        raise TypeError("an engine of codes maps snapshots of codes")
    return snapshot.kernel.candidates(Permutation(IDENTITY["key"]).apply(queries))


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all files of an index."""
    return sum(path.stat().st_size for path in folder.iterdir())


def private_growth_mb(folder: Path, queries: U8) -> tuple[float, float]:
    """Open, verify and search as a worker does; return the private memory that this took, in MB, and the ms to open.

    Call it in a new process while another process has the files mapped, so that shared pages do not count.
    """
    before = _private_kb()
    start = time.perf_counter()
    engine = ExactCodeEngine.open(folder, role=Role.READER, **IDENTITY)
    open_ms = (time.perf_counter() - start) * 1e3
    engine.verify()
    for query in queries:
        engine.search(query[None], 31)
    engine.search(queries, 31)
    growth = (_private_kb() - before) / 1024
    engine.close()
    return growth, open_ms


def _search_of(engine: ExactCodeEngine) -> Search:
    def search(query: U8) -> set[tuple[int, int]]:
        hits = engine.search(query, 31)
        return set(zip(hits.ids.tolist(), hits.distances.tolist(), strict=True))

    return search


def _faiss(index: Any, codes: U8) -> Built:
    faiss.omp_set_num_threads(1)
    before, start = _resident_bytes(), time.perf_counter()
    index.add(codes)
    build_s = time.perf_counter() - start

    def search(query: U8) -> set[tuple[int, int]]:
        _, distances, ids = index.range_search(query, 32)
        return set(zip(ids.tolist(), distances.astype(int).tolist(), strict=True))

    return Built(search=search, build_s=build_s, bytes_per_code=(_resident_bytes() - before) / len(codes))


def _resident_bytes() -> int:
    ctypes.CDLL(None).malloc_trim(0)  # otherwise memory freed by the last engine hides the memory of this one
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * resource.getpagesize()


def _private_kb() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
