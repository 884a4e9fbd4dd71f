"""Likenesses: what is accepted as a face's vector, and what the mean of several is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.likeness import FacePhoto, StoredLikeness, mean_template
from registry.errors import Refused

MODEL = bytes(32)
UNIT = np.eye(4, dtype=np.float32)


def photo(vector, engine="one", model=MODEL):
    return FacePhoto(engine=engine, model_sha256=model, vector=vector)


@pytest.mark.parametrize(
    "vector",
    [
        UNIT[0] * 1.01,
        UNIT[0] * 0,
        np.full(4, np.nan, np.float32),
        np.full(4, np.inf, np.float32),
        UNIT,
        UNIT[0].astype(np.float64),
        np.empty(0, np.float32),
    ],
    ids=["long", "zero", "nan", "infinite", "rows", "double", "empty"],
)
def test_what_no_engine_makes_is_refused(vector):
    """A vector is one row of float32 of unit length; an embedding of NaN is never stored."""
    with pytest.raises(ValueError, match="a face is described by"):
        photo(vector)


def test_a_model_has_a_digest():
    """The digest of the model that made a vector has 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        photo(UNIT[0], model=b"short")


def test_a_likeness_has_one_face_of_each_engine():
    """None, and an engine twice, are refused; its engines are told."""
    for photos in ((), (photo(UNIT[0]), photo(UNIT[1]))):
        with pytest.raises(ValueError, match="one face of each engine"):
            StoredLikeness(photos=photos)
    assert StoredLikeness(photos=(photo(UNIT[0]), photo(UNIT[1], "two"))).engines == ("one", "two")


def test_nothing_of_a_vector_is_shown():
    """Neither a photograph nor a likeness prints its vector or its model's digest."""
    shown = repr(photo(UNIT[0])) + repr(StoredLikeness(photos=(photo(UNIT[0]),)))
    assert "array" not in shown
    assert "x00" not in shown


@given(st.integers(1, 8), st.integers(0, 1000))
def test_a_mean_is_a_unit_vector_between_its_photographs(count, seed):
    """It has unit length, lies at least as near to all together as any one of them, and order is nothing to it."""
    chance = np.random.default_rng(seed)
    vectors = UNIT[0] + 0.2 * chance.standard_normal((count, 4))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    mean = mean_template(vectors)
    assert mean.dtype == np.float32
    assert np.linalg.norm(mean) == pytest.approx(1, abs=1e-6)
    assert (vectors @ mean).sum() >= (vectors @ vectors.T).sum(axis=0).max() - 1e-4
    assert mean_template(vectors[::-1]).tolist() == pytest.approx(mean.tolist(), abs=1e-6)


@pytest.mark.parametrize("vectors", [np.stack([UNIT[0], -UNIT[0]]), np.full((1, 4), np.nan, np.float32)])
def test_vectors_that_point_apart_have_no_mean(vectors):
    """Photographs that cannot be one person are refused, with words for the claimant."""
    with pytest.raises(Refused, match="one person"):
        mean_template(vectors)
