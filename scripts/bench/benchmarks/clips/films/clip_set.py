"""The clips of a measurement: registered clips, each in a case of its own, and strangers, which are not registered.

All but the sample clips are drawn from photographs and portraits; the same seed gives the same clips. No two clips
share a picture. Some share a channel's intro or the template of title cards, on purpose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.clips.films.cards import CARD_SECONDS, INTRO_SECONDS
from benchmarks.clips.films.film import Shown, Size
from benchmarks.common.pictures import NoPictures, pictures_in


class Sort(StrEnum):
    """Content of a clip."""

    PHOTOS = "photos"
    HEAD = "head"
    STILL = "still"
    DARK = "dark"
    INTRO = "intro"
    CARDS = "cards"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip, and the files that it is drawn from.

    Attributes:
        pictures: photographs, one per shot; for a head the portrait, then the room.
        is_registered: false for a stranger.
        light: share of the light that remains.
        file: file of a sample clip, which is not drawn.
        shown: part of a sample clip that shows something.
        variants: other files with the content of a sample clip.
    """

    name: str
    sort: Sort
    size: Size
    seconds: float
    rate: int
    seed: int
    pictures: tuple[Path, ...] = field(default=(), repr=False)
    is_registered: bool = True
    is_cut_out: bool = False
    light: float = 1.0
    file: Path | None = None
    shown: Shown | None = None
    variants: tuple[Path, ...] = ()

    @property
    def whole(self) -> Shown:
        """Part of the clip that shows it; a shared start may be left out."""
        common = {Sort.INTRO: INTRO_SECONDS, Sort.CARDS: CARD_SECONDS}.get(self.sort, 0.0)
        return self.shown or Shown(starts=(0.0, common), ends=(self.seconds, self.seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSet:
    """All clips and pictures of a measurement.

    Attributes:
        registered: clips with a reference.
        strangers: clips without one.
        scenes: photographs that no clip shows, for the surroundings of a clip.
        portraits: portraits, likewise.
    """

    registered: tuple[Clip, ...]
    strangers: tuple[Clip, ...]
    scenes: tuple[Path, ...] = field(repr=False)
    portraits: tuple[Path, ...] = field(repr=False)


_SD: Final[tuple[Size, ...]] = ((320, 240), (480, 270), (480, 360), (426, 240), (360, 480))
_HD: Final[Size] = (1280, 720)
_RATES: Final = (25, 30, 24, 15)
_LIGHTS: Final = (0.10, 0.12, 0.15, 0.20)


class _Deck:
    """Pictures in random order, each handed out once."""

    def __init__(self, paths: Sequence[Path], rng: np.random.Generator) -> None:
        self._paths = [paths[place] for place in rng.permutation(len(paths)).tolist()]

    def deal(self, count: int) -> tuple[Path, ...]:
        """Take a number of pictures."""
        dealt, self._paths = self._paths[:count], self._paths[count:]
        if len(dealt) < count:
            raise ValueError("there are too few pictures for the clips")
        return tuple(dealt)

    def rest(self) -> tuple[Path, ...]:
        """Take all pictures that are left."""
        return tuple(self._paths)


def clip_set(eval_folder: Path, samples: Path, seed: int) -> ClipSet:
    """Plan all clips without drawing any; raise `NoPictures` where a folder is absent or empty."""
    if not any(samples.glob("*.mp4")):
        raise NoPictures(f"{samples} holds no clip")
    rng = np.random.default_rng(seed)
    scenes = _Deck([one.path for one in pictures_in([eval_folder / "photos"])], rng)
    people: dict[str, Path] = {}
    for one in pictures_in([eval_folder / "faces"]):
        if one.is_portrait:
            people.setdefault(one.subject, one.path)
    portraits = _Deck(list(people.values()), rng)
    registered = [
        *_photos(scenes, rng, 14),
        *_heads(scenes, portraits, rng, 10),
        *_others(scenes, portraits, rng, 4, 5),
    ]
    strangers = [
        *_photos(scenes, rng, 7),
        *_heads(scenes, portraits, rng, 7),
        *_others(scenes, portraits, rng, 3, 3),
    ]
    return ClipSet(
        registered=(*registered, *_samples(samples)),
        strangers=tuple(
            replace(clip, name=f"stranger-{clip.name}", is_registered=False) for clip in strangers
        ),
        scenes=scenes.rest(),
        portraits=portraits.rest(),
    )


def _clip(
    sort: Sort,
    number: int,
    pictures: tuple[Path, ...],
    rng: np.random.Generator,
    *,
    size: Size | None = None,
    seconds: float | None = None,
    is_cut_out: bool = False,
    light: float = 1.0,
) -> Clip:
    return Clip(
        name=f"{sort}-{number}",
        sort=sort,
        size=size or _SD[number % len(_SD)],
        seconds=seconds or float(rng.integers(16, 25)) / 2,
        rate=_RATES[int(rng.integers(len(_RATES)))],
        seed=int(rng.integers(2**31)),
        pictures=pictures,
        is_cut_out=is_cut_out,
        light=light,
    )


def _photos(scenes: _Deck, rng: np.random.Generator, count: int) -> Iterator[Clip]:
    """Plan camera films; of seven, one has 720p and one lasts 30 s."""
    for number in range(count):
        is_long = number % 7 == 3
        yield _clip(
            Sort.PHOTOS,
            number,
            scenes.deal(8 if is_long else 1 + number % 4),
            rng,
            size=_HD if number % 7 == 5 else None,
            seconds=30.0 if is_long else None,
        )


def _heads(scenes: _Deck, portraits: _Deck, rng: np.random.Generator, count: int) -> Iterator[Clip]:
    for number in range(count):
        pictures = (*portraits.deal(1), *scenes.deal(1))
        yield _clip(Sort.HEAD, number, pictures, rng, is_cut_out=number % 2 == 1)


def _others(
    scenes: _Deck, portraits: _Deck, rng: np.random.Generator, count: int, intros: int
) -> Iterator[Clip]:
    for number in range(count):
        yield _clip(Sort.STILL, number, scenes.deal(1), rng)
    for number in range(count):
        head = number == 1
        pictures = (*portraits.deal(1), *scenes.deal(1)) if head else scenes.deal(2)
        yield _clip(Sort.DARK, number, pictures, rng, light=_LIGHTS[number], is_cut_out=head)
    for number in range(intros):
        yield _clip(Sort.INTRO, number, scenes.deal(2), rng, seconds=INTRO_SECONDS + 7)
    for number in range(count):
        yield _clip(Sort.CARDS, number, scenes.deal(2), rng, seconds=CARD_SECONDS + 7)


def _samples(folder: Path) -> Iterator[Clip]:
    """List the sample clips: three contents, one of them with variants. The second half of the door's clip is blank."""
    others = ("longer-no-bar", "sd-grey-bar", "sd-with-large-logo-bar", "sd-with-small-logo-bar")
    contents = (
        ("pattern-hd-no-bar", (720, 1280), 6.87, None, others),
        ("doorknob-hd-no-bar", (1280, 720), 4.31, Shown(starts=(0.0, 0.0), ends=(1.5, 4.31)), ()),
        ("test-padded-dimensions", (1080, 1080), 5.0, None, ()),
    )
    for name, size, seconds, shown, variants in contents:
        yield Clip(
            name=name,
            sort=Sort.SAMPLE,
            size=size,
            seconds=seconds,
            rate=30,
            seed=0,
            file=folder / f"{name}.mp4",
            shown=shown,
            variants=tuple(folder / f"pattern-{one}.mp4" for one in variants),
        )
