"""Where the picture of a file ends. Bytes behind that place are no part of it, and may be another medium.

The structure is walked, because thumbnails in the header have ends of their own. Every walk is bounded.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np

from index.errors import UndecodableMedia
from index.media.pictures.formats import MediaFormat
from index.media.pictures.structure import MAX_JPEG_SEGMENTS, first_scan, gif_end, png_chunks

MAX_BOXES: Final = 1_024
"""Top-level boxes of a HEIC, AVIF or MP4. Fragmented clips of a few seconds have fewer than 100."""

_MARK: Final = 0xFF
_EOI: Final = 0xD9
# Behind the first scan: Huffman and arithmetic tables, end, scan, quantisation, number of lines, restart interval.
_BEHIND_SCAN: Final = frozenset({0xC4, 0xCC, _EOI, 0xDA, 0xDB, 0xDC, 0xDD})
_FIRST_BLOCK: Final = 1 << 12  # bytes searched for a marker at first; scans can be short
_LAST_BLOCK: Final = 1 << 20

# The byte behind 0xFF that begins a segment or ends the picture: not stuffing, TEM, RST0 to RST7 or fill bytes.
_BEGINS: Final = np.ones(256, bool)
_BEGINS[[0x00, 0x01, *range(0xD0, 0xD8), _MARK]] = False

_BOX: Final = struct.Struct(">I4s")
_LARGE_BOX: Final = struct.Struct(">Q")
_NAME_LETTERS: Final = range(0x20, 0x7F)


def picture_end(data: bytes, media_format: MediaFormat) -> int | None:
    """Return the number of bytes that belong to the picture. None if its structure has no end, or it cannot be told.

    Args:
        data: Content of the whole file.
        media_format: Its format.
    """
    walk = _WALKS.get(media_format)
    try:
        return None if walk is None else walk(data)
    except (UndecodableMedia, struct.error):
        return None


def jpeg_end(data: bytes, start: int = 0) -> int | None:
    """Return the place behind the end of a JPEG that begins at `start`.

    None if it has no end, or if other segments than those of a picture lie behind its first scan: the coded data may
    have ended before, and what follows be anything.
    """
    scan = first_scan(data, start)
    marker = None if scan is None else scan.place
    for _ in range(MAX_JPEG_SEGMENTS):
        if marker is None or data[marker + 1] not in _BEHIND_SCAN:
            return None
        if data[marker + 1] == _EOI:
            return marker + 2
        marker = _next_marker(data, marker + 2 + int.from_bytes(data[marker + 2 : marker + 4]))
    return None


def png_end(data: bytes, start: int = 0) -> int | None:
    """Return the place behind the last chunk of a PNG that begins at `start`. None if it is missing."""
    return next((chunk.end for chunk in png_chunks(data, start) if chunk.name == b"IEND"), None)


def riff_end(data: bytes, start: int = 0) -> int:
    """Return the place behind a RIFF file that begins at `start`."""
    length = int.from_bytes(data[start + 4 : start + 8], "little")
    return start + 8 + length + length % 2


class Box(NamedTuple):
    """A box of the ISO base media format: its name, and where it starts, its body starts, and it ends."""

    name: bytes
    start: int
    body: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes from `start`, as long as they are well-formed and lie within the file."""
    most = len(data) if end is None else end
    place = start
    for _ in range(MAX_BOXES):
        if place + _BOX.size > most:
            return
        size, name = _BOX.unpack_from(data, place)
        body = place + _BOX.size
        if size == 1 and body + _LARGE_BOX.size <= most:
            size, body = _LARGE_BOX.unpack_from(data, body)[0], body + _LARGE_BOX.size
        stop = most if size == 0 else place + size
        if not body <= stop <= most or any(letter not in _NAME_LETTERS for letter in name):
            return
        yield Box(name, place, body, stop)
        place = stop


def boxes_end(data: bytes, start: int = 0) -> int:
    """Return the place behind the last box of a file that begins at `start`. A second `ftyp` begins another file."""
    end = start
    for box in boxes(data, start):
        if box.name == b"ftyp" and box.start > start:
            return end
        end = box.end
    return end


def _next_marker(data: bytes, place: int) -> int | None:
    """Return the place of the next marker that ends a run of coded data."""
    size = _FIRST_BLOCK
    while place + 1 < len(data):
        block = np.frombuffer(data, np.uint8, min(size, len(data) - place), place)
        marks = np.flatnonzero(block[:-1] == _MARK)
        found = marks[_BEGINS[block[marks + 1]]]
        if len(found):
            return place + int(found[0])
        place += len(block) - 1
        size = min(4 * size, _LAST_BLOCK)
    return None


def _bmp_end(data: bytes) -> int | None:
    """Return the end of the pixels of an uncompressed BMP."""
    pixels_at, header = struct.unpack_from("<II", data, 10)
    if header < 40:  # noqa: PLR2004 - the header of OS/2
        return None
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression not in {0, 3}:  # run-length coded
        return None
    end: int = pixels_at + (abs(width) * bits + 31) // 32 * 4 * abs(height)
    return end


# The pieces of a TIFF may lie anywhere, so it has no end.
_WALKS: Final[dict[MediaFormat, Callable[[bytes], int | None]]] = {
    MediaFormat.JPEG: jpeg_end,
    MediaFormat.PNG: png_end,
    MediaFormat.GIF: gif_end,
    MediaFormat.WEBP: riff_end,
    MediaFormat.AVIF: boxes_end,
    MediaFormat.HEIC: boxes_end,
    MediaFormat.BMP: _bmp_end,
}
