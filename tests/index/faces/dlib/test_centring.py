"""Centring: what it takes away from vectors, what it keeps, and what it makes of nothing."""

import numpy as np
import pytest

from index.faces.dlib.centring import DLIB_CENTRING, Centring, dlib_centring
from index.faces.dlib.manifest import DEFAULT_MANIFEST

DIMENSION = 16
PEOPLE, PHOTOGRAPHS = 200, 3


def unit(rows):
    """Rows of unit length."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def crowd():
    """Vectors of two groups, of which one lies in a corner; whose they are, and who is of the group."""
    chance = np.random.default_rng(7)
    people = np.repeat(np.arange(PEOPLE), PHOTOGRAPHS)
    in_group = people < PEOPLE // 5
    faces = chance.normal(size=(PEOPLE, DIMENSION)) * np.linspace(2, 0.5, DIMENSION)
    rows = faces[people] + 0.5 * chance.normal(size=(len(people), DIMENSION)) + 6.0
    rows[in_group] = 0.6 * rows[in_group] + 6.0
    return unit(rows), people, in_group


def impostors(vectors, people, chosen):
    """Cosines of pairs of two people among those chosen."""
    cosines = vectors[chosen] @ vectors[chosen].T
    return cosines[people[chosen][:, None] != people[chosen][None]]


def test_a_group_in_a_corner_is_no_nearer_to_itself(crowd):
    """Before, the group's strangers look alike and the others' do not; after, about as much."""
    vectors, people, in_group = crowd
    centred = Centring.fit(vectors.astype(np.float32), in_group).apply(vectors)
    before = [impostors(vectors, people, chosen).mean() for chosen in (in_group, ~in_group)]
    after = [impostors(centred, people, chosen).mean() for chosen in (in_group, ~in_group)]
    assert before[0] > before[1] > 0.8
    assert max(map(abs, after)) < 0.2


def test_one_person_stays_one(crowd):
    """Two photographs of somebody are nearer than those of any two people nearly always."""
    vectors, people, in_group = crowd
    centred = Centring.fit(vectors.astype(np.float32), in_group).apply(vectors)
    genuine = (centred[::PHOTOGRAPHS] * centred[1::PHOTOGRAPHS]).sum(axis=1)
    strangers = impostors(centred, people, np.ones(len(people), bool))
    assert np.median(genuine) > np.quantile(strangers, 0.999)


def test_vectors_have_unit_length_and_nothing_stays_nothing(crowd):
    """A row that is no number gives none, and spoils no other."""
    vectors, _, in_group = crowd
    centring = Centring.fit(vectors.astype(np.float32), in_group)
    rows = vectors[:3].copy()
    rows[1] = np.nan
    found = centring.apply(rows)
    assert found.dtype == np.float32
    assert np.linalg.norm(found[[0, 2]], axis=1) == pytest.approx(1, abs=1e-6)
    assert np.isnan(found[1]).all()


def test_what_is_saved_is_read(crowd, tmp_path):
    """The file gives the same vectors."""
    vectors, _, in_group = crowd
    centring = Centring.fit(vectors.astype(np.float32), in_group)
    centring.save(tmp_path / "centring.npz")
    assert np.array_equal(Centring.load(tmp_path / "centring.npz").apply(vectors), centring.apply(vectors))


def test_the_default_engines_file_fits_its_vectors():
    """It is there, has the engine's dimension, and is a metric: symmetric, with no direction lost."""
    assert DLIB_CENTRING.exists()
    centring = dlib_centring()
    dimension = DEFAULT_MANIFEST.dimension
    assert centring.mean.shape == (dimension,)
    assert np.allclose(centring.matrix, centring.matrix.T, atol=1e-5)
    assert np.linalg.eigvalsh(centring.matrix.astype(np.float64)).min() > 0.1
