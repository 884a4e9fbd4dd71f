"""A picture's luma at a larger size than the matching plane, from which its parts are cut."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from index.arrays import Plane
from index.limits import MEGAPIXEL, DecodeLimits
from index.media.pictures.opening import open_image
from index.media.pictures.planes import REDUCING_GAP, orientation_of, turned

DETAIL_PIXELS: Final = 6 * MEGAPIXEL
"""Size up to which a picture is not reduced."""

MIN_SCALE: Final = 0.6
"""Scale below which no picture is reduced: one shown at 160 pixels of its shorter side keeps 96. A picture of 60
megapixels keeps 22."""

MAX_PIXELS: Final = 60 * MEGAPIXEL
"""Size above which a picture has no details: decoding it again takes more than 0.6 s."""

WantsDetail = Callable[[Plane, tuple[int, int]], bool]
"""Return True if a picture is wanted in detail, given its matching plane, and width and height at full size."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detail:
    """A picture in detail.

    Attributes:
        luma: uint8 [rows, columns], upright, grey levels 0 to 255; empty above `MAX_PIXELS`.
        scale: Its size over the full size, at most 1.
    """

    luma: Plane = field(repr=False)
    scale: float


def detail_of(upright: Image.Image, size: tuple[int, int]) -> Detail:
    """Reduce an opaque, upright picture of this full size."""
    if size[0] * size[1] > MAX_PIXELS:
        return _none()
    scale = min(_scale(size), upright.width / size[0])
    grey = upright.convert("L")
    target = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    if grey.size != target:
        grey = grey.resize(target, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP)
    return Detail(luma=np.asarray(grey), scale=scale)


def jpeg_detail(data: bytes, limits: DecodeLimits, size: tuple[int, int]) -> Detail:
    """Decode a JPEG's luma again. Errors of the decoder pass through.

    Args:
        data: Content of the whole file.
        limits: Bounds on the size that the file's header may announce.
        size: Width and height of the upright picture at full size.
    """
    if size[0] * size[1] > MAX_PIXELS:
        return _none()
    scale = _scale(size)
    _, image = open_image(data, limits)
    image.draft("L", (round(image.width * scale), round(image.height * scale)))
    image.load()
    return detail_of(turned(image.convert("L"), orientation_of(image)), size)


def wants_none(_plane: Plane, _size: tuple[int, int]) -> bool:
    """Return False: no picture is wanted in detail."""
    return False


def _none() -> Detail:
    return Detail(luma=np.zeros((0, 0), np.uint8), scale=1.0)


def _scale(size: tuple[int, int]) -> float:
    return float(min(1.0, max(MIN_SCALE, np.sqrt(DETAIL_PIXELS / (size[0] * size[1])))))
