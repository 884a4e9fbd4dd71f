"""Damage to sizes, lengths, check sums and segments; each function takes a valid file and a random source."""

import random
import struct
import zlib
from collections.abc import Iterator

from tests.support.media.bombs import png_chunk

ODD_NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
SIZES = (0, 1, 3, 255, 4_000, 32_767, 32_768, 40_000, 65_535, 0x7FFFFFFF, 0xFFFFFFFF)


def _shuffled(pieces: list[bytes], chance: random.Random) -> list[bytes]:
    """Swap, double, multiply or leave out segments of a file, but not the first."""
    pieces = list(pieces)
    first, second = (chance.randrange(1, len(pieces)) for _ in range(2))
    match chance.choice(("swap", "double", "many", "drop")):
        case "swap":
            pieces[first], pieces[second] = pieces[second], pieces[first]
        case "double":
            pieces.insert(second, pieces[first])
        case "many":
            pieces[first:first] = [pieces[first]] * 3_000
        case "drop":
            del pieces[first]
    return pieces


def _jpeg_pieces(data: bytes) -> list[bytes]:
    places = [
        place for place in range(len(data) - 1) if data[place] == 0xFF and 0xC0 <= data[place + 1] < 0xFF
    ]
    return [data[start:end] for start, end in zip(places, [*places[1:], len(data)], strict=True)]


def _jpeg_shuffle(data: bytes, chance: random.Random) -> bytes:
    return b"".join(_shuffled(_jpeg_pieces(data), chance))


def _jpeg_size(data: bytes, chance: random.Random) -> bytes:
    place = next(data.index(bytes([0xFF, kind, 0, length])) for kind, length in _sof(data))
    size = struct.pack(">HH", chance.choice(SIZES) & 0xFFFF, chance.choice(SIZES) & 0xFFFF)
    return data[: place + 5] + size + data[place + 9 :]


def _sof(data: bytes) -> Iterator[tuple[int, int]]:
    return (
        (kind, length)
        for kind in (0xC0, 0xC2)
        for length in (11, 17, 20)
        if bytes([0xFF, kind, 0, length]) in data
    )


def _jpeg_length(data: bytes, chance: random.Random) -> bytes:
    pieces = _jpeg_pieces(data)
    number = chance.randrange(1, len(pieces) - 1)
    pieces[number] = (
        pieces[number][:2] + struct.pack(">H", chance.choice(ODD_NUMBERS) & 0xFFFF) + pieces[number][4:]
    )
    return b"".join(pieces)


def _jpeg_scans(data: bytes, chance: random.Random) -> bytes:
    pieces = _jpeg_pieces(data)
    scans = [piece for piece in pieces if piece[1] == 0xDA]
    return b"".join(pieces[:-1]) + scans[-1] * chance.choice((20, 90, 2_000)) + b"\xff\xd9"


def _png_pieces(data: bytes) -> list[bytes]:
    pieces, place = [data[:8]], 8
    while place < len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4])
        pieces.append(data[place:end])
        place = end
    return pieces


def _png_shuffle(data: bytes, chance: random.Random) -> bytes:
    return b"".join(_shuffled(_png_pieces(data), chance))


def _png_mended(data: bytes, chance: random.Random) -> bytes:
    """A chunk's body is changed and its check sum put right."""
    pieces = _png_pieces(data)
    number = chance.randrange(1, len(pieces) - 1)
    body = bytearray(pieces[number][8:-4])
    for _ in range(chance.choice((1, 4))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    pieces[number] = png_chunk(pieces[number][4:8], bytes(body))
    return b"".join(pieces)


def _png_header(data: bytes, chance: random.Random) -> bytes:
    pieces = _png_pieces(data)
    sizes = struct.pack(">II", chance.choice(SIZES), chance.choice(SIZES))
    kept = chance.random() < 0.5
    rest = (
        pieces[1][16:21] if kept else bytes(chance.choice((0, 1, 2, 3, 4, 6, 8, 16, 255)) for _ in range(5))
    )
    pieces[1] = png_chunk(b"IHDR", sizes + rest)
    return b"".join(pieces)


def _png_text_bomb(data: bytes, chance: random.Random) -> bytes:
    pieces = _png_pieces(data)
    name = chance.choice((b"zTXt", b"iCCP"))
    bomb = png_chunk(name, b"a\0\0" + zlib.compress(bytes(chance.choice((500_000, 50_000_000))), 9))
    return b"".join([*pieces[:2], *[bomb] * chance.choice((1, 100)), *pieces[2:]])


def _png_pixels(data: bytes, chance: random.Random) -> bytes:
    """Pixel data that end early, go on for ever, or are no zlib stream."""
    pieces = _png_pieces(data)
    body = chance.choice((b"", b"x", zlib.compress(bytes(30_000_000), 9), chance.randbytes(300)))
    return b"".join([png_chunk(b"IDAT", body) if piece[4:8] == b"IDAT" else piece for piece in pieces])


def _png_frames(data: bytes, chance: random.Random) -> bytes:
    """As many frames announced as the format can say, with sizes of their own."""
    pieces = _png_pieces(data)
    pieces = [piece for piece in pieces if piece[4:8] != b"acTL"]
    count = chance.choice((0, 1, 2, 5_000, 0x7FFFFFFF, 0xFFFFFFFF))
    control = struct.pack(
        ">IIIIIHHBB", 0, *(chance.choice((0, 1, 32, 48, 30_000)) for _ in range(4)), 1, 1, 1, 1
    )
    extra = [png_chunk(b"fcTL", control)] if chance.random() < 0.5 else []
    return b"".join([*pieces[:2], png_chunk(b"acTL", struct.pack(">II", count, 0)), *extra, *pieces[2:]])


def _riff_pieces(data: bytes) -> list[bytes]:
    pieces, place = [data[:12]], 12
    while place < len(data):
        end = place + 8 + -(-int.from_bytes(data[place + 4 : place + 8], "little") // 2) * 2
        pieces.append(data[place:end])
        place = end
    return pieces


def _webp_shuffle(data: bytes, chance: random.Random) -> bytes:
    pieces = _riff_pieces(data)
    pieces = _shuffled(pieces, chance) if len(pieces) > 1 else pieces
    body = b"".join(pieces[1:])
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_canvas(data: bytes, chance: random.Random) -> bytes:
    """A canvas of another size than the picture's."""
    sides = (chance.choice((0, 1, 255, 5_000, 16_383, 0xFFFFFF)) for _ in range(2))
    canvas = b"".join(side.to_bytes(3, "little") for side in sides)
    body = b"".join(piece for piece in _riff_pieces(data)[1:] if piece[:4] != b"VP8X")
    head = b"VP8X" + struct.pack("<I", 10) + bytes([chance.choice((0, 0x02, 0x10, 0x12)), 0, 0, 0]) + canvas
    return b"RIFF" + struct.pack("<I", len(body) + 22) + b"WEBP" + head + body


def _gif_screen(data: bytes, chance: random.Random) -> bytes:
    sides = (chance.choice(SIZES) & 0xFFFF for _ in range(2))
    return data[:6] + struct.pack("<HH", *sides) + data[10:]


def _gif_frame(data: bytes, chance: random.Random) -> bytes:
    """A frame beyond the screen, or without one pixel."""
    places = [place for place in range(13, len(data) - 10) if data[place : place + 5] == b",\0\0\0\0"]
    place = chance.choice(places)
    numbers = (chance.choice((0, 1, 48, 500, 14_000, 0xFFFF)) for _ in range(4))
    return data[: place + 1] + struct.pack("<HHHH", *numbers) + data[place + 9 :]


def _gif_many_frames(data: bytes, chance: random.Random) -> bytes:
    start = data.index(b",\0\0\0\0")
    return data[:-1] + data[start:-1] * chance.choice((50, 3_000)) + b";"


def _gif_with_script(data: bytes, chance: random.Random) -> bytes:
    return data[:6] + b"/*" + data[8:] + b"*/=1;alert(" + str(chance.random()).encode() + b")//"


def _tiff_layout(data: bytes) -> tuple[int, int, struct.Struct, str]:
    """Where the first directory's entries begin, how many they are, how one is laid out, and a pointer."""
    big = data[2] == 43
    place = int.from_bytes(data[8:16] if big else data[4:8], "little")
    entries = int.from_bytes(data[place : place + (8 if big else 2)], "little")
    return (
        (place + 8, entries, struct.Struct("<HHQQ"), "<Q")
        if big
        else (place + 2, entries, struct.Struct("<HHII"), "<I")
    )


def _tiff_entry(data: bytes, chance: random.Random) -> bytes:
    """One entry of the directory lies: its name, its kind, its number of values, or its value."""
    start, entries, layout, _ = _tiff_layout(data)
    start += layout.size * chance.randrange(entries)
    fields = list(layout.unpack_from(data, start))
    number = chance.randrange(4)
    odd = chance.choice(ODD_NUMBERS)
    fields[number] = odd & 0xFFFF if number < 2 else odd
    return data[:start] + layout.pack(*fields) + data[start + layout.size :]


def _tiff_loop(data: bytes, chance: random.Random) -> bytes:
    """The directory's successor is itself, or lies anywhere."""
    start, entries, layout, pointer = _tiff_layout(data)
    end = start + layout.size * entries
    successor = chance.choice((start - (8 if pointer == "<Q" else 2), 0, 1, 8, end, 2**31))
    return data[:end] + struct.pack(pointer, successor) + data[end + struct.calcsize(pointer) :]


def _bmp_header(data: bytes, chance: random.Random) -> bytes:
    """Width, height, depth or compression lie; a negative height turns the picture over."""
    place = chance.choice((10, 14, 18, 22, 28, 30, 34, 46))
    number = chance.choice((*SIZES, 0xFFFFFFF0, 12, 40, 124, 0x80000000))
    return data[:place] + struct.pack("<I", number) + data[place + 4 :]


def _bmp_runs(data: bytes, chance: random.Random) -> bytes:
    """Run-length coding that jumps, ends early, or never does."""
    runs = chance.choice((b"\0\2\xff\xff", b"\0\0", b"\xff\1", b"\0\xff")) * chance.choice((10, 50_000))
    start = int.from_bytes(data[10:14], "little")
    return data[:30] + struct.pack("<I", chance.choice((1, 2))) + data[34:start] + runs


def _box_length(data: bytes, chance: random.Random) -> bytes:
    names = [
        b"ftyp",
        b"meta",
        b"iloc",
        b"iinf",
        b"iprp",
        b"ipco",
        b"ispe",
        b"ipma",
        b"mdat",
        b"pitm",
        b"av1C",
        b"hvcC",
    ]
    place = data.index(chance.choice([name for name in names if name in data]))
    return data[: place - 4] + struct.pack(">I", chance.choice(ODD_NUMBERS)) + data[place:]


def _box_size(data: bytes, chance: random.Random) -> bytes:
    place = data.index(b"ispe") + 8
    size = struct.pack(">II", chance.choice(SIZES), chance.choice(SIZES))
    return data[:place] + size + data[place + 8 :]


def _box_name(data: bytes, chance: random.Random) -> bytes:
    names = [
        name
        for name in (b"iloc", b"pixi", b"ispe", b"ipma", b"hdlr", b"pitm", b"av01", b"hvc1")
        if name in data
    ]
    return data.replace(chance.choice(names), chance.choice((b"free", b"grid", b"iovl", b"iden", b"stsz")), 1)


OWN = {
    "JPEG": (_jpeg_shuffle, _jpeg_size, _jpeg_length, _jpeg_scans),
    "PNG": (_png_shuffle, _png_mended, _png_header, _png_text_bomb, _png_pixels, _png_frames),
    "WebP": (_webp_shuffle, _webp_canvas),
    "GIF": (_gif_screen, _gif_frame, _gif_many_frames, _gif_with_script),
    "TIFF": (_tiff_entry, _tiff_loop),
    "BMP": (_bmp_header, _bmp_runs),
    "AVIF": (_box_length, _box_size, _box_name),
    "HEIC": (_box_length, _box_size, _box_name),
}
