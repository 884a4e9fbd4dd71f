"""Seeded re-uploads of pictures: the table of all kinds, the files they become, and a sheet to look at them."""

import io
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.reuploads.altered import ALTERED
from benchmarks.reuploads.canvas import labelled
from benchmarks.reuploads.crops import CROPS, TILTS
from benchmarks.reuploads.dressed import BORDERS, CAPTIONS, FRAMES
from benchmarks.reuploads.hard import HARD_KINDS
from benchmarks.reuploads.kind import Kind, Make, family_of, written
from benchmarks.reuploads.mixed import COLLAGES, INSETS, PHOTOS
from benchmarks.reuploads.overlays import OVERLAYS
from benchmarks.reuploads.plain import ASPECT, COLOUR, RECOMPRESSION, SIZE, TURNS
from benchmarks.reuploads.screens import SCREENS

__all__ = ["ALL_KINDS", "KINDS", "SETS", "Kind", "contact_sheet", "reupload"]

_PLAIN: Final = (*RECOMPRESSION, *SIZE, *ASPECT, *COLOUR)
_PARTS: Final = (*CROPS, *TURNS, *TILTS)
_DRESSED: Final = (*BORDERS, *FRAMES, *CAPTIONS, *OVERLAYS)

# Three operations composed at random must leave a picture that is easily recognised; each of these does so alone.
_LIGHT: Final = {
    "colour": ("brightness", "contrast", "gamma", "grey", "sepia", "saturation", "warm", "sharpened", "noisy"),
    "shape": ("crop_centre90", "crop_centre80", "crop_post4x5", "tilt_inside", "tilt_black", "turn_flip_left_right"),
    "dress": ("border_coloured", "caption_above", "caption_meme", "overlay_watermark", "overlay_stickers10",
              "overlay_logo", "frame_black", "frame_letterbox"),
}  # fmt: skip
_BY_NAME: Final = {kind.name: kind.make for kind in (*_PLAIN, *_PARTS, *_DRESSED)}
_LIGHT_MAKES: Final[dict[str, tuple[Make, ...]]] = {
    "colour": tuple(_BY_NAME[f"colour_{detail}"] for detail in _LIGHT["colour"]),
    "shape": tuple(_BY_NAME[name] for name in _LIGHT["shape"]),
    "dress": tuple(_BY_NAME[name] for name in _LIGHT["dress"]),
}


def _drawn(makes: Sequence[Make], rng: np.random.Generator) -> Make:
    return makes[int(rng.integers(len(makes)))]


def _each(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Apply one light operation of each sort: a colour, a shape and a frame or caption."""
    for makes in _LIGHT_MAKES.values():
        picture = _drawn(makes, rng)(picture, rng, others)
    return picture


def _any_three(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Apply three different light operations in random order."""
    makes = [make for sort in _LIGHT_MAKES.values() for make in sort]
    for number in rng.permutation(len(makes))[:3]:
        picture = makes[int(number)](picture, rng, others)
    return picture


def _screened(picture: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Image.Image:
    """Apply a colour and a shape, then make a screenshot."""
    for sort in ("colour", "shape"):
        picture = _drawn(_LIGHT_MAKES[sort], rng)(picture, rng, others)
    return _drawn([kind.make for kind in SCREENS], rng)(picture, rng, others)


_TRIPLES: Final = family_of("triple", each=_each, any=_any_three, screenshot=_screened)

KINDS: Final[tuple[Kind, ...]] = (
    *_PLAIN,
    *_PARTS,
    *_DRESSED,
    *SCREENS,
    *COLLAGES,
    *INSETS,
    *PHOTOS,
    *_TRIPLES,
    *ALTERED,
)

SETS: Final[Mapping[str, tuple[Kind, ...]]] = {"first": KINDS, "second": HARD_KINDS}
"""The first set, on which the matcher was tuned, and the second one. Each has figures of its own."""

ALL_KINDS: Final = (*KINDS, *HARD_KINDS)


def reupload(kind: Kind, picture: Image.Image, seed: int, others: Sequence[Image.Image]) -> bytes:
    """Return the file of `picture` uploaded again as one kind; the same arguments give the same bytes.

    `others` are unrelated pictures for collages, feeds and backgrounds; altered portraits take faces from the
    square ones among them and backgrounds from the rest, if there are any. The kind's name is part of the seed, so
    one seed may be used for all kinds.

    Raises:
        ValueError: The kind needs unrelated pictures and there are none.
    """
    rng = np.random.default_rng((seed, zlib.crc32(kind.name.encode())))
    return written(kind.make(picture, rng, others), kind.save, rng)


def contact_sheet(
    pictures: Sequence[Image.Image],
    path: Path,
    *,
    kinds: Sequence[Kind] = KINDS,
    portraits: Sequence[Image.Image] = (),
    seed: int = 0,
) -> None:
    """Write a PNG with one named thumbnail of each kind, for a person to look at.

    Kinds use the pictures in turn. Kinds for portraits use only the portraits, or the pictures if there are none.
    """
    named = []
    everything = [*pictures, *portraits]
    for number, kind in enumerate(kinds):
        pool = portraits if kind.portraits_only and portraits else pictures
        one = pool[number % len(pool)]
        others = [other for other in everything if other is not one]
        with Image.open(io.BytesIO(reupload(kind, one, seed, others))) as again:
            named.append((kind.name, again.convert("RGB")))
    labelled(named).save(path)
