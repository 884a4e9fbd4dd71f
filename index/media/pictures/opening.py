"""Open a picture: determine its format by content and its size by the header. No pixel is decoded here."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

from index.errors import EmptyMedia, MediaError, TooManyBytes, TooManyPixels, UndecodableMedia
from index.limits import MEGAPIXEL, STANDARD, DecodeLimits
from index.media.pictures.formats import MediaFormat, size_limit, size_limits_text, sniff
from index.media.pictures.structure import (
    check_bmp,
    check_gif,
    check_jpeg,
    check_png,
    check_tiff,
    jpeg_is_buffered,
)

# Both libraries would start threads of their own, besides the pool's workers.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)

# Pillow raises an error above twice this number. Our own check follows after the header is read. Memory that Pillow
# allocates by the header alone (the canvas of a WebP, the background of a GIF's frame) stays within the same bound.
_PILLOW_PIXELS: Final = 20 * MEGAPIXEL
Image.MAX_IMAGE_PIXELS = _PILLOW_PIXELS

# Formats whose larger pictures are opened too: their decoders allocate nothing by the header alone.
_LARGE: Final = frozenset({MediaFormat.JPEG, MediaFormat.HEIC})

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

# Bytes of memory a pixel needs while an AVIF is decoded: derived from the decoder's source, because no encoder of the
# worst case is available (12 bits without subsampling, the decoder's copy and Pillow's). For JPEG see `_bytes_a_pixel`.
_AVIF_BYTES: Final = {"RGB": 13, "RGBA": 16}

# The same for a HEIC of more than 8 bits, measured: with chroma at half size, and without subsampling. One of 8 bits
# needs 7 bytes a pixel.
_DEEP_HEIC_BYTES: Final = {420: 7.7}
_MAX_HEIC_BYTES: Final = 15
_HEIC_BITS: Final = 8
MAX_WORK_BYTES: Final = 400_000_000
"""Memory for decoding one picture, so that a worker stays below 512 MB."""


def open_image(
    data: bytes, limits: DecodeLimits, *, at_full_size: bool = False
) -> tuple[MediaFormat, Image.Image]:
    """Check the size in bytes, the format and the size in pixels of a file, and open it for decoding.

    Args:
        data: Content of the whole file.
        limits: Only `max_bytes`, `max_pixels` and `max_side` are used.
        at_full_size: True if a JPEG will not be reduced while it is decoded, which needs more memory.

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
    with decoder_errors(), _pillow_limit(media_format):
        image = Image.open(io.BytesIO(data), formats=[str(_DECODERS[media_format].format)])
    if media_format is MediaFormat.JPEG:
        is_costly = jpeg_is_buffered(data)
    else:
        is_costly = media_format is MediaFormat.WEBP and bool(getattr(image, "is_animated", False))
    check_announced(image, media_format, limits, is_costly=is_costly, at_full_size=at_full_size)
    return media_format, image


@contextmanager
def _pillow_limit(media_format: MediaFormat) -> Iterator[None]:
    """Lift Pillow's own limit while a large format is opened; `check_announced` follows."""
    Image.MAX_IMAGE_PIXELS = STANDARD.max_pixels if media_format in _LARGE else _PILLOW_PIXELS
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = _PILLOW_PIXELS


def check_announced(
    image: Image.Image,
    media_format: MediaFormat,
    limits: DecodeLimits,
    *,
    is_costly: bool = False,
    at_full_size: bool = False,
) -> None:
    """Check the announced size of an image, and the memory for decoding it.

    Args:
        image: The image, of which only the header has been read.
        media_format: Its format.
        limits: As for `open_image`.
        is_costly: As for `size_limit`.
        at_full_size: As for `open_image`.

    Raises:
        TooManyPixels: The pixels, a side, or the memory for decoding exceed the limits.
        UndecodableMedia: The header announces no pixels, or the same pixels repeatedly.
    """
    check_sides(image.size, media_format, limits, is_costly=is_costly, at_full_size=at_full_size)
    pixels = image.width * image.height
    work = _bytes_a_pixel(image, media_format, is_costly=is_costly, at_full_size=at_full_size)
    if pixels * work > MAX_WORK_BYTES:
        raise TooManyPixels(f"decoding this kind of {media_format} takes too much memory at this size")
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    extents = (tile.extents for tile in tiles if tile.extents is not None)
    if sum((right - left) * (bottom - top) for left, top, right, bottom in extents) > pixels * len(
        image.getbands()
    ):
        raise UndecodableMedia("the header announces the same pixels over and over", is_final=True)


def check_sides(
    size: tuple[int, int],
    media_format: MediaFormat,
    limits: DecodeLimits,
    *,
    is_costly: bool = False,
    at_full_size: bool = False,
) -> None:
    """Check the width and height of a picture, with the arguments of `check_announced`.

    Raises:
        TooManyPixels: The picture has more pixels, or a longer side, than allowed.
        UndecodableMedia: The picture has no pixels.
    """
    width, height = size
    if min(width, height) < 1:
        raise UndecodableMedia("the header announces a picture without pixels")
    most = size_limit(media_format, is_costly=is_costly).pixels(is_registered=at_full_size)
    if width * height > min(most, limits.max_pixels) or max(width, height) > limits.max_side:
        raise TooManyPixels(
            f"{size_limits_text(is_registered=at_full_size)}; a side has at most {limits.max_side:,} pixels"
        )


def _bytes_a_pixel(
    image: Image.Image, media_format: MediaFormat, *, is_costly: bool, at_full_size: bool
) -> float:
    """Return the memory for decoding, besides that of the picture itself, in bytes a pixel."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        # All coefficients, two bytes each, are decoded before the first pixel; then the picture, three bytes padded to
        # four.
        samples = [across * down for _, across, down, _ in image.layer]
        coefficients = 2 * sum(samples) / max([1, *samples]) if is_costly else 0
        return coefficients + (4 if at_full_size else 0)
    if media_format is MediaFormat.HEIC and image.info.get("bit_depth", _HEIC_BITS) > _HEIC_BITS:
        return _DEEP_HEIC_BYTES.get(image.info.get("chroma", 0), _MAX_HEIC_BYTES)
    return _AVIF_BYTES.get(image.mode, 0) if media_format is MediaFormat.AVIF else 0


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
