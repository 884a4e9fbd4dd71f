"""Colour pictures beside the planes that codes are made of: faces are looked for in them, by others, elsewhere.

They come from the same decoders under the same limits, upright and opaque like the matching plane, and are reduced only
by averaging areas, never enlarged. Nobody keeps them: they go with one answer and are dropped with it.
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
"""uint8 [rows, columns, 3], upright, red, green and blue."""

COLOUR_SIDE: Final = 1280
"""Pixels of the longest side of a picture's first frame: a face of 20 pixels in it is a 64th of the picture."""

LATER_COLOUR_SIDE: Final = 640  # of an animation's later frames, and of a clip's
CHANNELS: Final = 3

_HEAD: Final = struct.Struct(">HH")  # rows, columns; the pixels follow


def colours_of(upright: Image.Image, size: tuple[int, int], side: int) -> Colours:
    """Reduce an upright, opaque image (what `modes.opaque` gave, turned) to its colour picture.

    Args:
        upright: Mode L or RGB.
        size: Columns and rows of the picture at full size, upright; `upright` may be smaller, as `draft` makes it.
        side: Greatest longest side, in pixels.
    """
    target = fitted(*size, side)
    factor = max(1, max(upright.size) // max(target))
    # By whole numbers in place, where numpy would copy tens of megabytes; what remains is less than a half.
    reduced = upright.reduce(factor) if factor > 1 else upright
    return _averaged(np.asarray(reduced if reduced.mode == "RGB" else reduced.convert("RGB")), target)


def jpeg_colours(image: Image.Image, side: int) -> Colours:
    """Decode an opened JPEG into its colours, at the fraction of its size that is enough; raises what its decoder does.

    For this it is decoded once more, so that the luma that codes are made of stays what it is without. One decoding in
    YCbCr would serve both but for RGB and CMYK files, and is no faster: libjpeg's own conversion (1.5 ms more at
    1280 x 960) is quicker than any behind it (2 to 4).
    """
    size = image.size
    image.draft(None, fitted(*size, side))
    image.load()
    orientation = orientation_of(image)
    return colours_of(turned(opaque(image), orientation), upright_size(size, orientation), side)


def pack_colours(colours: Colours) -> bytes:
    """Write colours into bytes."""
    rows, columns, _ = colours.shape
    return _HEAD.pack(rows, columns) + colours.tobytes()


def unpack_colours(data: memoryview, side: int) -> tuple[Colours, memoryview]:
    """Read colours from the front of what a worker sent, and give the rest; trusts nothing of it.

    Raises:
        DecoderFailed: They have no pixels, a side longer than `side`, or fewer bytes than they say.
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
    """Tell columns and rows of a picture of this size once it is turned upright."""
    width, height = size
    return (height, width) if orientation in SIDEWAYS else size


def _averaged(pixels: Colours, target: tuple[int, int]) -> Colours:
    """Average to this many columns and rows; a size that is reached already is left as it is."""
    rows, columns, _ = pixels.shape
    if (columns, rows) == target:
        return pixels
    averaged: Colours = cv2.resize(pixels, target, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return averaged
