"""Small files that demand many pixels, much memory or much decoding time, each made from a random source."""

import random
import struct
import zlib
from functools import cache

from PIL import Image

from tests.support.media.pictures import saved, scene

LARGEST = (8_000, 5_000)  # pixels; the 40 megapixels that are still decoded
TOO_LARGE = (8_001, 5_000)


@cache
def _flat(media_format: str, mode: str, size: tuple[int, int], *options: tuple[str, object]) -> bytes:
    return saved(Image.new(mode, size), media_format, **dict(options))


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its check sum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _nothing(_chance: random.Random) -> bytes:
    return b""


def _one_byte(chance: random.Random) -> bytes:
    return chance.randbytes(1)


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((10, 5_000)))


def _text(chance: random.Random) -> bytes:
    return chance.choice(
        (b"%PDF-1.7", b"<svg xmlns='x'/>", b"#!/bin/sh\n", b"8BPS", b"\0\0\0\x0cjP  ", b"MZ", b"P6 9 9 255 ")
    )


def _png_of_nothing(chance: random.Random) -> bytes:
    return _flat("PNG", chance.choice(("1", "L", "P", "RGB")), chance.choice((LARGEST, TOO_LARGE)))


def _tiff_of_nothing(chance: random.Random) -> bytes:
    compression = chance.choice(("tiff_adobe_deflate", "tiff_lzw", "packbits"))
    mode = chance.choice(("L", "RGBA", "F", "I;16"))
    return _flat("TIFF", mode, chance.choice((LARGEST, TOO_LARGE)), ("compression", compression))


def _webp_of_nothing(chance: random.Random) -> bytes:
    size = chance.choice(((5_000, 4_200), LARGEST, (16_383, 1_280)))
    return _flat("WEBP", "RGB", size, ("lossless", True), ("method", 0), ("quality", 0))


def _jpeg_of_nothing(chance: random.Random) -> bytes:
    mode = chance.choice(("L", "RGB", "CMYK"))
    return _flat("JPEG", mode, chance.choice((LARGEST, TOO_LARGE)), ("progressive", chance.random() < 0.5))


def _gif_of_nothing(chance: random.Random) -> bytes:
    return _flat("GIF", "L", chance.choice((LARGEST, TOO_LARGE)))


def _png_of_chunks(chance: random.Random) -> bytes:
    data = saved(scene(1, 48, 32), "PNG")
    chunk = chance.choice((png_chunk(b"abCd", b""), png_chunk(b"tEXt", b"a\0"), png_chunk(b"IDAT", b"")))
    return data[:33] + chunk * 600_000 + data[33:]


def _jpeg_of_segments(chance: random.Random) -> bytes:
    data = saved(scene(1, 48, 32), "JPEG")
    return (
        data[:2]
        + chance.choice((b"\xff\xfe\0\2", b"\xff\xe1\0\2", b"\xff\0\xff\0", b"\xff" * 4)) * 2_000_000
        + data[2:]
    )


def _jpeg_of_scans(chance: random.Random) -> bytes:
    data = _flat("JPEG", "L", LARGEST, ("progressive", True))
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * chance.choice((50, 5_000)) + data[-2:]


def _gif_of_blocks(chance: random.Random) -> bytes:
    data = saved(scene(1, 48, 32), "GIF")
    start = data.index(b",\0\0\0\0")
    return (
        data[:start]
        + chance.choice((b"!\xfe" + b"\1a" * 3_000_000 + b"\0", b"!\1\0" * 2_000_000, b"\0" * 5_000_000))
        + data[start:]
    )


def _tiff_of_entries(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        entries = b"".join(struct.pack("<HHII", number % 65_535, 2, 400, 100) for number in range(65_535))
        return b"II*\0" + struct.pack("<IH", 8, 65_535) + entries
    entries = struct.pack("<HHQQ", 300, 3, 1, 1) * 1_000_000
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1_000_000) + entries


def _tiff_of_one_strip(chance: random.Random) -> bytes:
    """Strips without end, all of them the same one."""
    strips = chance.choice((5_000, 100_000, 1_000_000))
    place = 8 + 2 + 9 * 12 + 4
    entries = [(256, 4_000), (257, 4_000), (258, 8), (259, 1), (262, 1), (277, 1), (278, 3_999)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    table = table[:72] + struct.pack("<HHII", 273, 4, strips, place) + table[72:]
    table += struct.pack("<HHII", 279, 4, strips, place)
    pixels = 16_000_000 - 4 * min(strips, 1_000_000)
    return (
        b"II*\0"
        + struct.pack("<IH", 8, 9)
        + table
        + bytes(4)
        + struct.pack("<I", 100) * strips
        + bytes(pixels)
    )


def _bmp_of_runs(chance: random.Random) -> bytes:
    data = _flat("BMP", "P", (64, 64))
    sides = struct.pack("<ii", *chance.choice((LARGEST, (8_000, -5_000), (32_768, 1_200))))
    runs = chance.choice((b"\1\0", b"\0\0", b"\0\2\xff\0", b"\0\2\0\xff")) * chance.choice(
        (500_000, 4_000_000)
    )
    return data[:18] + sides + data[26:30] + struct.pack("<I", 1) + data[34:1078] + runs


MADE = (
    _nothing, _one_byte, _noise, _text, _png_of_nothing, _tiff_of_nothing, _webp_of_nothing, _jpeg_of_nothing,
    _gif_of_nothing, _png_of_chunks, _jpeg_of_segments, _jpeg_of_scans, _gif_of_blocks, _tiff_of_entries,
    _tiff_of_one_strip, _bmp_of_runs,
)  # fmt: skip
