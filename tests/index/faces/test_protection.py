"""The secret rotation: the same everywhere, another for each secret and engine, and cosines stay."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import InvalidQuery
from index.faces.rotation import Rotation, _normal

SECRET = bytes(range(32))
KNOWN = (-0.1086670, -0.1910501, 0.0642867, -0.0057221, -0.0986569, 0.0502246)


def units(count, dimension, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, dimension))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("dimension", [1, 2, 3, 128, 512])
def test_cosines_and_lengths_stay(dimension):
    """Rotated vectors have the lengths and cosines that they had, within 1e-6."""
    vectors = units(40, dimension)
    turned = Rotation(SECRET, "dlib-resnet-1", dimension).apply(vectors)
    assert turned.dtype == np.float32
    assert turned.shape == vectors.shape
    assert abs(turned.astype(float) @ turned.T - vectors.astype(float) @ vectors.T).max() < 1e-6


def test_the_same_secret_gives_the_same_rotation_on_every_machine():
    """The first vector's image is the one that was written down: templates of years ago must still be found."""
    turned = Rotation(SECRET, "dlib-resnet-1", 128).apply(np.eye(1, 128, dtype=np.float32))
    assert turned[0, :6] == pytest.approx(KNOWN, abs=1e-6)


def test_the_stream_is_the_documented_one():
    """The normal numbers are Box and Muller's of SHAKE-256's bytes, whatever NumPy's generators do."""
    raw = np.frombuffer(hashlib.shake_256(b"key").digest(16), "<u8")
    first, second = (int(value) >> 11 for value in raw)
    radius = np.sqrt(-2 * np.log((first + 1) / 2**53))
    assert _normal(b"key", 1)[0] == pytest.approx(radius * np.cos(2 * np.pi * second / 2**53), abs=1e-12)


@pytest.mark.parametrize(
    ("secret", "engine"),
    [(bytes(32), "dlib-resnet-1"), (SECRET, "dlib-resnet-2"), (SECRET[:-1], "dlib-resnet-1")],
)
def test_another_secret_or_engine_gives_another_rotation(secret, engine):
    """Vectors that were turned otherwise have nothing to do with each other."""
    vectors = units(200, 128)
    one = Rotation(SECRET, "dlib-resnet-1", 128).apply(vectors)
    other = Rotation(secret, engine, 128).apply(vectors)
    assert abs((one * other).sum(axis=1)).mean() < 0.2


def test_it_is_drawn_evenly():
    """Over many secrets, entries have mean 0 and variance 1/d, and half of the matrices turn space inside out."""
    drawn = np.array([Rotation(bytes([row]) * 16, "e", 4)._matrix for row in range(256)])
    assert abs(drawn.mean(axis=0)).max() < 0.15
    assert abs((drawn**2).mean(axis=0) - 1 / 4).max() < 0.06
    assert 0.35 < (np.linalg.det(drawn) > 0).mean() < 0.65
    # The first diagonal entry is as often negative: QR without the sign's correction has it of one sign.
    assert 0.35 < (drawn[:, 0, 0] > 0).mean() < 0.65


@settings(max_examples=30)
@given(rows=st.integers(0, 5), columns=st.integers(0, 12))
def test_another_dimension_is_refused(rows, columns):
    """Vectors of eight numbers are turned, others are `InvalidQuery`."""
    rotation = Rotation(SECRET, "e", 8)
    vectors = np.zeros((rows, columns), np.float32)
    if columns == 8:
        assert rotation.apply(vectors).shape == (rows, 8)
    else:
        with pytest.raises(InvalidQuery):
            rotation.apply(vectors)


def test_a_short_secret_is_refused_and_none_is_shown():
    """Fewer than 16 bytes can be tried out; and what is printed of a rotation is nothing of it."""
    with pytest.raises(ValueError, match="too short"):
        Rotation(b"x" * 15, "e", 8)
    assert "matrix" not in repr(Rotation(SECRET, "e", 2))
