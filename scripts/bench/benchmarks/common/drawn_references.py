"""Anchored windows of 100,000 references, made from the windows of a few hundred drawn pictures.

Uniform codes would never match by chance, but real ones do (about 97 effective bits). The features of windows are
therefore mixed before they are projected. Each window has the place and size of a window of a drawn picture. Its
features are mixed with those of two of the `NEIGHBOURS` nearest windows of other pictures, with weights from
`MIXED_SHARES`.

Share of the pairs of an upload's window and another picture's within a number of bits (48 uploads, 19,000 windows):

    bits      31      36      40      44      48       effective bits
    drawn   2.4e-8  4.2e-8  1.1e-7  3.4e-7  8.5e-7     96
    mixed   1.2e-8  2.9e-8  1.2e-7  5.0e-7  1.3e-6     91

At 31 bits these are 4 and 2 pairs, so the columns of more bits say more. One upload in six meets any window, and then
several, because windows mixed from one window stay alike. In a registry of photographs, the same number of hits is
spread more evenly.
"""

import multiprocessing as mp
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from benchmarks.common.drawn_pictures import drawn_luma
from index.arrays import F32, I64
from index.windows import (
    FULL,
    AreaPlane,
    Windows,
    features,
    histograms,
    load_projection,
    reference_windows,
    turned_over_where,
)
from registry.domain import Family, StoredWindows

PICTURES = 400
FIRST_SEED = 1000
"""Seed of the first registered picture: above the seeds of the pictures that the projection was fitted on, and below
those of the images that are checked."""

MIXED_SHARES = (0.0, 0.3)
NEIGHBOURS = 32
_AT_ONCE = 2_000


def described(seed: int) -> tuple[Windows, F32]:
    """Describe a drawn picture as at registration: its windows, and their features float32 [n, 128]."""
    luma = drawn_luma(seed)
    windows = reference_windows(luma)
    found = histograms(AreaPlane.of(luma).patches(windows.places))
    return windows, features(turned_over_where(found, windows.flipped))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Drawn pictures that have all windows of the profile.

    Attributes:
        features: float32 [p w, 128], one window after the other.
        neighbours: int64 [p w, 32], rows of the most similar windows of other pictures.
    """

    pictures: list[Windows] = field(repr=False)
    features: F32 = field(repr=False)
    neighbours: I64 = field(repr=False)

    @classmethod
    def make(cls, count: int = PICTURES) -> Self:
        """Draw and describe pictures; leave out those with fewer windows."""
        with mp.get_context("spawn").Pool() as pool:
            made = pool.map(described, range(FIRST_SEED, FIRST_SEED + count), chunksize=10)
        full = [one for one in made if len(one[0]) == FULL.reference_windows]
        found = np.concatenate([one[1] for one in full])
        owners = np.repeat(np.arange(len(full)), FULL.reference_windows)
        nearest = [_nearest(found, owners, start) for start in range(0, len(found), _AT_ONCE)]
        return cls(pictures=[one[0] for one in full], features=found, neighbours=np.concatenate(nearest))

    def references(self, count: int, seed: int = 1) -> Iterator[StoredWindows]:
        """Yield the mixed windows of a number of references."""
        random = np.random.default_rng(seed)
        for start in range(0, count, _AT_ONCE):
            chosen = random.integers(0, len(self.pictures), min(_AT_ONCE, count - start))
            codes = self._mixed(random, chosen)
            for picture, own in zip(chosen.tolist(), codes, strict=True):
                yield StoredWindows(
                    family=Family.ANCHORED,
                    profile=FULL.name,
                    windows=_with_codes(self.pictures[picture], own),
                )

    def _mixed(self, random: np.random.Generator, chosen: I64) -> Any:
        """Mix features and project them: uint8 [c, w, 32]."""
        constant = load_projection()
        rows = (chosen[:, None] * FULL.reference_windows + np.arange(FULL.reference_windows)).ravel()
        share = random.uniform(*MIXED_SHARES, (len(rows), 1)).astype(np.float32)
        part = random.random((len(rows), 1), np.float32)
        mixed = (1 - share) * self.features[rows]
        for weight in (share * part, share * (1 - part)):
            mixed += weight * self.features[self.neighbours[rows, random.integers(0, NEIGHBOURS, len(rows))]]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        bits = (mixed - constant.mean) @ constant.matrix > 0
        return np.packbits(bits, axis=1).reshape(len(chosen), FULL.reference_windows, -1)


def _nearest(found: F32, owners: I64, start: int) -> I64:
    """Return the neighbours of a block of windows."""
    rows = slice(start, start + _AT_ONCE)
    alike = found[rows] @ found.T
    alike[owners[rows, None] == owners] = -1
    return np.argpartition(-alike, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]


def _with_codes(like: Windows, codes: Any) -> Windows:
    return Windows(
        width=like.width, height=like.height, places=like.places, codes=codes, flipped=like.flipped
    )
