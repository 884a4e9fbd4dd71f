"""Other media in a picture's file: pictures and clips behind its end, as phones write motion photos.

1. The picture's end is found by its structure (`ends`). A clip is also searched for in a JPEG's header, and in the
   boxes of a HEIC.
2. What lies behind is searched for the first bytes of media. Bytes without any show nothing in a viewer.
3. A picture is a place in the file to be decoded, and so is a clip, which this module does not decode. Archives,
   documents and other media are neither: they may show anything.
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from index.errors import MediaError, UndecodableMedia
from index.media.pictures.embedded.ends import boxes, boxes_end, jpeg_end, picture_end, png_end, riff_end
from index.media.pictures.formats import MediaFormat, sniff
from index.media.pictures.structure import first_scan, gif_end

MAX_PICTURES: Final = 64
"""Maximum number of further pictures in a file."""

MAX_CLIPS: Final = 2
"""Maximum number of clips in a file."""

MAX_HEADER_PICTURES: Final = 8
"""Maximum number of pictures in a JPEG's header: thumbnails, and the previews of maker notes."""

MAX_CANDIDATES: Final = 128
"""Places that look like the beginning of a medium. More are not examined."""

SEARCHED_BYTES: Final = 1 << 16  # searched at a time for all signatures
_LONGEST: Final = 16  # bytes of the longest signature

_SIZE: Final = struct.Struct(">I")
_FTYP_BYTES: Final = range(12, 1_024)  # the longest list of brands seen in the wild is under 64 bytes

Range = tuple[int, int]
"""A part of a file: its first byte, and the place behind its last one."""

# Media that are not decoded here: archives, documents, layered pictures, and clips whose end is not known.
_HELD: Final = (
    b"PK\x03\x04",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"%PDF-",
    b"8BPS\0",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"\x1aE\xdf\xa3",  # Matroska
    b"FLV\x01",
    b"OggS\0",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    b"\0\0\1\xba",  # MPEG program stream
)

_JPEG: Final = b"\xff\xd8\xff"
_FTYP: Final = b"ftyp"
_RIFF: Final = b"RIFF"
_MOOV: Final = b"moov"  # a QuickTime film without `ftyp`
_PICTURES: Final[dict[bytes, Callable[[bytes, int], int | None]]] = {
    _JPEG: jpeg_end,
    b"\x89PNG\r\n\x1a\n": png_end,
    b"GIF87a": gif_end,
    b"GIF89a": gif_end,
}
_SIGNATURES: Final = (*_PICTURES, _FTYP, _RIFF, _MOOV, *_HELD)


@dataclass(slots=True)
class SecondMedia:
    """Media of a file besides its first picture.

    Attributes:
        pictures: Places of pictures that can be decoded.
        clips: Places of clips that can be decoded.
        is_whole: False if there is a medium that is neither, or there are too many.
    """

    pictures: list[Range] = field(default_factory=list)
    clips: list[Range] = field(default_factory=list)
    is_whole: bool = True


def second_media(data: bytes, media_format: MediaFormat) -> SecondMedia:
    """Search a file for media besides its first picture. No pixel is decoded.

    Args:
        data: Content of the whole file.
        media_format: Its format.
    """
    found = SecondMedia()
    end = picture_end(data, media_format)
    if media_format is MediaFormat.JPEG:
        header = _header_end(data)
        _search_clips(data, 0, header, found)
        _search(data, header if end is None else end, found)
    elif media_format is MediaFormat.TIFF:
        _search_clips(data, 0, len(data), found)
    elif end is None or end < len(data):
        _search(data, min(end or 0, len(data)) or 1, found)
    if media_format in {MediaFormat.HEIC, MediaFormat.AVIF}:
        _search_boxes(data, end, media_format, found)
    if len(found.pictures) > MAX_PICTURES or len(found.clips) > MAX_CLIPS:
        found.is_whole = False
    del found.pictures[MAX_PICTURES:], found.clips[MAX_CLIPS:]
    return found


def header_pictures(jpeg: bytes) -> tuple[list[Range], bool]:
    """Return the places of JPEGs in the header of a JPEG, and True if these are all. An index may point to them."""
    found, place, stop = list[Range](), 2, _header_end(jpeg)
    for _ in range(MAX_CANDIDATES):
        place = jpeg.find(_JPEG, place, stop)
        if place < 0:
            return found[:MAX_HEADER_PICTURES], len(found) <= MAX_HEADER_PICTURES
        end = place + 1
        with suppress(UndecodableMedia):
            if first_scan(jpeg, place) is not None:
                end = min(jpeg_end(jpeg, place) or stop, stop)
                found.append((place, end))
        place = end
    return found[:MAX_HEADER_PICTURES], False


def _header_end(data: bytes) -> int:
    try:
        scan = first_scan(data)
    except UndecodableMedia:
        scan = None
    return 2 if scan is None else scan.place


def _search_clips(data: bytes, start: int, stop: int, found: SecondMedia) -> None:
    """Search for clips alone, in a part of a file that has other binary data."""
    for _ in range(MAX_CANDIDATES):
        place = data.find(_FTYP, start, stop)
        if place < 0:
            return
        start = place + len(_FTYP)
        if _is_ftyp(data, place - 4) and not _is_picture(data, place - 4):
            start = boxes_end(data, place - 4)
            found.clips.append((place - 4, start))
    found.is_whole = False


def _search_boxes(data: bytes, end: int | None, media_format: MediaFormat, found: SecondMedia) -> None:
    """Find the clip of a motion photo in its box, and the tracks of an image sequence.

    The frames of an AVIF sequence are decoded with the picture.
    """
    for box in boxes(data, 0, end):
        if box.name == b"mpvd":
            if _is_ftyp(data, box.body):
                found.clips.append((box.body, box.end))
            else:
                found.is_whole = False
        elif box.name == _MOOV and media_format is MediaFormat.HEIC:
            found.clips.append((0, len(data)))


def _search(data: bytes, start: int, found: SecondMedia) -> None:
    """Search the bytes behind a picture for media of all kinds."""
    candidates, place = 0, start
    while place < len(data):
        stop = min(place + SEARCHED_BYTES + _LONGEST, len(data))
        hits = [
            (at, signature) for signature in _SIGNATURES if (at := data.find(signature, place, stop)) >= 0
        ]
        if not hits:
            place += SEARCHED_BYTES
            continue
        candidates += 1
        if candidates > MAX_CANDIDATES or not found.is_whole:
            found.is_whole = False
            return
        at, signature = min(hits)
        place = max(at + 1, _examined(data, at, signature, found))


def _examined(data: bytes, at: int, signature: bytes, found: SecondMedia) -> int:
    """Examine what looks like the beginning of a medium. Return the place from which the search continues."""
    match signature:
        case b"ftyp":
            return _boxes_examined(data, at - 4, found)
        case b"RIFF":
            return _riff_examined(data, at, found)
        case b"moov":
            return at + 1 if data[at + 8 : at + 12] != b"mvhd" else _held(data, found)
        case _:
            return _held(data, found) if signature in _HELD else _picture_examined(data, at, signature, found)


def _held(data: bytes, found: SecondMedia) -> int:
    found.is_whole = False
    return len(data)


def _picture_examined(data: bytes, at: int, signature: bytes, found: SecondMedia) -> int:
    try:
        if _PICTURES[signature] is jpeg_end and first_scan(data, at) is None:
            return at + 1  # a coincidence: no viewer finds a picture here
        end = _PICTURES[signature](data, at)
    except UndecodableMedia:
        return _held(data, found)
    found.pictures.append((at, end or len(data)))
    return end or _held(data, found)


def _boxes_examined(data: bytes, start: int, found: SecondMedia) -> int:
    if not _is_ftyp(data, start):
        return start + 5
    end = boxes_end(data, start)
    (found.pictures if _is_picture(data, start) else found.clips).append((start, end))
    return end


def _riff_examined(data: bytes, at: int, found: SecondMedia) -> int:
    kind = data[at + 8 : at + 12]
    if kind == b"WEBP":
        end = min(riff_end(data, at), len(data))
        found.pictures.append((at, end))
        return end
    return _held(data, found) if kind == b"AVI " else at + 1


def _is_ftyp(data: bytes, start: int) -> bool:
    """Return True if a well-formed `ftyp` box begins at `start`."""
    if start < 0 or data[start + 4 : start + 8] != _FTYP:
        return False
    size, brand = _SIZE.unpack_from(data, start)[0], data[start + 8 : start + 12]
    return size in _FTYP_BYTES and size % 4 == 0 and len(brand) == 4 and brand.isascii()  # noqa: PLR2004


def _is_picture(data: bytes, start: int) -> bool:
    try:
        sniff(data[start : start + _FTYP_BYTES.stop])
    except MediaError:
        return False
    return True
