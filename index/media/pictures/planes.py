"""The matching plane of one decoded picture: upright luma, longest side at most 512 pixels."""

from typing import Final

import numpy as np
from PIL import ExifTags, Image

from index.arrays import Plane

MATCHING_SIDE: Final = 512  # pixels; longest side of the matching plane
REDUCING_GAP: Final = 2.0  # reduced by whole factors to at least twice the target, then bilinearly

# The operation that makes a picture upright, by its EXIF orientation (EXIF 2.32, tag 0x0112). 1 is upright.
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
"""Orientations in which width and height are swapped."""


def draft_for_matching(image: Image.Image) -> None:
    """Make a JPEG that is not loaded yet decode only its luma, at a sufficient fraction of its size.

    Only for JPEG: `draft` of a HEIC returns the embedded thumbnail, which may show something else.
    """
    width, height = fitted(*image.size)
    image.draft("L", (round(width * REDUCING_GAP), round(height * REDUCING_GAP)))


def matching_luma(flat: Image.Image, size: tuple[int, int], orientation: int) -> Plane:
    """Reduce an opaque image to its matching plane.

    Args:
        flat: Result of `modes.opaque`.
        size: Width and height of the picture at full size; `flat` may be smaller because of `draft`.
        orientation: Result of `orientation_of`.
    """
    target = fitted(*size)
    grey = flat.convert("L")
    if grey.size != target:
        grey = grey.resize(target, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP)
    return np.asarray(turned(grey, orientation))


def fitted(width: int, height: int, side: int = MATCHING_SIDE) -> tuple[int, int]:
    """Return the size with a longest side of at most `side`, the same aspect ratio, and at least one pixel."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def orientation_of(image: Image.Image) -> int:
    """Return a loaded image's EXIF orientation, 1 to 8. Unreadable EXIF data count as upright, as in viewers.

    Decoders that turn pictures themselves (TIFF, HEIC) have removed the orientation before.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - viewers show a picture with damaged EXIF data as upright
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture upright."""
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)
