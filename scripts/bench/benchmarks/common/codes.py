"""Random codes of three distributions, and queries planted at known distances."""

import math

import numpy as np

from index.arrays import U8

_BLOCK = 1 << 17

_LIKENESS = 0.944
"""Likeness of a clustered code to its centre. Two codes of one centre differ in 15 % of their bits. The value makes a
new code's 12 bands meet about 1e-4 of the codes, as those of anchored codes do (1.1e-4)."""


def make_codes(data: str, count: int, seed: int = 1) -> U8:
    """Draw uint8 [count, 32] codes.

    `uniform`: 256 fair bits. `clustered`: like anchored codes, signs of 256 directions of a 72-dimensional
    vector around 5,000 centres, about 97 effective bits. `screenshots`: 64 layouts, in which one third of the bits
    differ seldom, one third sometimes and one third often.
    """
    rng = np.random.default_rng([seed, count])
    if data == "uniform":
        return np.frombuffer(rng.bytes(32 * count), np.uint8).reshape(count, 32)
    make = _clustered if data == "clustered" else _screenshots
    blocks = [make(rng, min(_BLOCK, count - start)) for start in range(0, count, _BLOCK)]
    return np.concatenate(blocks)


def make_enrollable(count: int, seed: int = 1) -> U8:
    """Draw uint8 [count, 32] uniform codes without the few degenerate ones, which enrolment refuses."""
    codes = make_codes("uniform", count + count // 1000 + 100, seed)
    set_bits = np.bitwise_count(codes).sum(axis=1)
    enrollable: U8 = codes[(set_bits >= 96) & (set_bits <= 160)][:count]
    return enrollable


def make_queries(codes: U8, data: str, count: int, seed: int = 2) -> U8:
    """Draw uint8 [count, 32] queries: alternately a held code with 0 to 40 flipped bits, and a new code."""
    rng = np.random.default_rng(seed)
    queries = make_codes(data, count, seed=seed + 1000).copy()
    planted = np.unpackbits(codes[rng.integers(0, len(codes), (count + 1) // 2)], axis=1)
    for row in planted:
        row[rng.permutation(256)[: rng.integers(0, 41)]] ^= 1
    queries[::2] = np.packbits(planted, axis=1)
    return queries


def flip(codes: U8, distance: int, seed: int = 3) -> U8:
    """Flip exactly `distance` bits of each code, anywhere with equal probability."""
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[rng.permutation(256)[:distance]] ^= 1
    return np.packbits(bits, axis=1)


def _clustered(rng: np.random.Generator, count: int) -> U8:
    fixed = np.random.default_rng(72)
    scale = np.arange(1, 73, dtype=np.float32)[:, None] ** -0.15
    directions = fixed.standard_normal((72, 256), dtype=np.float32) * scale
    centres = fixed.standard_normal((5000, 72), dtype=np.float32)
    own = rng.standard_normal((count, 72), dtype=np.float32)
    values = _LIKENESS * centres[rng.integers(0, 5000, count)] + math.sqrt(1 - _LIKENESS**2) * own
    return np.packbits(values.astype(np.float32) @ directions > 0, axis=1)


def _screenshots(rng: np.random.Generator, count: int) -> U8:
    layouts = np.random.default_rng(64).integers(0, 2, (64, 256), dtype=np.uint8)
    rates = np.repeat(np.array([0.03, 0.2, 0.5], np.float32), [86, 85, 85])
    differing = rng.random((count, 256), dtype=np.float32) < rates
    return np.packbits(layouts[rng.integers(0, 64, count)] ^ differing, axis=1)
