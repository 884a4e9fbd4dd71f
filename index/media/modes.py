"""Colour modes: every mode that a decoder gives becomes opaque 8-bit grey or RGB that looks the same."""

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

# Transparent pixels show this. White is what a page, a chat and a flattening messenger put behind a picture.
BACKGROUND: Final = (255, 255, 255, 255)

WHITE_8_BIT: Final = 255
WHITE_16_BIT: Final = 65_535

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
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), coloured).convert("RGB")
    if mode in _16_BIT_MODES:
        return _scaled(np.asarray(image), 0, WHITE_16_BIT)
    if mode in _OPEN_RANGE_MODES:
        return _stretched(np.asarray(image))
    if mode == "LAB":
        return image.getchannel("L")
    if mode == "1":
        return image.convert("L")
    return image if mode in {"L", "RGB"} else image.convert("RGB")


def _stretched(levels: npt.NDArray[np.generic]) -> Image.Image:
    """Map the darkest to black and the lightest to white; what is not a number is black."""
    numbers = np.nan_to_num(levels.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return _scaled(numbers, float(numbers.min()), float(numbers.max()))


def _scaled(levels: npt.NDArray[np.generic], black: float, white: float) -> Image.Image:
    """Map `black` to 0 and `white` to 255, rounding to the nearest; a flat picture becomes black."""
    span = (white - black) or 1.0
    grey = (levels.astype(np.float32) - np.float32(black)) * np.float32(WHITE_8_BIT / span)
    return Image.fromarray(np.rint(grey).clip(0, WHITE_8_BIT).astype(np.uint8))
