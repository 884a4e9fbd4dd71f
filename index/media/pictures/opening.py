"""Opening a picture: the format by its content, the size by its header, and not one pixel decoded."""

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

# Both would start threads of their own beside the pool's workers.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)

# Pillow raises above twice this. Our own check comes after the header was read; what Pillow allocates by a header's
# word alone (the canvas of a WebP, the ground of a GIF's frame) stays within the same bound.
Image.MAX_IMAGE_PIXELS = STANDARD.max_pixels // 2


class MediaFormat(StrEnum):
    """The formats that are decoded; everything else is refused. The value is the name in a fingerprint."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    AVIF = "avif"
    HEIC = "heic"


# The one decoder that may look at each format; Image.open is told its name. JPEG hands multi-picture files
# (MPO) on by itself, while naming MPO makes Image.open raise KeyError for every other file (style rule R4).
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

# What is looked at before a decoder is, as its own reading of the header has no bounds.
_WALKERS: Final[dict[MediaFormat, Callable[[bytes], None]]] = {
    MediaFormat.JPEG: check_jpeg,
    MediaFormat.PNG: check_png,
    MediaFormat.GIF: check_gif,
    MediaFormat.BMP: check_bmp,
    MediaFormat.TIFF: check_tiff,
}

# Bytes of memory for each pixel while a picture is decoded, beside the process and the file: measured (WebP: two
# canvases and two copies), or counted from the decoder's source where no encoder for the worst case is at hand (AVIF:
# 12 bits without subsampling, the copy handed over and Pillow's own). JPEG: `_bytes_a_pixel`.
_WORK_BYTES: Final = {
    (MediaFormat.WEBP, "RGB"): 17,
    (MediaFormat.WEBP, "RGBA"): 17,
    (MediaFormat.AVIF, "RGB"): 13,
    (MediaFormat.AVIF, "RGBA"): 16,
}
MAX_WORK_BYTES: Final = 360_000_000
"""What decoding one picture may take, so that a worker stays below 512 MB: 21 megapixels of WebP, 40 of most."""

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

# Brands of the `ftyp` box (ISO/IEC 23008-12 and the AVIF specification). A general brand such as `mif1` says
# nothing of the codec; the list of compatible brands behind it does.
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
    """Tell the format of a file by its first bytes alone.

    Raises:
        UnknownFormat: None of the allowed formats.
    """
    for magic, media_format in _FIRST_BYTES.items():
        if data.startswith(magic):
            return media_format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return MediaFormat.WEBP
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4]), _FTYP_SCAN_BYTES)
        # Offset 12 holds a version number, which is no brand.
        for start in (8, *range(16, end, _BRAND_BYTES)):
            if (brand := _BRANDS.get(data[start : start + _BRAND_BYTES])) is not None:
                return brand
    raise UnknownFormat(f"the content is none of {', '.join(MediaFormat)}")


def open_image(data: bytes, limits: DecodeLimits) -> tuple[MediaFormat, Image.Image]:
    """Open a file for decoding, after its size in bytes, its format and its size in pixels have passed.

    Args:
        data: The whole file.
        limits: `max_bytes`, `max_pixels` and `max_side` count here.

    Returns:
        The format, and Pillow's lazy image: header read, pixels not.

    Raises:
        EmptyMedia: No bytes.
        TooManyBytes: More bytes than allowed.
        UnknownFormat: None of the allowed formats.
        TooManyPixels: The header announces more pixels, or a longer side, than allowed.
        UndecodableMedia: The header is damaged, or the file is made of more pieces than a picture has.
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
    """Pass an image of which the header was read: its size, and what decoding it takes.

    Raises:
        TooManyPixels: More pixels, a longer side, or more memory to decode them in, than allowed.
        UndecodableMedia: No pixels, or the same ones over and over.
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
    """Pass a picture of this width and height.

    Raises:
        TooManyPixels: More pixels, or a longer side, than allowed.
        UndecodableMedia: No pixels.
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
        # All coefficients, two bytes each, before the first pixel; then the picture, three bytes padded to four.
        samples = [across * down for _, across, down, _ in image.layer]
        return 2 * sum(samples) / max([1, *samples]) + 4
    return _WORK_BYTES.get((media_format, image.mode), 0)


def check_size(size: int, limits: DecodeLimits) -> None:
    """Pass a file of `size` bytes.

    Raises:
        EmptyMedia: No bytes.
        TooManyBytes: More bytes than allowed.
    """
    if size == 0:
        raise EmptyMedia("the file has no bytes")
    if size > limits.max_bytes:
        raise TooManyBytes(f"a file has at most {limits.max_bytes:,} bytes")


@contextmanager
def decoder_errors() -> Iterator[None]:
    """Turn whatever a decoder raises into `UndecodableMedia`, without its text and without its warnings.

    On hostile files Pillow's decoders raise SyntaxError, struct.error, ValueError, IndexError, KeyError,
    MemoryError, OSError and more, and their texts quote the file. Not for threads: `warnings.catch_warnings`
    is global, and decoding belongs into a worker process anyway.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except MediaError:
            raise
        except Image.DecompressionBombError:
            raise TooManyPixels("the header announces more pixels than are decoded") from None
        except Exception:  # noqa: BLE001 - the decoder's failure, of whatever kind, is the file's
            raise UndecodableMedia("the file is truncated or damaged") from None
