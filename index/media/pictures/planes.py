"""The matching plane of one decoded picture: upright luma, longest side at most 512 pixels."""

from typing import Final

import numpy as np
from PIL import ExifTags, Image

from index.arrays import Plane

MATCHING_SIDE: Final = 512  # pixels; longest side of the matching plane (design, section 5, One plane)
REDUCING_GAP: Final = 2.0  # reduce by whole factors down to twice the target, bilinear from there

# What turns a picture upright, by its EXIF orientation (EXIF 2.32, tag 0x0112); 1 is upright already.
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS: Final = frozenset({5, 6, 7, 8})
"""Orientations in which width and height change places."""

"""uint8 [rows, columns], grey levels 0 to 255."""


def draft_for_matching(image: Image.Image) -> None:
    """Have a JPEG that is not loaded yet decode its luma only, at the fraction of its size that is enough.

    Only for JPEG: for HEIC, draft takes the embedded thumbnail, which may show something else.
    """
    width, height = fitted(*image.size)
    image.draft("L", (round(width * REDUCING_GAP), round(height * REDUCING_GAP)))


def matching_luma(flat: Image.Image, size: tuple[int, int], orientation: int) -> Plane:
    """Reduce an opaque image to its matching plane.

    Args:
        flat: What `modes.opaque` gave.
        size: Width and height of the picture at full size; `flat` may be smaller, as `draft` makes it.
        orientation: As `orientation_of` tells it.
    """
    target = fitted(*size)
    grey = flat.convert("L")
    if grey.size != target:
        grey = grey.resize(target, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP)
    return np.asarray(turned(grey, orientation))


def fitted(width: int, height: int, side: int = MATCHING_SIDE) -> tuple[int, int]:
    """The size with a longest side of at most `side`, aspect kept, never below one pixel."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def orientation_of(image: Image.Image) -> int:
    """Read a loaded image's EXIF orientation, 1 to 8; what no viewer could read counts as upright.

    Decoders that turn by themselves (TIFF, HEIC) have removed it by now.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - viewers show a picture whose EXIF is damaged, upright; so do we
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture upright."""
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)
