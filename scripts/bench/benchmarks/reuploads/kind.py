"""A kind of re-upload, and how its picture becomes a file."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

Make: TypeAlias = Callable[[Image.Image, np.random.Generator, Sequence[Image.Image]], Image.Image]
Alone: TypeAlias = Callable[[Image.Image], Image.Image]
Seeded: TypeAlias = Callable[[Image.Image, np.random.Generator], Image.Image]

# Subsampling as most platforms write it; Pillow's own default names the same.
_JPEG_SUBSAMPLING: Final = "4:2:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """The way a re-upload is written: format, range of the quality, and number of JPEG passes before it."""

    format: str = "JPEG"
    quality: tuple[int, int] = (70, 92)
    earlier: tuple[tuple[int, int], ...] = ()
    colours: int | None = None


USUAL: Final = Save()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way in which people upload a picture again. The result of `make` depends on its generator alone."""

    name: str
    family: str
    make: Make
    save: Save = USUAL
    portraits_only: bool = False


def alone(make: Alone) -> Make:
    """Return a maker that calls a function of the picture alone."""
    return lambda picture, _rng, _others: make(picture)


def seeded(make: Seeded) -> Make:
    """Return a maker that calls a function of the picture and a random generator."""
    return lambda picture, rng, _others: make(picture, rng)


def family_of(family: str, **makes: Make) -> tuple[Kind, ...]:
    """Return the kinds of one family, named `family_detail`, each with the usual JPEG file."""
    return tuple(Kind(name=f"{family}_{detail}", family=family, make=make) for detail, make in makes.items())


def written(picture: Image.Image, save: Save, rng: np.random.Generator) -> bytes:
    """Return the file of a picture, written as `save` says."""
    for low, high in save.earlier:
        with Image.open(io.BytesIO(_file(picture, "JPEG", int(rng.integers(low, high + 1))))) as again:
            picture = again.convert("RGB")
    if save.colours is not None:
        picture = picture.quantize(save.colours)
    low, high = save.quality
    return _file(picture, save.format, int(rng.integers(low, high + 1)))


def _file(picture: Image.Image, file_format: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    if file_format == "JPEG":
        picture.save(buffer, "JPEG", quality=quality, subsampling=_JPEG_SUBSAMPLING)
    elif file_format == "WEBP":
        picture.save(buffer, "WEBP", quality=quality, method=2)
    else:
        picture.save(buffer, file_format)
    return buffer.getvalue()
