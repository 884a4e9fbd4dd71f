"""Colour modes: convert every mode to opaque 8-bit grey or RGB with the same appearance."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from index.arrays import F32

# Background of transparent pixels. Web pages, chats and messengers that flatten pictures use white.
BACKGROUND: Final = (255, 255, 255, 255)

WHITE_8_BIT: Final = 255
WHITE_16_BIT: Final = 65_535

# Pixels converted at a time. Measured at 40 megapixels: a floating-point picture needs 240 instead of 540 MB of memory,
# and a transparent one is converted in a third less time, because a band stays in the cache.
BAND_PIXELS: Final = 1 << 18

_ALPHA_MODES: Final = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_16_BIT_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_OPEN_RANGE_MODES: Final = frozenset({"I", "F"})


def opaque(image: Image.Image) -> Image.Image:
    """Return a loaded image as it appears on a white background, in mode L or RGB, with the same size.

    Transparent pixels are blended with white. 16-bit grey is scaled (Pillow's own conversion clips it at 255). 32-bit
    and floating-point grey has no fixed white, and is stretched from its darkest to its lightest pixel. Of CIE Lab only
    the lightness is kept. The JPEG decoder has already undone Adobe's inversion of CMYK and YCCK.
    """
    mode = image.mode
    if mode in _ALPHA_MODES or image.has_transparency_data:
        return _by_bands(image, "RGB", _on_white)
    if mode in _16_BIT_MODES:
        return _by_bands(image, "L", lambda band: _scaled(np.asarray(band), 0, WHITE_16_BIT))
    if mode in _OPEN_RANGE_MODES:
        return _stretched(image)
    if mode == "LAB":
        return image.getchannel("L")
    if mode == "1":
        return image.convert("L")
    return image if mode in {"L", "RGB"} else _by_bands(image, "RGB", lambda band: band.convert("RGB"))


def bands(image: Image.Image, pixels: int = BAND_PIXELS) -> Iterator[tuple[int, Image.Image]]:
    """Yield bands of at least one row of a loaded image, each with the number of its first row."""
    rows = max(1, pixels // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _by_bands(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert band by band, so that no intermediate picture of full size is needed."""
    whole = Image.new(mode, image.size)
    for top, band in bands(image):
        whole.paste(convert(band), (0, top))
    return whole


def _on_white(band: Image.Image) -> Image.Image:
    coloured = band.convert("RGBA")
    if coloured.getchannel("A").getextrema() == (WHITE_8_BIT, WHITE_8_BIT):
        return coloured.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", band.size, BACKGROUND), coloured).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Map the darkest level to black and the lightest to white. NaN and infinity count as 0."""
    extremes = [(float(levels.min()), float(levels.max())) for levels in map(_numbers, bands(image))]
    black, white = min(low for low, _ in extremes), max(high for _, high in extremes)
    return _by_bands(image, "L", lambda band: _scaled(_numbers((0, band)), black, white))


def _numbers(band: tuple[int, Image.Image]) -> F32:
    return np.nan_to_num(np.asarray(band[1]).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _scaled(levels: npt.NDArray[np.generic], black: float, white: float) -> Image.Image:
    """Map `black` to 0 and `white` to 255, rounded to the nearest level. A flat picture becomes black."""
    span = (white - black) or 1.0
    grey = (levels.astype(np.float32) - np.float32(black)) * np.float32(WHITE_8_BIT / span)
    return Image.fromarray(np.rint(grey).clip(0, WHITE_8_BIT).astype(np.uint8))
