"""Large WebP pictures of one frame, decoded by OpenCV: Pillow's decoder of animations takes 17 bytes a pixel.

OpenCV calls the same library for a still picture, and takes 7.7 bytes a pixel. The pixels of 120 files were the same.
"""

from typing import Final

import cv2
import numpy as np
from PIL import Image

from index.errors import UndecodableMedia
from index.media.pictures.formats import ANIMATED_WEBP
from index.media.pictures.modes import BAND_PIXELS, opaque

MIN_LARGE_PIXELS: Final = ANIMATED_WEBP.pixels(is_registered=False)
"""Above this many pixels Pillow's decoder takes too much memory."""

_WITH_ALPHA: Final = 4  # channels


def large_webp(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode a WebP of one frame. Return it as it appears on a white background, in mode RGB.

    Args:
        data: Content of the whole file.
        size: Columns and rows that the header announces.

    Raises:
        UndecodableMedia: The file is damaged.
    """
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3 or pixels.shape[1::-1] != size or pixels.dtype != np.uint8:  # noqa: PLR2004
        raise UndecodableMedia("the file is truncated or damaged") from None
    has_alpha = pixels.shape[2] == _WITH_ALPHA
    conversion = cv2.COLOR_BGRA2RGBA if has_alpha else cv2.COLOR_BGR2RGB
    whole = Image.new("RGB", size)
    rows = max(1, BAND_PIXELS // size[0])
    for top in range(0, size[1], rows):
        band = cv2.cvtColor(pixels[top : top + rows], conversion)
        whole.paste(opaque(Image.fromarray(band)), (0, top))
    return whole
