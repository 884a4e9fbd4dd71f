"""Random face templates: people are unit centres with several near templates; impostors have a realistic spread."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import F32

_PER_PERSON: Final = 4
_AT_ONCE: Final = 40_000
_SPECTRUM: Final = 0.35
"""The weight of direction k is k**-0.35. The cosines of impostors then have a standard deviation of 0.09 at 512
dimensions, as those of embedding networks have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Distribution of an engine's templates.

    Attributes:
        common: length of the component that all faces share; 0.91 gives dlib's impostor mean of 0.83.
        apart: smallest and largest part of a template that is not its person's.
        cosine: threshold of a match.
    """

    common: float
    apart: tuple[float, float]
    cosine: float


KINDS: Final = {
    128: Kind(common=0.91, apart=(0.1, 0.5), cosine=0.96),
    512: Kind(common=0.1, apart=(0.3, 0.75), cosine=0.46),
}
"""128: like dlib's network at its threshold; 512: like ArcFace networks at theirs."""


class Faces:
    """Random templates of one kind; the same seed gives the same templates."""

    def __init__(self, dimension: int, seed: int = 1) -> None:
        self.kind = KINDS[dimension]
        self._dimension = dimension
        self._random = np.random.default_rng(seed)
        self._weights = np.arange(1, dimension + 1, dtype=np.float32) ** -_SPECTRUM
        common = self._random.standard_normal(dimension).astype(np.float32)
        self._common = common * (self.kind.common / np.linalg.norm(common))

    def templates(self, count: int) -> F32:
        """Draw float32 [count, dimension], four templates per person."""
        out = np.empty((count, self._dimension), np.float32)
        for start in range(0, count, _AT_ONCE):
            part = out[start : start + _AT_ONCE]
            people = self._directions(-(-len(part) // _PER_PERSON))
            part[:] = self._dressed(np.repeat(people, _PER_PERSON, axis=0)[: len(part)])
        return out

    def photographs(self, templates: F32, count: int) -> F32:
        """Draw new photographs of `count` people who have templates, and of as many who have none."""
        some = templates[self._random.integers(0, len(templates), count)]
        own = some - self._common
        own /= np.linalg.norm(own, axis=1, keepdims=True)
        return self._dressed(np.concatenate([own, self._directions(count)]))

    def _directions(self, count: int) -> F32:
        drawn = self._random.standard_normal((count, self._dimension), dtype=np.float32) * self._weights
        return _units(drawn)

    def _dressed(self, people: F32) -> F32:
        apart = self._random.uniform(*self.kind.apart, (len(people), 1)).astype(np.float32)
        own = people * np.sqrt(1 - apart**2) + self._directions(len(people)) * apart
        return _units(_units(own) * np.sqrt(np.float32(1 - self.kind.common**2)) + self._common)


def _units(vectors: F32) -> F32:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
