"""Labelled faces: a folder with a sub-folder for each identity, and the identities that belong to a group."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from benchmarks.common.pictures import SUFFIXES, NoPictures
from index.arrays import U8

_UNREADABLE: Final = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""Exceptions that Pillow raises for files that are no pictures; SyntaxError for some broken PNG files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """A picture of one person.

    Attributes:
        identity: the person's place in `People.names`.
        digest: SHA-256 of the file.
    """

    path: Path
    identity: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A folder of labelled faces.

    Attributes:
        names: sub-folders with at least one picture that can be read, in order.
        in_group: whether each name belongs to the group.
        portraits: in the order of identities, then of files.
        empty: sub-folders without a picture that can be read.
        unreadable: pictures that cannot be read, as sub-folder/file.
        strangers: names of the group's list that are not in the folder, in order.
    """

    names: tuple[str, ...]
    in_group: tuple[bool, ...]
    portraits: tuple[Portrait, ...]
    empty: tuple[str, ...]
    unreadable: tuple[str, ...]
    strangers: tuple[str, ...] = ()

    @property
    def identities(self) -> npt.NDArray[np.intp]:
        """Identity of each portrait: [portraits]."""
        return np.array([portrait.identity for portrait in self.portraits], np.intp)


def read_people(folder: Path, group: Path | None = None) -> People:
    """Read a folder. Every picture is decoded once, so that unreadable pictures are known at once.

    Args:
        folder: one sub-folder for each identity.
        group: a file with one identity a line, or None.

    Raises:
        NoPictures: The folder is absent or has no picture that can be read.
    """
    if not folder.is_dir():
        raise NoPictures(f"{folder.name} is no folder")
    names: list[str] = []
    empty: list[str] = []
    unreadable: list[str] = []
    portraits: list[Portrait] = []
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        readable = list(_readable(inner, len(names), unreadable))
        portraits += readable
        (names if readable else empty).append(inner.name)
    if not names:
        raise NoPictures(f"{folder.name} has no sub-folder with a picture that can be read")
    listed = _listed(group)
    return People(
        names=tuple(names),
        in_group=tuple(name in listed for name in names),
        portraits=tuple(portraits),
        empty=tuple(empty),
        unreadable=tuple(unreadable),
        strangers=tuple(sorted(listed - set(names) - set(empty))),
    )


def pixels(data: bytes) -> U8:
    """Decode a picture: uint8 [height, width, 3], RGB, upright."""
    with Image.open(BytesIO(data)) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), np.uint8)


def _readable(inner: Path, identity: int, unreadable: list[str]) -> Iterator[Portrait]:
    for path in sorted(path for path in inner.iterdir() if path.suffix.lower() in SUFFIXES):
        try:
            data = path.read_bytes()
            pixels(data)
        except _UNREADABLE:
            unreadable.append(f"{inner.name}/{path.name}")
        else:
            yield Portrait(path=path, identity=identity, digest=sha256(data).digest())


def _listed(group: Path | None) -> set[str]:
    if group is None:
        return set()
    lines = group.read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip()}
