"""Open a picture: determine its format by content and its size by the header. No pixel is decoded here."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from index.errors import EmptyMedia, MediaError, TooManyBytes, TooManyPixels, UndecodableMedia, UnknownFormat
from index.limits import STANDARD, DecodeLimits
from index.media.pictures.structure import check_bmp, check_gif, check_jpeg, check_png, check_tiff
from index.media.sounds import refuse_sound

# Both libraries would start threads of their own, besides the pool's workers.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)

# Pillow raises an error above twice this number. Our own check follows after the header is read. Memory that Pillow
# allocates by the header alone (the canvas of a WebP, the background of a GIF's frame) stays within the same bound.
Image.MAX_IMAGE_PIXELS = STANDARD.max_pixels // 2


class MediaFormat(StrEnum):
    """The supported formats; all others are refused. The value is the name in a fingerprint."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    AVIF = "avif"
    HEIC = "heic"


# The decoder for each format. Its name is passed to Image.open. The JPEG decoder opens multi-picture files (MPO)
# itself; if MPO is named, Image.open raises KeyError for every other file.
_DECODERS: Final[dict[MediaFormat, type[ImageFile.ImageFile]]] = {
    MediaFormat.JPEG: JpegImagePlugin.JpegImageFile,
    MediaFormat.PNG: PngImagePlugin.PngImageFile,
    MediaFormat.WEBP: WebPImagePlugin.WebPImageFile,
    MediaFormat.GIF: GifImagePlugin.GifImageFile,
    MediaFormat.BMP: BmpImagePlugin.BmpImageFile,
    MediaFormat.TIFF: TiffImagePlugin.TiffImageFile,
    MediaFormat.AVIF: AvifImagePlugin.AvifImageFile,
    MediaFormat.HEIC: pillow_heif.HeifImageFile,
}

# Checks that run before the decoder, whose own parsing of the header is unbounded.
_WALKERS: Final[dict[MediaFormat, Callable[[bytes], None]]] = {
    MediaFormat.JPEG: check_jpeg,
    MediaFormat.PNG: check_png,
    MediaFormat.GIF: check_gif,
    MediaFormat.BMP: check_bmp,
    MediaFormat.TIFF: check_tiff,
}

# Bytes of memory a pixel needs while a picture is decoded, besides the process and the file. Measured for WebP (two
# canvases and two copies); derived from the decoder's source for AVIF, for which no encoder of the worst case is
# available (12 bits without subsampling, the decoder's copy and Pillow's). For JPEG see `_bytes_a_pixel`.
_WORK_BYTES: Final = {
    (MediaFormat.WEBP, "RGB"): 17,
    (MediaFormat.WEBP, "RGBA"): 17,
    (MediaFormat.AVIF, "RGB"): 13,
    (MediaFormat.AVIF, "RGBA"): 16,
}
MAX_WORK_BYTES: Final = 360_000_000
"""Memory for decoding one picture, so that a worker stays below 512 MB: 21 megapixels of WebP, 40 of most formats."""

_FIRST_BYTES: Final = {
    b"\xff\xd8\xff": MediaFormat.JPEG,
    b"\x89PNG\r\n\x1a\n": MediaFormat.PNG,
    b"GIF87a": MediaFormat.GIF,
    b"GIF89a": MediaFormat.GIF,
    b"BM": MediaFormat.BMP,
    b"II*\x00": MediaFormat.TIFF,
    b"MM\x00*": MediaFormat.TIFF,
    b"II+\x00": MediaFormat.TIFF,  # BigTIFF
    b"MM\x00+": MediaFormat.TIFF,
}

# Brands of the `ftyp` box (ISO/IEC 23008-12 and the AVIF specification). A general brand such as `mif1` does not name
# the codec, but the list of compatible brands after it does.
_BRANDS: Final = {
    b"avif": MediaFormat.AVIF,
    b"avis": MediaFormat.AVIF,
    b"heic": MediaFormat.HEIC,
    b"heix": MediaFormat.HEIC,
    b"heim": MediaFormat.HEIC,
    b"heis": MediaFormat.HEIC,
    b"hevc": MediaFormat.HEIC,
    b"hevx": MediaFormat.HEIC,
}
_BRAND_BYTES: Final = 4
_FTYP_SCAN_BYTES: Final = 128  # the longest list of brands seen in the wild is under 64 bytes


def sniff(data: bytes) -> MediaFormat:
    """Return the format of a file, given its first bytes.

    Raises:
        SoundOnly: It is a sound file.
        UnknownFormat: The format is not supported.
    """
    for magic, media_format in _FIRST_BYTES.items():
        if data.startswith(magic):
            return media_format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return MediaFormat.WEBP
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4]), _FTYP_SCAN_BYTES)
        # Offset 12 holds a version number, not a brand.
        for start in (8, *range(16, end, _BRAND_BYTES)):
            if (brand := _BRANDS.get(data[start : start + _BRAND_BYTES])) is not None:
                return brand
    refuse_sound(data)
    raise UnknownFormat(f"the content is none of {', '.join(MediaFormat)}")


def open_image(data: bytes, limits: DecodeLimits) -> tuple[MediaFormat, Image.Image]:
    """Check the size in bytes, the format and the size in pixels of a file, and open it for decoding.

    Args:
        data: Content of the whole file.
        limits: Only `max_bytes`, `max_pixels` and `max_side` are used.

    Returns:
        The format, and Pillow's lazy image, of which only the header has been read.

    Raises:
        EmptyMedia: The file has no bytes.
        TooManyBytes: The file has more bytes than allowed.
        UnknownFormat: The format is not supported.
        TooManyPixels: The header announces more pixels, or a longer side, than allowed.
        UndecodableMedia: The header is damaged, or the file consists of too many pieces.
    """
    check_size(len(data), limits)
    media_format = sniff(data)
    if (walk := _WALKERS.get(media_format)) is not None:
        walk(data)
    with decoder_errors():
        image = Image.open(io.BytesIO(data), formats=[str(_DECODERS[media_format].format)])
    check_announced(image, media_format, limits)
    return media_format, image


def check_announced(image: Image.Image, media_format: MediaFormat, limits: DecodeLimits) -> None:
    """Check the announced size of an image, and the memory for decoding it.

    Raises:
        TooManyPixels: The pixels, a side, or the memory for decoding exceed the limits.
        UndecodableMedia: The header announces no pixels, or the same pixels repeatedly.
    """
    check_sides(image.size, limits)
    pixels = image.width * image.height
    if pixels * _bytes_a_pixel(image, media_format) > MAX_WORK_BYTES:
        raise TooManyPixels(f"decoding this kind of {media_format} takes too much memory at this size")
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    extents = (tile.extents for tile in tiles if tile.extents is not None)
    if sum((right - left) * (bottom - top) for left, top, right, bottom in extents) > pixels * len(
        image.getbands()
    ):
        raise UndecodableMedia("the header announces the same pixels over and over")


def check_sides(size: tuple[int, int], limits: DecodeLimits) -> None:
    """Check the width and height of a picture.

    Raises:
        TooManyPixels: The picture has more pixels, or a longer side, than allowed.
        UndecodableMedia: The picture has no pixels.
    """
    width, height = size
    if min(width, height) < 1:
        raise UndecodableMedia("the header announces a picture without pixels")
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise TooManyPixels(
            f"at most {limits.max_pixels:,} pixels and {limits.max_side:,} pixels a side are decoded"
        )


def _bytes_a_pixel(image: Image.Image, media_format: MediaFormat) -> float:
    if isinstance(image, JpegImagePlugin.JpegImageFile) and "progressive" in image.info:
        # All coefficients, two bytes each, are decoded before the first pixel; then the picture, three bytes padded to
        # four.
        samples = [across * down for _, across, down, _ in image.layer]
        return 2 * sum(samples) / max([1, *samples]) + 4
    return _WORK_BYTES.get((media_format, image.mode), 0)


def check_size(size: int, limits: DecodeLimits) -> None:
    """Check the size of a file, in bytes.

    Raises:
        EmptyMedia: The file has no bytes.
        TooManyBytes: The file has more bytes than allowed.
    """
    if size == 0:
        raise EmptyMedia("the file has no bytes")
    if size > limits.max_bytes:
        raise TooManyBytes(f"a file has at most {limits.max_bytes:,} bytes")


@contextmanager
def decoder_errors() -> Iterator[None]:
    """Convert every exception of a decoder into `UndecodableMedia`, without its text, and suppress its warnings.

    On hostile files Pillow's decoders raise SyntaxError, struct.error, ValueError, IndexError, KeyError, MemoryError,
    OSError and more, and their texts quote the file. Not thread safe, because `warnings.catch_warnings` is global;
    decoding is done in a worker process anyway.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except MediaError:
            raise
        except Image.DecompressionBombError:
            raise TooManyPixels("the header announces more pixels than are decoded") from None
        except Exception:  # noqa: BLE001 - any failure of the decoder is caused by the file
            raise UndecodableMedia("the file is truncated or damaged") from None
