"""Decoding a picture into planes: the same picture gives the same plane, however it was saved.

What differs between files of one picture is taken out: orientation here, colour modes, palettes, transparency
and bit depth in `modes`. Colour profiles are ignored, as not every browser on a victim's device applies them.
Of an animation or a file of several pictures the first one counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from index.limits import DecodeLimits
from index.media.modes import opaque
from index.media.opening import MediaFormat, decoder_errors, open_image

MATCHING_SIDE: Final = 512  # pixels; longest side of the matching plane (design, section 5, One plane)
REDUCING_GAP: Final = 2.0  # reduce by whole factors down to twice the target, bilinear from there
BAND_PIXELS: Final = 1_000_000  # pixels of full-size luma at a time: some 30 MB of work space instead of 1 GB

# The reference PDQ's weights (ITU-R BT.601), in double precision as its Python binding applies them.
LUMA_WEIGHTS: Final = (0.299, 0.587, 0.114)

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
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})  # width and height change places


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingPlane:
    """What matching works on.

    Attributes:
        media_format: The file's format.
        width: Width of the upright picture at full size, in pixels.
        height: Height of the upright picture at full size, in pixels.
        luma: uint8 [rows, columns], upright, grey levels 0 to 255, longest side at most 512.
    """

    media_format: MediaFormat
    width: int
    height: int
    luma: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSizeLuma:
    """A picture's luma at full size, in bands of rows, to be read once.

    Attributes:
        width: Columns of the upright picture.
        height: Rows of all bands together.
        bands: float32 [any, width], top to bottom, grey levels 0 to 255, weighed as the reference PDQ does.
    """

    width: int
    height: int
    bands: Iterator[npt.NDArray[np.float32]]


def matching_plane(data: bytes, limits: DecodeLimits) -> MatchingPlane:
    """Decode a file's first picture into its matching plane.

    Of a JPEG only the luma is decoded, and at the fraction of its size that is enough.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    media_format, image = open_image(data, limits)
    width, height = image.size
    target = _fitted(width, height)
    with decoder_errors():
        if media_format is MediaFormat.JPEG:
            # Only here: for HEIC, draft takes the embedded thumbnail, which may show something else.
            image.draft("L", (round(target[0] * REDUCING_GAP), round(target[1] * REDUCING_GAP)))
        image.load()
        orientation = _orientation(image)
        grey = opaque(image).convert("L")
        if grey.size != target:
            grey = grey.resize(target, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP)
        upright = _turned(grey, orientation)
    if orientation in _SIDEWAYS:
        width, height = height, width
    return MatchingPlane(media_format=media_format, width=width, height=height, luma=np.asarray(upright))


def full_size_luma(data: bytes, limits: DecodeLimits) -> FullSizeLuma:
    """Decode a file's first picture at full size, for codes that other registries compare with.

    Raises:
        MediaError: One of the leaves that `open_image` raises.
    """
    _, image = open_image(data, limits)
    with decoder_errors():
        image.load()
        upright = _turned(opaque(image), _orientation(image))
    return FullSizeLuma(width=upright.width, height=upright.height, bands=_luma_bands(upright))


def _fitted(width: int, height: int) -> tuple[int, int]:
    """The size with a longest side of at most `MATCHING_SIDE`, aspect kept, never below one pixel."""
    scale = min(1.0, MATCHING_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _orientation(image: Image.Image) -> int:
    """Read a loaded image's EXIF orientation, 1 to 8; what no viewer could read counts as upright.

    Decoders that turn by themselves (TIFF, HEIC) have removed it by now.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - viewers show a picture whose EXIF is damaged, upright; so do we
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture upright."""
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def _luma_bands(image: Image.Image) -> Iterator[npt.NDArray[np.float32]]:
    """Weigh an L or RGB image band by band; its bands in memory stay below `BAND_PIXELS`."""
    rows = max(1, BAND_PIXELS // image.width)
    red, green, blue = LUMA_WEIGHTS
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        rgb = np.asarray(band.convert("RGB"))
        yield (rgb[..., 0] * red + rgb[..., 1] * green + rgb[..., 2] * blue).astype(np.float32)
