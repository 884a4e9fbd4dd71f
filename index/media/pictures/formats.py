"""The formats of pictures, recognised by their content, and the largest picture of each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from index.errors import UnknownFormat
from index.limits import MEGAPIXEL
from index.media.sounds import refuse_sound


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeLimit:
    """The largest picture of one kind of file, in megapixels.

    Attributes:
        name: The kind, as errors and documents name it.
        checked: Maximum for a check.
        registered: Maximum for a registration, which decodes a JPEG at its full size.
    """

    name: str
    checked: int
    registered: int

    def pixels(self, *, is_registered: bool) -> int:
        """Return the maximum for a check or a registration, in pixels."""
        return (self.registered if is_registered else self.checked) * MEGAPIXEL


# Measured peaks of resident memory, in MB, of which a worker and its libraries take 60 to 90. JPEG in one scan, decoded
# for a check at an eighth of its size: 87 at 200 megapixels. JPEG in one scan at full size, turned: 465 at 50. JPEG in
# several scans, whose coefficients are all in memory, without subsampling: 347 at 50 for a check, 490 at 40 in full.
# WebP by OpenCV: 398 at 40; animated, by Pillow, 17 bytes a pixel. AVIF needs 13 to 16 bytes a pixel.
_JPEG: Final = SizeLimit(name="JPEG", checked=210, registered=52)
_JPEG_OF_SCANS: Final = SizeLimit(name="JPEG in several scans (progressive)", checked=60, registered=40)
_HEIC: Final = SizeLimit(name="HEIC", checked=52, registered=52)
ANIMATED_WEBP: Final = SizeLimit(name="animated WebP", checked=21, registered=21)
_AVIF: Final = SizeLimit(name="AVIF", checked=27, registered=27)
_OTHERS: Final = SizeLimit(name="PNG, WebP, GIF, BMP and TIFF", checked=40, registered=40)
SIZE_LIMITS: Final = (_JPEG, _JPEG_OF_SCANS, _HEIC, ANIMATED_WEBP, _AVIF, _OTHERS)
"""The largest picture of each kind of file. The documents and the errors name them."""


def size_limit(media_format: MediaFormat, *, is_costly: bool) -> SizeLimit:
    """Return the largest picture of a format.

    Args:
        media_format: The format.
        is_costly: True for a JPEG in several scans, and for a WebP of several frames.
    """
    match media_format:
        case MediaFormat.JPEG:
            return _JPEG_OF_SCANS if is_costly else _JPEG
        case MediaFormat.HEIC:
            return _HEIC
        case MediaFormat.AVIF:
            return _AVIF
        case MediaFormat.WEBP if is_costly:
            return ANIMATED_WEBP
        case _:
            return _OTHERS


def size_limits_text(*, is_registered: bool) -> str:
    """Return the largest sizes of all formats in one sentence, for an error."""
    sizes = (f"{one.name} {one.registered if is_registered else one.checked}" for one in SIZE_LIMITS)
    act = "registered" if is_registered else "checked"
    return f"the largest pictures that are {act} have, in megapixels: {', '.join(sizes)}"


FIRST_BYTES: Final = {
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
BRANDS: Final = {
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
FTYP_SCAN_BYTES: Final = 128  # the longest list of brands seen in the wild is under 64 bytes


def sniff(data: bytes) -> MediaFormat:
    """Return the format of a file, given its first bytes.

    Raises:
        SoundOnly: It is a sound file.
        UnknownFormat: The format is not supported.
    """
    for magic, media_format in FIRST_BYTES.items():
        if data.startswith(magic):
            return media_format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return MediaFormat.WEBP
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4]), FTYP_SCAN_BYTES)
        # Offset 12 holds a version number, not a brand.
        for start in (8, *range(16, end, _BRAND_BYTES)):
            if (brand := BRANDS.get(data[start : start + _BRAND_BYTES])) is not None:
                return brand
    refuse_sound(data)
    raise UnknownFormat(f"the content is none of {', '.join(MediaFormat)}")
