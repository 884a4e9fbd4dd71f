"""Check the structure of a file without decoding it, and refuse files of far too many pieces.

Pillow parses headers in Python, piece by piece. Measured on this project's hostile files of 32 MB: 2.6 million empty
PNG chunks, 8 million JPEG comments, a GIF comment of 16 million one-byte blocks, or a run of 32 million fill bytes take
6 s to more than 10 s of processor time and up to 1.5 GB; 5,000 progressive scans of 65 bytes each take more than 10 s
at 40 megapixels. The functions here see the same pieces as the decoder, stop at errors that the decoder would refuse
anyway, and take a few microseconds for an ordinary file. They raise only `UndecodableMedia`, which is final.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from index.errors import UndecodableMedia

MAX_JPEG_SEGMENTS: Final = 4_096  # 32 MB of extended XMP have 500
MAX_JPEG_FILL_BYTES: Final = 4_096
MAX_JPEG_SCANS: Final = 100  # encoders write up to 14; libjpeg-turbo's own fuzzing allows 500
MAX_JPEG_SCANNED_PIXELS: Final = 14 * 60_000_000  # a scan without any bits takes 0.9 ns a pixel
MAX_PNG_CHUNKS: Final = 65_536  # 32 MB in libpng's chunks of 8 KB have 4,096
MAX_GIF_BLOCKS: Final = 400_000  # 32 MB in blocks of 255 bytes have 129,000
MAX_TIFF_ENTRIES: Final = 1_024  # baseline and extensions define fewer than 200
MAX_TIFF_PIECES: Final = 160_000  # 40 megapixels in the smallest tiles, 16 x 16 pixels
MAX_BMP_RUN_BYTES: Final = 2_000_000  # run-length coded BMP is decoded in Python, at about 2 MB/s


_TOO_MANY: Final = "the file is made of more pieces than a picture has"

# ---------------------------------------------------------------- JPEG

_MARK: Final = 0xFF
_NO_LENGTH: Final = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})  # stuffing, TEM, RST0 to RST7, SOI
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL: Final = frozenset({0xC0, 0xC1, 0xC9})
_FRAME: Final = struct.Struct(">xxxxxHHB")  # marker, length, depth; rows, columns, components
_MARKER_IN_SCAN: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


class FirstScan(NamedTuple):
    """The header of a JPEG's first scan, and what precedes it."""

    place: int
    pixels: int
    is_buffered: bool


def check_jpeg(data: bytes) -> None:
    """Check a JPEG: few segments before the first scan, and few scans if there can be several."""
    scan = first_scan(data)
    if scan is not None and scan.is_buffered:
        _check_scans(data, scan.place, scan.pixels)


def jpeg_is_buffered(data: bytes) -> bool:
    """Return True if a JPEG has several scans, so that its decoder keeps all coefficients in memory."""
    scan = first_scan(data)
    return scan is not None and scan.is_buffered


def first_scan(data: bytes, start: int = 0) -> FirstScan | None:
    """Find the first scan of a JPEG that begins at `start`. Return None if there is none.

    Raises:
        UndecodableMedia: There are too many segments before it.
    """
    place, segments, fills, kind, frame = start + 2, 0, 0, 0, (0, 0, 0)
    while place + 4 <= len(data) and data[place] == _MARK:
        marker = data[place + 1]
        segments += 1
        if marker == _MARK:
            place, segments, fills = place + 1, segments - 1, fills + 1
        elif marker in _NO_LENGTH:
            place += 2
        elif marker == _SOS:
            rows, columns, components = frame
            is_one_scan = kind in _SEQUENTIAL and data[place + 4 : place + 5] == bytes([components])
            return FirstScan(place=place, pixels=rows * columns, is_buffered=not is_one_scan)
        else:
            if marker in _FRAMES and place + _FRAME.size <= len(data):
                kind, frame = marker, _FRAME.unpack_from(data, place)
            place += 2 + int.from_bytes(data[place + 2 : place + 4])
        if segments > MAX_JPEG_SEGMENTS or fills > MAX_JPEG_FILL_BYTES:
            raise UndecodableMedia(_TOO_MANY, is_final=True)
    return None


def _check_scans(data: bytes, first: int, pixels: int) -> None:
    """Check the number of scans to the end of the picture. Each costs a pass over the pixels."""
    most = min(MAX_JPEG_SCANS, MAX_JPEG_SCANNED_PIXELS // max(1, pixels))
    if data.count(bytes([_MARK, _SOS])) <= most:
        return  # an upper bound: it also counts thumbnails, further pictures and coincidences
    place, scans, segments = first, 0, 0
    while place + 4 <= len(data):
        segments += 1
        scans += data[place + 1] == _SOS
        if scans > most or segments > MAX_JPEG_SEGMENTS:
            raise UndecodableMedia(_TOO_MANY, is_final=True)
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
        found = _MARKER_IN_SCAN.search(data, place)
        if found is None or data[found.end() - 1] == _EOI:
            return
        place = found.start()


# ---------------------------------------------------------------- PNG

_PNG_CHUNK: Final = struct.Struct(">I4s")


class PngChunk(NamedTuple):
    """A chunk of a PNG: its name, and where its body starts and the chunk ends, with its checksum."""

    name: bytes
    body: int
    end: int


def check_png(data: bytes) -> None:
    """Check a PNG: few chunks."""
    for _ in png_chunks(data):
        pass


def png_chunks(data: bytes, start: int = 0) -> Iterator[PngChunk]:
    """Yield the chunks of a PNG that begins at `start`, up to the last one (`IEND`). One may end behind the file."""
    place, chunks = start + 8, 0
    while place + _PNG_CHUNK.size <= len(data):
        length, name = _PNG_CHUNK.unpack_from(data, place)
        end = place + _PNG_CHUNK.size + length + 4
        yield PngChunk(name, place + _PNG_CHUNK.size, end)
        if name == b"IEND":
            return
        place = end
        chunks += 1
        if chunks > MAX_PNG_CHUNKS:
            raise UndecodableMedia(_TOO_MANY, is_final=True)


# ---------------------------------------------------------------- GIF

_GIF_EXTENSION: Final = 0x21
_GIF_IMAGE: Final = 0x2C
_GIF_END: Final = 0x3B


def check_gif(data: bytes) -> None:
    """Check a GIF: few blocks, which are frames, extensions and their data."""
    gif_end(data)


def gif_end(data: bytes, start: int = 0) -> int | None:
    """Return the place behind the trailer of a GIF that begins at `start`. None if there is no trailer.

    Raises:
        UndecodableMedia: There are too many blocks.
    """
    place, blocks = start + 13 + _gif_palette(data, start + 10), 0
    while place < len(data) and data[place] != _GIF_END:
        kind = data[place]
        place += 1
        if kind == _GIF_EXTENSION:
            place += 1
        elif kind == _GIF_IMAGE:
            place += 10 + _gif_palette(data, place + 8)
        blocks += 1
        while kind in {_GIF_EXTENSION, _GIF_IMAGE} and place < len(data) and data[place]:
            place += data[place] + 1
            blocks += 1
            if blocks > MAX_GIF_BLOCKS:
                break
        if blocks > MAX_GIF_BLOCKS:
            raise UndecodableMedia(_TOO_MANY, is_final=True)
        if kind in {_GIF_EXTENSION, _GIF_IMAGE}:
            place += 1
    return place + 1 if place < len(data) else None


def _gif_palette(data: bytes, flags_at: int) -> int:
    """Return the size of the palette that the flags announce, in bytes."""
    flags = data[flags_at] if flags_at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 128 else 0


# ---------------------------------------------------------------- TIFF

# Offsets and lengths of strips and tiles: as many values as there are pieces.
_TIFF_PIECES: Final = frozenset({273, 279, 324, 325})


class _TiffLayout:
    """Sizes and byte order of the numbers in a TIFF or BigTIFF."""

    def __init__(self, data: bytes) -> None:
        order = ">" if data[:2] == b"MM" else "<"
        big = data[2:4] in {b"+\0", b"\0+"}
        self.first_pointer = 8 if big else 4
        self.pointer = struct.Struct(order + ("Q" if big else "I"))
        self.number = struct.Struct(order + ("Q" if big else "H"))
        self.entry = struct.Struct(order + ("HHQ8x" if big else "HHI4x"))

    def read(self, data: bytes, kind: struct.Struct, place: int) -> int:
        """Read one number; 0 beyond the end."""
        return int(kind.unpack_from(data, place)[0]) if place + kind.size <= len(data) else 0


def check_tiff(data: bytes) -> None:
    """Check a TIFF: a short first directory."""
    tiff_pages(data, 1)


def tiff_pages(data: bytes, most: int) -> int:
    """Count the directories of a TIFF, up to `most`, and check their lengths. A loop ends the count."""
    layout = _TiffLayout(data)
    place, seen = layout.read(data, layout.pointer, layout.first_pointer), set[int]()
    while 0 < place < len(data) and place not in seen and len(seen) < most:
        seen.add(place)
        entries = layout.read(data, layout.number, place)
        if entries > MAX_TIFF_ENTRIES:
            raise UndecodableMedia(_TOO_MANY, is_final=True)
        start = place + layout.number.size
        table = data[start : start + entries * layout.entry.size]
        whole = len(table) // layout.entry.size * layout.entry.size
        for tag, _, count in layout.entry.iter_unpack(table[:whole]):
            if tag in _TIFF_PIECES and count > MAX_TIFF_PIECES:
                raise UndecodableMedia(_TOO_MANY, is_final=True)
        place = layout.read(data, layout.pointer, start + entries * layout.entry.size)
    return len(seen)


# ---------------------------------------------------------------- BMP

_BMP_CORE_HEADER_BYTES: Final = 12  # the header of OS/2, which has no compression
_BMP_RUN_LENGTH_CODED: Final = frozenset({1, 2})


def check_bmp(data: bytes) -> None:
    """Check a BMP: little run-length coded data, which is decoded in Python."""
    if (
        len(data) > MAX_BMP_RUN_BYTES
        and int.from_bytes(data[14:18], "little") > _BMP_CORE_HEADER_BYTES
        and int.from_bytes(data[30:34], "little") in _BMP_RUN_LENGTH_CODED
    ):
        raise UndecodableMedia(_TOO_MANY, is_final=True)
