"""The engines under test, and codes planted at known distances."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from index.search.codes.engines import ExactCodeEngine
from index.search.codes.flat import FlatEngine
from index.search.codes.plans import M14, M16, SCAN, CodeProfile
from index.search.contract import Changes, Role, SearchEngine

ALL = 1 << 32
PROFILES = {
    "scan": CodeProfile(plans=((ALL, SCAN),), compact_after=64),
    "m16": CodeProfile(plans=((ALL, M16),), compact_after=64),
    "m14": CodeProfile(plans=((ALL, M14),), compact_after=10_000),
    "many": CodeProfile(plans=((100, SCAN), (ALL, M16)), compact_after=64, merge_ratio=0),
}
"""`many` never merges, so that an index has several snapshots of several plans."""


def open_engine(folder: Path, profile: CodeProfile, role: Role = Role.WRITER) -> ExactCodeEngine:
    return ExactCodeEngine.open(folder, role=role, family="pdq-1", epoch="e1", key=b"key", profile=profile)


@dataclass(frozen=True)
class _Engines:
    """Loads codes into an engine of one kind."""

    kind: str
    folder: Path

    def empty(self) -> SearchEngine:
        return FlatEngine() if self.kind == "flat" else open_engine(self.folder, PROFILES[self.kind])

    def load(self, ids, codes) -> SearchEngine:
        """Apply in five batches with a compaction after each but the last, close, and open again."""
        engine = self.empty()
        for number, rows in enumerate(np.array_split(np.arange(len(ids)), 5)):
            engine.apply(Changes(sequence=number + 1, add_ids=ids[rows], add_codes=codes[rows]))
            if isinstance(engine, ExactCodeEngine) and number < 4:
                engine.compact()
        if not isinstance(engine, ExactCodeEngine):
            return engine
        engine.close()
        engine = open_engine(self.folder, PROFILES[self.kind])
        last = np.array_split(np.arange(len(ids)), 5)[-1]
        engine.apply(Changes(sequence=5, add_ids=ids[last], add_codes=codes[last]))
        return engine


@pytest.fixture(params=["flat", *PROFILES])
def engines(request, tmp_path) -> Iterator[_Engines]:
    return _Engines(kind=request.param, folder=tmp_path / "index")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)


@pytest.fixture
def random_codes(rng) -> Callable:
    return lambda count: rng.integers(0, 256, (count, 32), dtype=np.uint8)


@pytest.fixture
def flipped(rng) -> Callable:
    """Return copies of codes at exactly the given distances, with flips anywhere or within a run of bits."""

    def flip(codes, distances, *, clustered=False):
        bits = np.unpackbits(codes, axis=1)
        for row, distance in enumerate(distances):
            if clustered:
                first = int(rng.integers(0, 256))
                places = (first + np.arange(distance)) % 256
            else:
                places = rng.permutation(256)[:distance]
            bits[row, places] ^= 1
        return np.packbits(bits, axis=1)

    return flip


@pytest.fixture
def brute() -> Callable:
    """Return (query, id, distance) of all codes within the radius, by definition."""

    def find(ids, codes, queries, radius):
        out = []
        for number, query in enumerate(queries):
            distances = np.bitwise_count(codes ^ query).sum(axis=1, dtype=int)
            out += sorted(
                (number, int(d), int(i)) for d, i in zip(distances, ids, strict=True) if d <= radius
            )
        return out

    return find


@pytest.fixture
def listed() -> Callable:
    return lambda hits: list(
        zip(hits.queries.tolist(), hits.distances.tolist(), hits.ids.tolist(), strict=True)
    )
