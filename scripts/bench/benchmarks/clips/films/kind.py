"""A kind of re-upload of a clip, and the tools that all kinds share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from benchmarks.clips.films.camera import grained, opened, shots
from benchmarks.clips.films.clip_set import Clip, Sort
from benchmarks.clips.films.film import USUAL, Film, Frame, Save, Shown, Size

OTHER_SHOT_SECONDS: Final = 3.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Input of a re-upload: a random generator, and pictures that no registered clip shows."""

    clip: Clip
    rng: np.random.Generator
    scenes: tuple[Path, ...] = field(repr=False)
    portraits: tuple[Path, ...] = field(repr=False)

    def scene(self) -> Frame:
        """Return one of the photographs."""
        return opened(self.scenes[int(self.rng.integers(len(self.scenes)))])

    def portrait(self) -> Frame:
        """Return one of the portraits."""
        return opened(self.portraits[int(self.rng.integers(len(self.portraits)))])

    def other(self, size: Size, rate: Fraction, seconds: float) -> Film:
        """Return a film of unrelated photographs."""
        count = max(1, round(seconds / OTHER_SHOT_SECONDS))
        picked = self.rng.choice(len(self.scenes), size=count, replace=count > len(self.scenes)).tolist()
        frames = shots(
            _Opened([self.scenes[place] for place in picked]), size, seconds, float(rate), rng=self.rng
        )
        return Film(frames=grained(frames, self.rng), size=size, rate=rate, seconds=seconds)


class _Opened(list[Frame]):
    """Pictures that are opened one at a time, when they are needed."""

    def __init__(self, paths: Iterable[Path]) -> None:
        super().__init__()
        self._paths = list(paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Frame]:
        return map(opened, self._paths)


Make: TypeAlias = Callable[[Film, Around], Film]
Paint: TypeAlias = Callable[[Frame], Frame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way in which people upload a clip again. The result of `make` depends on its generator alone.

    Attributes:
        sorts: sorts of clips that it is made of; None for all.
        share: number of uploads relative to other kinds; below 1 for kinds that take long.
    """

    name: str
    make: Make
    save: Save = USUAL
    sorts: frozenset[Sort] | None = None
    share: float = 1.0


def painted(film: Film, paint: Paint, size: Size | None = None) -> Film:
    """Return a film with every frame painted, at another size if one is given."""
    return replace(film, frames=map(paint, film.frames), size=size or film.size)


def as_it_is(film: Film, _around: Around) -> Film:
    """Return the film itself; only its encoding differs."""
    return film


def chained(*films: Film) -> Film:
    """Return films of one size and rate as one film."""
    shown: list[Shown] = []
    at = 0.0
    for film in films:
        shown += [one.moved(1.0, at) for one in film.shown]
        at += film.seconds
    frames = (frame for film in films for frame in film.frames)
    return replace(films[0], frames=frames, seconds=at, shown=tuple(shown))
