"""The pictures of a measurement: read from folders, and drawn evenly from every folder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

SUFFIXES: Final = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


class NoPictures(Exception):
    """A folder is absent, or has no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture file of a benchmark's input.

    Attributes:
        folder: position of its folder on the command line, from 0.
        subject: the person's folder, or the file's path if no person is known. Two pictures of one subject never form a
            pair of unrelated pictures.
        is_portrait: whether the file lies in a sub-folder named after a person.
    """

    path: Path
    folder: int
    subject: str
    is_portrait: bool

    @property
    def name(self) -> str:
        """File name with the folder's name, for display."""
        return f"{self.path.parent.name}/{self.path.name}"


def pictures_in(folders: Sequence[Path]) -> list[Picture]:
    """Read the folders, each flat or with a sub-folder for each identity; raise `NoPictures`."""
    pictures: list[Picture] = []
    for number, folder in enumerate(folders):
        if not folder.is_dir():
            raise NoPictures(f"{folder} is no folder")
        found = [
            Picture(path=path, folder=number, subject=str(path), is_portrait=False) for path in _files(folder)
        ]
        for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
            found += [
                Picture(path=path, folder=number, subject=str(inner), is_portrait=True)
                for path in _files(inner)
            ]
        if not found:
            raise NoPictures(f"{folder} holds no picture")
        pictures += found
    return pictures


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES)


def drawn(pictures: Sequence[Picture], most: int | None, rng: np.random.Generator) -> list[Picture]:
    """Draw up to `most` pictures from all folders together; keep their order."""
    if most is None or most >= len(pictures):
        return list(pictures)
    return [pictures[place] for place in np.sort(rng.permutation(len(pictures))[:most]).tolist()]


def spread(pictures: Sequence[Picture], count: int, rng: np.random.Generator) -> list[int]:
    """Draw the places of `count` pictures, evenly from the folders; repeat pictures only when there are too few."""
    by_folder: dict[int, list[int]] = {}
    for place in rng.permutation(len(pictures)).tolist():
        by_folder.setdefault(pictures[place].folder, []).append(place)
    queues = [by_folder[folder] for folder in sorted(by_folder)]
    return [
        queues[number % len(queues)][number // len(queues) % len(queues[number % len(queues)])]
        for number in range(count)
    ]


def strangers_to(
    pictures: Sequence[Picture], places: Iterable[int], count: int, rng: np.random.Generator
) -> list[int]:
    """Draw the places of `count` pictures of other subjects than those at `places`, evenly from the folders."""
    subjects = {pictures[place].subject for place in places}
    drawn_places = spread(pictures, 2 * count + len(subjects) + 8, rng)
    others = [place for place in dict.fromkeys(drawn_places) if pictures[place].subject not in subjects]
    return others[:count]
