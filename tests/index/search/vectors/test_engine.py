"""Promises of the vector engine beyond the congruence with its peer."""

import math

import numpy as np
import pytest

from index.errors import InvalidQuery, NotReady
from index.search.contract import Changes, Role
from index.search.vectors.engine import VectorEngine
from index.search.vectors.sketches import draw_planes, max_angle, max_differing_bits, sketches
from index.search.vectors.snapshot import VectorProfile

MISS = 0.01
PAIRS = 2500
SKETCHED = VectorProfile(bits=256, scan_up_to=0)


def open_engine(folder, dimension=128, **options) -> VectorEngine:
    options = {"role": Role.WRITER, "family": "faces", "epoch": "e1", "profile": SKETCHED} | options
    return VectorEngine.open(folder, dimension=dimension, **options)


def units(rng, count, dimension, mean=0.0) -> np.ndarray:
    vectors = rng.standard_normal((count, dimension)) / math.sqrt(dimension)
    vectors[:, 0] += mean
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def as_codes(vectors) -> np.ndarray:
    return np.ascontiguousarray(vectors, np.float32).view(np.uint8)


def at_cosine(rng, vectors, cosine) -> np.ndarray:
    """Return for each vector another one at exactly this cosine to it."""
    aside = rng.standard_normal(vectors.shape)
    aside -= (aside * vectors).sum(axis=1, keepdims=True) * vectors
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    return (cosine * vectors + math.sqrt(1 - cosine * cosine) * aside).astype(np.float32)


@pytest.mark.parametrize(
    ("dimension", "bits", "mean", "cosine"),
    [(128, 256, 0.0, 0.6), (128, 256, 2.2, 0.96), (512, 768, 0.0, 0.46), (512, 768, 1.0, 0.7)],
)
def test_misses_no_more_than_promised_at_the_very_threshold(tmp_path, dimension, bits, mean, cosine):
    """Of 2,500 pairs exactly at the threshold, in spread and in crowded spaces, at most `miss` are not found."""
    rng = np.random.default_rng(dimension + bits)
    profile = VectorProfile(bits=bits, scan_up_to=0, miss_probability=MISS)
    engine = open_engine(tmp_path, dimension, profile=profile)
    assert engine.recall_at(0) == 1
    vectors = units(rng, PAIRS, dimension, mean)
    engine.rebuild(1, np.arange(PAIRS), as_codes(vectors))
    radius = round((1 - cosine) * 1e6) + 2
    hits = engine.propose(as_codes(at_cosine(rng, vectors, cosine)), radius)
    met = np.count_nonzero(hits.ids == hits.queries) / PAIRS
    assert engine.recall_at(radius) == 1 - MISS
    assert met >= 1 - MISS - 3 * math.sqrt(MISS / PAIRS)
    assert engine.status().fallback_scans < PAIRS / 10
    engine.close()


def test_sketches_follow_the_law_of_angles():
    """Planes separate two vectors in proportion to their angle; orthogonal ones vary no more than independent ones."""
    rng = np.random.default_rng(5)
    vectors = units(rng, 400, 128)
    others = at_cosine(rng, vectors, 0.5)
    centre = np.zeros(128, np.float32)
    counts = []
    for seed in range(12):
        planes = draw_planes(256, 128, seed.to_bytes(32, "big"))
        one, two = (np.concatenate(list(sketches(part, centre, planes))) for part in (vectors, others))
        counts.append(np.bitwise_count(one ^ two).sum(axis=1))
    differing = np.concatenate(counts)
    assert abs(differing.mean() / 256 - 1 / 3) < 0.003
    assert differing.std() <= 1.03 * math.sqrt(256 * 2 / 9)


def test_the_greatest_angle_holds_for_any_centre():
    """No pair of unit vectors is farther apart, seen from a centre, than the bound for its cosine says."""
    rng = np.random.default_rng(6)
    for mean in (0.0, 0.3, 0.8, 2.0):
        vectors = units(rng, 300, 16, mean).astype(np.float64)
        centre = vectors.mean(axis=0)
        lengths = np.linalg.norm(vectors - centre, axis=1)
        for cosine in (0.2, 0.6, 0.95):
            others = at_cosine(rng, vectors, cosine).astype(np.float64)
            away = np.linalg.norm(others - centre, axis=1)
            seen = ((vectors - centre) * (others - centre)).sum(axis=1) / (lengths * away)
            for length, floor, found in zip(lengths, away, seen, strict=True):
                assert max_angle(length, floor, cosine) >= math.acos(np.clip(found, -1, 1)) / math.pi - 1e-6
                assert max_angle(length, floor / 2, cosine) >= max_angle(length, floor, cosine)


def test_the_cut_is_the_binomials():
    """The limit is the smallest number of bits exceeded with a probability of at most `miss`, counted for 20 bits."""
    tail = [sum(math.comb(20, j) for j in range(k + 1, 21)) / 2**20 for k in range(21)]
    for miss in (0.3, 0.01, 1e-4):
        assert max_differing_bits(20, 0.5, miss) == next(k for k in range(21) if tail[k] <= miss)
    assert max_differing_bits(256, 0.0, 1e-4) == 0
    assert max_differing_bits(256, 1.0, 1e-4) == 256


def test_a_flood_is_answered_whole(tmp_path):
    """When 4,000 of 5,000 entries are one face, a query for it gets all 4,000, by comparing all."""
    rng = np.random.default_rng(7)
    vectors = units(rng, 5000, 128)
    vectors[:4000] = at_cosine(rng, np.repeat(vectors[:1], 4000, axis=0), 0.98)
    engine = open_engine(tmp_path)
    engine.rebuild(1, np.arange(5000), as_codes(vectors))
    hits = engine.propose(as_codes(vectors[:1]), 100_000)
    assert np.count_nonzero(hits.ids < 4000) == 4000
    assert engine.status().fallback_scans == 1
    engine.close()


def test_entries_at_the_centre_are_found(tmp_path):
    """A face next to the mean of all is found by a similar face: strays are compared one by one."""
    rng = np.random.default_rng(8)
    vectors = units(rng, 4000, 128, 2.2)
    mean = vectors.mean(axis=0)
    vectors[17] = mean / np.linalg.norm(mean)
    engine = open_engine(tmp_path)
    engine.rebuild(1, np.arange(4000), as_codes(vectors))
    assert 17 in engine.propose(as_codes(at_cosine(rng, vectors[17:18], 0.999)), 2000).ids
    engine.close()


def _bad(kind: str) -> np.ndarray:
    vectors = units(np.random.default_rng(9), 3, 128)
    if kind == "long":
        vectors[1] *= 1.01
    else:
        vectors[1, 5] = {"nan": np.nan, "infinite": np.inf, "zero": 0}[kind]
    if kind == "zero":
        vectors[1] = 0
    return as_codes(vectors)


@pytest.mark.parametrize("kind", ["nan", "infinite", "zero", "long"])
def test_what_is_no_unit_vector_is_refused(tmp_path, kind):
    """NaN, infinity, zeros and a vector not of unit length are `InvalidQuery` for every way in, and change nothing."""
    engine = open_engine(tmp_path)
    engine.apply(
        Changes(
            sequence=1, add_ids=np.array([1]), add_codes=as_codes(units(np.random.default_rng(1), 1, 128))
        )
    )
    before = engine.status()
    for call in (
        lambda: engine.propose(_bad(kind), 1000),
        lambda: engine.apply(Changes(sequence=2, add_ids=np.arange(3), add_codes=_bad(kind))),
        lambda: engine.rebuild(2, np.arange(3), _bad(kind)),
    ):
        with pytest.raises(InvalidQuery):
            call()
    assert engine.status() == before
    engine.close()


def test_other_shapes_and_radii_are_refused(tmp_path):
    """A vector of another dimension and a radius below 0 or beyond opposite are `InvalidQuery`."""
    engine = open_engine(tmp_path)
    good = as_codes(units(np.random.default_rng(1), 2, 128))
    for codes, radius in (
        (good, -1),
        (good, 2_000_001),
        (good[:, :256], 1000),
        (good.view(np.float32), 1000),
    ):
        with pytest.raises(InvalidQuery):
            engine.propose(codes, radius)
    with pytest.raises(InvalidQuery):
        engine.apply(Changes(sequence=1, add_ids=np.array([1, 2]), add_codes=good[:, :32]))
    for dimension in (0, 5000):
        with pytest.raises(ValueError, match="dimension"):
            open_engine(tmp_path / "other", dimension)
    engine.close()


def test_a_batch_of_removals_needs_no_width(tmp_path):
    """Removals come with the default, empty `add_codes` of 32-byte codes, and take effect."""
    engine = open_engine(tmp_path)
    engine.rebuild(1, np.arange(10), as_codes(units(np.random.default_rng(1), 10, 128)))
    engine.apply(Changes(sequence=2, remove_ids=np.array([3, 4])))
    assert engine.status().size == 8
    engine.close()


def test_a_closed_engine_is_not_ready(tmp_path):
    """After `close` every call raises `NotReady`."""
    engine = open_engine(tmp_path)
    engine.close()
    for call in (lambda: engine.propose(np.empty((0, 512), np.uint8), 0), engine.status):
        with pytest.raises(NotReady):
            call()


def test_tells_keepers_what_is_due(tmp_path):
    """A new writer has the writer's role, and nothing to compact."""
    engine = open_engine(tmp_path)
    assert (engine.role, engine.needs_compaction) == (Role.WRITER, False)
    engine.close()
