"""Codes of pictures that nobody has."""

import os

import numpy as np

from index.hashing.windows import SIDE, Windows
from registry.domain.family import Family
from registry.domain.windows import StoredWindows

WINDOWS = 6


def new_value():
    """Returns a PDQ value with content: half of the bits set."""
    return b"".join(bytes([byte, byte ^ 0xFF]) for byte in os.urandom(16))


def made_up_windows(value):
    """Returns the windows of the picture with this PDQ value, as they are kept: half of them large."""
    chance = np.random.default_rng(list(value))
    places = np.empty((WINDOWS, 4), np.float32)
    places[:, :2] = chance.uniform(0, SIDE - 1, (WINDOWS, 2))
    places[:, 2] = np.where(np.arange(WINDOWS) % 2, 0.2, 0.08) * SIDE
    places[:, 3] = chance.uniform(0, 6.28, WINDOWS)
    made = Windows(
        width=SIDE,
        height=SIDE,
        places=places,
        codes=chance.integers(0, 256, (WINDOWS, 32), np.uint8),
        flipped=chance.random(WINDOWS) < 0.5,
    )
    return StoredWindows(family=Family.ANCHORED, profile="full", windows=Windows.unpack(made.pack()))
