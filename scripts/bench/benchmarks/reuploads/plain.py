"""Re-uploads that keep the whole picture: recompression, size, aspect, colour, mirrors and turns."""

from typing import Final

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.reuploads.canvas import either_side, picture_of, pixels, side_of, uniform_size
from benchmarks.reuploads.kind import Kind, Save, alone, family_of, seeded

_SEPIA: Final = np.array(((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131)), np.float32)
_SHUFFLES: Final = ((1, 0, 2), (2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1))


def stretched(picture: Image.Image, across: float, down: float) -> Image.Image:
    """Return the picture with its aspect changed."""
    size = (max(8, round(picture.width * across)), max(8, round(picture.height * down)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def brighter(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture clearly darker or brighter."""
    return ImageEnhance.Brightness(picture).enhance(either_side(rng, (0.5, 0.8), (1.2, 1.6)))


def contrasted(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with clearly less or more contrast."""
    return ImageEnhance.Contrast(picture).enhance(either_side(rng, (0.5, 0.8), (1.25, 1.8)))


def saturated(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture paler or more vivid."""
    return ImageEnhance.Color(picture).enhance(either_side(rng, (0.2, 0.7), (1.4, 2.5)))


def gamma(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture through a gamma curve."""
    power = either_side(rng, (0.5, 0.75), (1.35, 2.2))
    return picture.point([round(255 * (value / 255) ** power) for value in range(256)] * 3)


def warm(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with more red, less blue and lifted shadows, as filters do."""
    strength = rng.uniform(0.08, 0.22)
    lift = rng.uniform(5, 20)
    return picture_of(pixels(picture) * (1 + strength, 1 + strength / 4, 1 - strength) + lift)


def sepia(picture: Image.Image) -> Image.Image:
    """Return the picture in browns."""
    return picture_of(pixels(picture) @ _SEPIA.T)


def shuffled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with its colour channels in another order."""
    channels = picture.split()
    order = _SHUFFLES[int(rng.integers(len(_SHUFFLES)))]
    return Image.merge("RGB", [channels[i] for i in order])


def blurred(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture out of focus by 0.4 to 1.2 % of its side."""
    return picture.filter(ImageFilter.GaussianBlur(side_of(picture) * rng.uniform(0.004, 0.012)))


def sharpened(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with its edges exaggerated."""
    return picture.filter(ImageFilter.UnsharpMask(2, int(rng.integers(120, 300)), 2))


def noisy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with grain of 8 to 25 grey levels."""
    values = pixels(picture)
    return picture_of(values + rng.normal(0, rng.uniform(8, 25), size=values.shape))


def dimmed(picture: Image.Image, factor: float) -> Image.Image:
    """Return the picture with every value multiplied by a factor below 1."""
    return picture_of(pixels(picture) * factor + 0.5)


def _posterised(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.posterize(picture, int(rng.integers(2, 4)))


def _warped_size(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return stretched(picture, rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2))


def _wide(picture: Image.Image) -> Image.Image:
    """Return the picture squashed as 4:3 becomes 16:9, along its longer side."""
    flat = picture.width >= picture.height
    return stretched(picture, 1.0 if flat else 0.75, 0.75 if flat else 1.0)


def _turned(way: Image.Transpose) -> Kind:
    name = way.name.lower()
    return Kind(name=f"turn_{name}", family="turn", make=alone(lambda picture: picture.transpose(way)))


def _saved(detail: str, save: Save) -> Kind:
    return Kind(name=f"recompression_{detail}", family="recompression", make=alone(lambda p: p), save=save)


RECOMPRESSION: Final = (
    _saved("jpeg90", Save(quality=(88, 92))),
    _saved("jpeg60", Save(quality=(57, 63))),
    _saved("jpeg40", Save(quality=(37, 43))),
    _saved("jpeg20", Save(quality=(18, 22))),
    _saved("webp", Save(format="WEBP", quality=(40, 85))),
    _saved("png64", Save(format="PNG", colours=64)),
    _saved("gif", Save(format="GIF", colours=256)),
    _saved("jpeg_twice", Save(quality=(40, 90), earlier=((50, 90),))),
)
SIZE: Final = family_of(
    "size",
    half=alone(lambda picture: uniform_size(picture, 0.5)),
    quarter=alone(lambda picture: uniform_size(picture, 0.25)),
    larger=alone(lambda picture: uniform_size(picture, 1.5)),
    to160=alone(lambda picture: uniform_size(picture, 160 / max(picture.size))),
    any=seeded(lambda picture, rng: uniform_size(picture, rng.uniform(0.3, 2.0))),
)
ASPECT: Final = family_of(
    "aspect",
    squeezed=alone(lambda picture: stretched(picture, 0.8, 1.0)),
    stretched=alone(lambda picture: stretched(picture, 1.25, 1.0)),
    squashed=alone(_wide),
    any=seeded(_warped_size),
)
COLOUR: Final = (
    *family_of(
        "colour",
        brightness=seeded(brighter),
        contrast=seeded(contrasted),
        gamma=seeded(gamma),
        grey=alone(lambda picture: picture.convert("L").convert("RGB")),
        sepia=alone(sepia),
        saturation=seeded(saturated),
        warm=seeded(warm),
        posterised=seeded(_posterised),
        inverted=alone(ImageOps.invert),
        shuffled=seeded(shuffled),
        equalised=alone(ImageOps.equalize),
        blurred=seeded(blurred),
        sharpened=seeded(sharpened),
        noisy=seeded(noisy),
    ),
    Kind(
        name="colour_dark",
        family="colour",
        make=alone(lambda picture: dimmed(picture, 0.12)),
        save=Save(quality=(85, 95)),
    ),
)
TURNS: Final = tuple(_turned(way) for way in Image.Transpose if way is not Image.Transpose.TRANSVERSE)
