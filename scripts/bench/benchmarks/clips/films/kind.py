"""What a kind of re-upload of a clip is, and the tools that all kinds share."""

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
    """What a re-upload is made with: chance, and pictures that no registered clip shows."""

    clip: Clip
    rng: np.random.Generator
    scenes: tuple[Path, ...] = field(repr=False)
    portraits: tuple[Path, ...] = field(repr=False)

    def scene(self) -> Frame:
        """One of the photographs."""
        return opened(self.scenes[int(self.rng.integers(len(self.scenes)))])

    def portrait(self) -> Frame:
        """One of the portraits."""
        return opened(self.portraits[int(self.rng.integers(len(self.portraits)))])

    def other(self, size: Size, rate: Fraction, seconds: float) -> Film:
        """A film of something else."""
        count = max(1, round(seconds / OTHER_SHOT_SECONDS))
        picked = self.rng.choice(len(self.scenes), size=count, replace=count > len(self.scenes)).tolist()
        frames = shots(
            _Opened([self.scenes[place] for place in picked]), size, seconds, float(rate), rng=self.rng
        )
        return Film(frames=grained(frames, self.rng), size=size, rate=rate, seconds=seconds)


class _Opened(list[Frame]):
    """Pictures that are opened when they are come to, one at a time."""

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
    """One way in which people upload a clip again; `make` is deterministic in its generator.

    Attributes:
        sorts: of the clips that it is made of; None for all.
        share: uploads of it, of the usual number; what takes long is made of fewer clips.
    """

    name: str
    make: Make
    save: Save = USUAL
    sorts: frozenset[Sort] | None = None
    share: float = 1.0


def painted(film: Film, paint: Paint, size: Size | None = None) -> Film:
    """Every frame painted by itself, to another size where one is given."""
    return replace(film, frames=map(paint, film.frames), size=size or film.size)


def as_it_is(film: Film, _around: Around) -> Film:
    """The film itself: only its encoding differs."""
    return film


def chained(*films: Film) -> Film:
    """Films of one size and rate, one after the other."""
    shown: list[Shown] = []
    at = 0.0
    for film in films:
        shown += [one.moved(1.0, at) for one in film.shown]
        at += film.seconds
    frames = (frame for film in films for frame in film.frames)
    return replace(films[0], frames=frames, seconds=at, shown=tuple(shown))
