"""Folders of photographs, one per person: their files, and the files that are in two of them."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person's folder and its files, sorted by name, without hidden files."""

    folder: str
    photographs: tuple[str, ...]


def persons_in(folder: Path) -> tuple[list[Person], list[str]]:
    """Return the persons, sorted by folder name, and the files outside their folders; raise `OSError`."""
    entries = _entries(folder)
    persons = [
        Person(folder=str(path), photographs=tuple(map(str, _entries(path))))
        for path in entries
        if path.is_dir()
    ]
    return persons, [str(path) for path in entries if not path.is_dir()]


def in_two_folders(persons: Sequence[Person]) -> frozenset[str]:
    """Return the files whose exact content is also in another person's folder.

    Only files of the same length as a file of another person are read. Unreadable files are not returned.
    """
    by_size: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for person in persons:
        for name in person.photographs:
            if Path(name).is_file():
                by_size[Path(name).stat().st_size].append((person.folder, name))
    by_digest: defaultdict[bytes, list[tuple[str, str]]] = defaultdict(list)
    for found in by_size.values():
        if _is_of_two(found):
            for folder, name in found:
                by_digest[_digest(name)].append((folder, name))
    return frozenset(name for found in by_digest.values() if _is_of_two(found) for _, name in found)


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _is_of_two(found: Sequence[tuple[str, str]]) -> bool:
    return len({folder for folder, _ in found}) > 1


def _digest(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:  # the file is refused later, when it is processed
        return b"unreadable " + name.encode("utf-8", "surrogateescape")
