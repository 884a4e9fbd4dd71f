"""The vector engine finds what FAISS's IndexFlatIP finds over the same vectors."""

import tempfile
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from index.search.contract import Changes, Role, id_checksum
from index.search.vectors.engine import VectorEngine
from index.search.vectors.snapshot import VectorProfile

SURE = 1e-12
"""Probability of missing a vector; the promise itself is tested in `tests/index/search/vectors/test_engine.py`."""

PROFILES = {
    "scanned": VectorProfile(bits=256, scan_up_to=1 << 30, compact_after=16),
    "sketched": VectorProfile(bits=256, scan_up_to=0, miss_probability=SURE, compact_after=16),
    "many": VectorProfile(bits=768, scan_up_to=60, miss_probability=SURE, compact_after=16, merge_ratio=0),
}
"""`many` never merges, so that an index has several snapshots, scanned and sketched ones."""

TOLERANCE = 2
"""Millionths by which a distance in float32 may differ from ours; entries so near the radius may count or not."""


def faces(seed: int, count: int, dimension: int, *, mean: float = 0.6) -> np.ndarray:
    """Return unit vectors of few people who all look similar."""
    rng = np.random.default_rng(seed)
    people = np.random.default_rng(11).standard_normal((8, dimension))
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    people[:, 0] += mean
    noise = rng.standard_normal((count, dimension)) / np.sqrt(dimension)
    vectors = people[rng.integers(0, 8, count)] + noise * rng.uniform(0, 0.9, (count, 1))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def as_codes(vectors: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(vectors, np.float32).view(np.uint8)


def peers_answer(ids, vectors, queries, radius) -> dict[tuple[int, int], int]:
    """Return what IndexFlatIP finds within slightly more than the radius: distance by query and id."""
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    limits, cosines, rows = flat.range_search(queries, 1 - (radius + 2 * TOLERANCE) / 1e6)
    owners = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64)))
    return {
        (int(query), int(ids[row])): round((1 - float(cosine)) * 1e6)
        for query, row, cosine in zip(owners, rows, cosines, strict=True)
    }


def compare(engine, held: dict[int, np.ndarray], queries: np.ndarray, radius: int) -> None:
    """Assert that all hits within the radius and no others are there, in the contract's order."""
    hits = engine.propose(as_codes(queries), radius)
    found = list(zip(hits.queries.tolist(), hits.distances.tolist(), hits.ids.tolist(), strict=True))
    assert found == sorted(found)
    ids = np.array(sorted(held), np.int64)
    if not len(ids):
        assert not found
        return
    expected = peers_answer(ids, np.stack([held[i] for i in ids.tolist()]), queries, radius)
    surely = {pair for pair, distance in expected.items() if distance <= radius - TOLERANCE}
    assert surely <= {(query, number) for query, _, number in found}
    for query, distance, number in found:
        assert distance <= radius
        assert abs(distance - max(expected[query, number], 0)) <= TOLERANCE


@pytest.mark.parametrize("dimension", [48, 128, 512])
@pytest.mark.parametrize("kind", PROFILES)
def test_finds_what_flat_inner_product_finds(tmp_path, kind, dimension):
    """With five snapshots and an overlay, reopened, answers equal the peer's at every radius from 0 to opposite."""
    engine = open_engine(tmp_path, kind, dimension)
    vectors = faces(1, 600, dimension)
    ids = np.random.default_rng(2).permutation(5000)[:600].astype(np.int64)
    batches = np.array_split(np.arange(600), 6)
    for number, rows in enumerate(batches[:5]):
        engine.apply(Changes(sequence=number + 1, add_ids=ids[rows], add_codes=as_codes(vectors[rows])))
        engine.compact()
    engine.close()
    engine = open_engine(tmp_path, kind, dimension)
    assert engine.status().sequence == 5
    engine.apply(Changes(sequence=6, add_ids=ids[batches[5]], add_codes=as_codes(vectors[batches[5]])))
    held = dict(zip(ids.tolist(), vectors, strict=True))
    queries = np.concatenate([vectors[::60], faces(3, 10, dimension), -vectors[:2]])
    for radius in (0, 3, 40_000, 200_000, 540_000, 900_000, 1_500_000, 2_000_000):
        compare(engine, held, queries, radius)
    engine.close()


def open_engine(folder: Path, kind: str, dimension: int, role: Role = Role.WRITER) -> VectorEngine:
    return VectorEngine.open(
        folder, role=role, family="faces", epoch="e1", dimension=dimension, profile=PROFILES[kind]
    )


class _Life(RuleBasedStateMachine):
    """Adds, replaces, removes, replays, erases, compacts and reopens, beside a reader, against a dict."""

    @initialize(kind=st.sampled_from(sorted(PROFILES)), dimension=st.sampled_from([128, 512]))
    def begin(self, kind, dimension) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.kind, self.dimension = kind, dimension
        self.held: dict[int, np.ndarray] = {}
        self.log: list[Changes] = []
        self.next_id = 0
        self.engine = self._open(Role.WRITER)
        self.reader = self._open(Role.READER)

    @rule(seed=st.integers(0, 1 << 30), count=st.integers(1, 60))
    def add(self, seed, count) -> None:
        ids = range(self.next_id, self.next_id + count)
        self.next_id += count
        self._change(dict(zip(ids, faces(seed, count, self.dimension), strict=True)), [])

    @precondition(lambda self: self.held)
    @rule(data=st.data(), seed=st.integers(0, 1 << 30))
    def replace(self, data, seed) -> None:
        ids = self._some(data)
        self._change(dict(zip(ids, faces(seed, len(ids), self.dimension), strict=True)), [])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def remove(self, data) -> None:
        self._change({}, self._some(data))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def withdraw(self, data) -> None:
        ids = self._some(data)
        self._change({}, ids)
        self.engine.erase(np.array(ids, np.int64))

    @precondition(lambda self: self.log)
    @rule()
    def replay(self) -> None:
        self.engine.apply(self.log[-1])

    @rule(everything=st.booleans())
    def compact(self, everything) -> None:
        self.engine.compact(everything=everything)

    @rule()
    def read(self) -> None:
        self.reader.refresh()
        self._follow(self.reader)
        self._check(self.reader)

    @rule()
    def reopen(self) -> None:
        self.engine.close()
        self.engine = self._open(Role.WRITER)
        self._follow(self.engine)

    @invariant()
    def answers_are_the_peers(self) -> None:
        if hasattr(self, "engine"):
            self._check(self.engine)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.verify()
            self.engine.close()
            self.reader.close()
            self.temporary.cleanup()

    def _open(self, role: Role) -> VectorEngine:
        return open_engine(Path(self.temporary.name), self.kind, self.dimension, role)

    def _some(self, data) -> list[int]:
        return data.draw(st.lists(st.sampled_from(sorted(self.held)), max_size=6, unique=True))

    def _change(self, add: dict[int, np.ndarray], remove: list[int]) -> None:
        vectors = np.array(list(add.values()), np.float32).reshape(-1, self.dimension)
        changes = Changes(
            sequence=len(self.log) + 1,
            add_ids=np.array(list(add), np.int64),
            add_codes=as_codes(vectors),
            remove_ids=np.array(remove, np.int64),
        )
        self.log.append(changes)
        self.held |= add
        for number in remove:
            self.held.pop(number, None)
        self.engine.apply(changes)

    def _follow(self, engine: VectorEngine) -> None:
        for changes in self.log[engine.status().sequence :]:
            engine.apply(changes)

    def _check(self, engine: VectorEngine) -> None:
        status = engine.status()
        ids = np.array(sorted(self.held), np.int64)
        assert (status.sequence, status.size, status.checksum) == (len(self.log), len(ids), id_checksum(ids))
        for radius in (40_000, 540_000):
            compare(engine, self.held, faces(99, 4, self.dimension), radius)


TestLife = _Life.TestCase
TestLife.__doc__ = "Any order of these acts leaves the answers of IndexFlatIP over what is held."
TestLife.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
