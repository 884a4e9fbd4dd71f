"""Colour modes: every mode that a decoder gives becomes opaque 8-bit grey or RGB that looks the same."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from index.arrays import F32

# Transparent pixels show this. White is what a page, a chat and a flattening messenger put behind a picture.
BACKGROUND: Final = (255, 255, 255, 255)

WHITE_8_BIT: Final = 255
WHITE_16_BIT: Final = 65_535

# Pixels that are converted at a time. Measured at 40 megapixels: 240 instead of 540 MB of work space for a floating
# point picture, and a transparent one a third faster, as a band stays in the cache.
BAND_PIXELS: Final = 1 << 18

_ALPHA_MODES: Final = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_16_BIT_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_OPEN_RANGE_MODES: Final = frozenset({"I", "F"})


def opaque(image: Image.Image) -> Image.Image:
    """Show a loaded image as eyes see it on a white ground, as mode L or RGB of the same size.

    Transparency is laid on white; 16-bit grey is scaled (Pillow's own conversion clips it at 255); 32-bit and
    floating-point grey, which has no fixed white, is stretched from its darkest to its lightest pixel; of CIE
    Lab the lightness is kept. CMYK and YCCK come from the JPEG decoder with Adobe's inversion undone.
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
    """Cut a loaded image into bands of rows, each with its first row; at least one row each."""
    rows = max(1, pixels // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _by_bands(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert band by band, so that no second picture of full size is needed in between."""
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
    """Map the darkest to black and the lightest to white; what is not a number is black."""
    extremes = [(float(levels.min()), float(levels.max())) for levels in map(_numbers, bands(image))]
    black, white = min(low for low, _ in extremes), max(high for _, high in extremes)
    return _by_bands(image, "L", lambda band: _scaled(_numbers((0, band)), black, white))


def _numbers(band: tuple[int, Image.Image]) -> F32:
    return np.nan_to_num(np.asarray(band[1]).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _scaled(levels: npt.NDArray[np.generic], black: float, white: float) -> Image.Image:
    """Map `black` to 0 and `white` to 255, rounding to the nearest; a flat picture becomes black."""
    span = (white - black) or 1.0
    grey = (levels.astype(np.float32) - np.float32(black)) * np.float32(WHITE_8_BIT / span)
    return Image.fromarray(np.rint(grey).clip(0, WHITE_8_BIT).astype(np.uint8))
