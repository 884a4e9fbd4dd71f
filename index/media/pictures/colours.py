"""Pictures in colour, in which another worker finds faces. No code is computed from them.

They come from the same decoders under the same limits, upright and opaque like the matching plane. They are reduced by
averaging areas, and never enlarged. They are not stored: they belong to one reply and are dropped with it.
"""

import struct
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from index.errors import DecoderFailed
from index.media.pictures.modes import opaque
from index.media.pictures.planes import SIDEWAYS, fitted, orientation_of, turned

Colours = npt.NDArray[np.uint8]
"""A picture in colour: uint8 [rows, columns, 3], upright, RGB."""

COLOUR_SIDE: Final = 1280
"""Longest side of a picture's first frame, in pixels. A face of 20 pixels is a 64th of this side."""

LATER_COLOUR_SIDE: Final = (
    640  # pixels; longest side of later frames of an animation, and of frames of a clip
)
CHANNELS: Final = 3

_HEAD: Final = struct.Struct(">HH")  # rows, columns; the pixels follow


def colours_of(upright: Image.Image, size: tuple[int, int], side: int) -> Colours:
    """Reduce an upright, opaque image (the turned result of `modes.opaque`) to a picture in colour.

    Args:
        upright: Mode L or RGB.
        size: Columns and rows of the upright picture at full size; `upright` may be smaller because of `draft`.
        side: Maximum longest side, in pixels.
    """
    target = fitted(*size, side)
    factor = max(1, max(upright.size) // max(target))
    # Reduce by a whole factor in Pillow, because NumPy would copy tens of megabytes. The rest is less than a factor of
    # 2.
    reduced = upright.reduce(factor) if factor > 1 else upright
    return _averaged(np.asarray(reduced if reduced.mode == "RGB" else reduced.convert("RGB")), target)


def jpeg_colours(image: Image.Image, side: int) -> Colours:
    """Decode an open JPEG in colour, at a sufficient fraction of its size. Errors of the decoder pass through.

    The file is decoded a second time, so that the luma for the codes does not depend on whether colours are requested.
    One decoding in YCbCr would serve both, except for RGB and CMYK files, but is not faster: the conversion in libjpeg
    takes 1.5 ms at 1280 x 960 pixels, and a later conversion 2 to 4 ms.
    """
    size = image.size
    image.draft(None, fitted(*size, side))
    image.load()
    orientation = orientation_of(image)
    return colours_of(turned(opaque(image), orientation), upright_size(size, orientation), side)


def reduced_colours(colours: Colours, side: int) -> Colours:
    """Reduce a picture in colour to a longest side of at most `side` pixels."""
    rows, columns, _ = colours.shape
    return _averaged(colours, fitted(columns, rows, side))


def pack_colours(colours: Colours) -> bytes:
    """Return the packed form of a picture in colour."""
    rows, columns, _ = colours.shape
    return _HEAD.pack(rows, columns) + colours.tobytes()


def unpack_colours(data: memoryview, side: int) -> tuple[Colours, memoryview]:
    """Read a picture in colour from the start of a worker's reply, which is not trusted. Return it and the rest.

    Raises:
        DecoderFailed: The picture has no pixels, a side longer than `side`, or fewer bytes than announced.
    """
    if len(data) < _HEAD.size:
        raise DecoderFailed("the decoder's answer was out of range")
    rows, columns = _HEAD.unpack_from(data)
    end = _HEAD.size + rows * columns * CHANNELS
    if not 1 <= min(rows, columns) <= max(rows, columns) <= side or len(data) < end:
        raise DecoderFailed("the decoder's answer was out of range")
    pixels = np.frombuffer(data[_HEAD.size : end], np.uint8)
    return pixels.reshape(rows, columns, CHANNELS), data[end:]


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return columns and rows of a picture of this size after it is turned upright."""
    width, height = size
    return (height, width) if orientation in SIDEWAYS else size


def _averaged(pixels: Colours, target: tuple[int, int]) -> Colours:
    """Reduce a picture to this many columns and rows. A picture of that size is returned unchanged."""
    rows, columns, _ = pixels.shape
    if (columns, rows) == target:
        return pixels
    averaged: Colours = cv2.resize(pixels, target, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return averaged
