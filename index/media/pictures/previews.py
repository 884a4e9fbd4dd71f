"""Small pictures that a file has of itself in its header. One that shows something else is a further plane.

Cameras write a thumbnail into EXIF, Photoshop into its own segment, and some programs leave both as they were when they
crop or paint over the picture. A file browser shows them. A preview that cannot be decoded shows nothing.
"""

import io
import struct
from typing import Final

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageFile

from index.arrays import F32, Plane

MAX_PREVIEW_BYTES: Final = 1 << 20
"""Bytes of one preview. A segment of a JPEG has at most 64 KB, and an EXIF block elsewhere can have more."""

COMPARED_SIDE: Final = 32  # pixels a side, whatever the aspect ratio
MIN_CORRELATION: Final = 0.9
"""Correlation of two pictures from which they show the same. Previews of 160 x 120 pixels have 0.97 and more."""

MAX_LEVELS: Final = 16.0
"""Mean absolute difference of two pictures, in grey levels, up to which they show the same."""

MAX_BAR_LEVEL: Final = 40  # the lightest level of a letterbox; thumbnails of 4:3 are padded with black

_IRB_THUMBNAIL: Final = 1036  # Photoshop's image resource; 28 bytes of header precede the JPEG
_IRB_HEADER: Final = 28
_JPEG: Final = b"\xff\xd8"
_JFXX: Final = b"JFXX\0\x10"  # an extension of JFIF: a thumbnail as JPEG
_JFIF_RGB: Final = struct.Struct(">5s7xBB")  # JFIF: columns and rows of a thumbnail in RGB, which follows


def packed_previews(image: Image.Image) -> tuple[bytes, ...]:
    """Return the previews of an open image as files, not decoded. Damaged ones are left out."""
    found = (_of_exif(image), _of_photoshop(image), _of_jfxx(image))
    files = [
        one for one in found if one is not None and one.startswith(_JPEG) and len(one) <= MAX_PREVIEW_BYTES
    ]
    pixels = _of_jfif(image)
    return tuple(files) if pixels is None else (*files, pixels)


def shows_the_same(luma: Plane, preview: Plane) -> bool:
    """Return True if a preview shows the same as the picture, turned or not, with or without a letterbox.

    Args:
        luma: Matching plane of the picture.
        preview: Matching plane of the preview, which is upright or turned like the stored picture.
    """
    small = _small(luma)
    return any(
        _is_alike(small, _small(np.rot90(view, turns)))
        for turns, shape in ((0, luma.shape), (1, luma.shape[::-1]), (2, luma.shape), (3, luma.shape[::-1]))
        for view in (preview, _without_letterbox(preview, shape))
    )


def _of_exif(image: Image.Image) -> bytes | None:
    block = image.info.get("exif")
    if not isinstance(block, bytes):
        return None
    block = block.removeprefix(b"Exif\0\0")
    try:
        directory = image.getexif().get_ifd(ExifTags.IFD.IFD1)
        start, length = directory[ExifTags.Base.JpegIFOffset], directory[ExifTags.Base.JpegIFByteCount]
        return block[int(start) : int(start) + int(length)]
    except Exception:  # noqa: BLE001 - damaged EXIF data show nothing
        return None


def _of_photoshop(image: Image.Image) -> bytes | None:
    resources = image.info.get("photoshop")
    found = resources.get(_IRB_THUMBNAIL) if isinstance(resources, dict) else None
    return found[_IRB_HEADER:] if isinstance(found, bytes) else None


def _of_jfxx(image: Image.Image) -> bytes | None:
    segments = getattr(image, "applist", ()) if isinstance(image, ImageFile.ImageFile) else ()
    bodies = (body for name, body in segments if name == "APP0" and body.startswith(_JFXX))
    found = next(bodies, None)
    return None if found is None else found[len(_JFXX) :]


def _of_jfif(image: Image.Image) -> bytes | None:
    """Return the thumbnail in RGB that a JFIF header can have, as a file of its own."""
    for name, body in getattr(image, "applist", ()):
        if name != "APP0" or len(body) < _JFIF_RGB.size or not body.startswith(b"JFIF\0"):
            continue
        _, width, height = _JFIF_RGB.unpack_from(body)
        pixels = body[_JFIF_RGB.size : _JFIF_RGB.size + 3 * width * height]
        if width and height and len(pixels) == 3 * width * height:
            file = io.BytesIO()
            Image.frombytes("RGB", (width, height), pixels).save(file, "BMP")
            return file.getvalue()
    return None


def _small(plane: Plane) -> F32:
    side = (COMPARED_SIDE, COMPARED_SIDE)
    return np.asarray(cv2.resize(plane, side, interpolation=cv2.INTER_AREA), np.float32)


def _is_alike(small: F32, other: F32) -> bool:
    if float(np.abs(small - other).mean()) > MAX_LEVELS:
        return False
    spread = float(small.std() * other.std())
    if spread < 1.0:  # a flat picture
        return float(np.abs(small - other).max()) <= MAX_LEVELS
    return float(((small - small.mean()) * (other - other.mean())).mean()) / spread >= MIN_CORRELATION


def _without_letterbox(preview: Plane, shape: tuple[int, ...]) -> Plane:
    """Return the middle of a preview in the picture's aspect ratio, if the bars around it are dark."""
    rows, columns = preview.shape
    scale = min(rows / shape[0], columns / shape[1])
    height, width = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    top, left = (rows - height) // 2, (columns - width) // 2
    middle = preview[top : top + height, left : left + width]
    bars = preview.copy()
    bars[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1] = 0
    return middle if int(bars.max()) <= MAX_BAR_LEVEL else preview
