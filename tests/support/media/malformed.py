"""Malformed files made from a seed: see `mutants`.

Each is a small honest file of one format, damaged where that format can be damaged: numbers in headers, lengths,
check sums put right again, pieces swapped, doubled or left out, loops, bombs, files that are two formats at once.
"""

import random
import struct
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, cycle, islice

from PIL import Image

import index.media.pictures.opening  # noqa: F401 - registers HEIC with Pillow
from tests.support.media.bombs import MADE
from tests.support.media.format_damage import ODD_NUMBERS, OWN
from tests.support.media.pictures import saved, scene

BOMB = "bomb"


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yields `count` files with a name that says how each was made; the same seed gives the same files.

    Every kind of damage for every format comes before any comes twice; bombs come in every third round only.
    """
    kinds = [(name, kind) for name in HONEST for kind in (*ANY_FORMAT, *OWN[name.split(" ")[0]])]
    rounds = [[(BOMB, kind) for kind in MADE], kinds, kinds, kinds]
    for number, (name, kind) in enumerate(islice(chain.from_iterable(cycle(rounds)), count)):
        chance = random.Random(f"{seed} {number}")
        data = kind(chance) if name == BOMB else kind(honest(name), chance)
        yield f"{number} {name}: {kind.__name__.strip('_')}", data


@cache
def honest(name: str) -> bytes:
    """The file that a mutant begins as."""
    return HONEST[name]()


def _animation(media_format: str, **options: object) -> bytes:
    frames = [scene(seed, 48, 32) for seed in range(1, 5)]
    return saved(frames[0], media_format, save_all=True, append_images=frames[1:], **options)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    return exif


HONEST: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved(scene(1, 96, 64), "JPEG", exif=_exif()),
    "JPEG progressive": lambda: saved(scene(1, 96, 64), "JPEG", progressive=True),
    "JPEG of CMYK": lambda: saved(scene(1, 96, 64).convert("CMYK"), "JPEG"),
    "JPEG of two": lambda: _animation("MPO"),
    "PNG": lambda: saved(scene(1, 48, 32), "PNG"),
    "PNG of palette": lambda: saved(scene(1, 48, 32).convert("P"), "PNG", transparency=3),
    "PNG of 16 bits": lambda: saved(scene(1, 48, 32).convert("I;16"), "PNG"),
    "PNG animated": lambda: _animation("PNG"),
    "WebP": lambda: saved(scene(1, 96, 64), "WEBP"),
    "WebP lossless": lambda: saved(scene(1, 48, 32).convert("RGBA"), "WEBP", lossless=True, exif=_exif()),
    "WebP animated": lambda: _animation("WEBP"),
    "GIF": lambda: saved(scene(1, 48, 32), "GIF"),
    "GIF animated": lambda: _animation("GIF", disposal=2, loop=0),
    "BMP": lambda: saved(scene(1, 24, 16), "BMP"),
    "BMP of palette": lambda: saved(scene(1, 48, 32).convert("P"), "BMP"),
    "TIFF": lambda: saved(scene(1, 24, 16), "TIFF"),
    "TIFF packed": lambda: saved(scene(1, 48, 32), "TIFF", compression="tiff_lzw"),
    "TIFF of pages": lambda: _animation("TIFF", compression="tiff_adobe_deflate"),
    "TIFF large": lambda: saved(scene(1, 24, 16), "TIFF", big_tiff=True),
    "TIFF of JPEG": lambda: saved(scene(1, 64, 48), "TIFF", compression="jpeg"),
    "AVIF": lambda: saved(scene(1, 64, 48), "AVIF", exif=_exif()),
    "AVIF animated": lambda: _animation("AVIF"),
    "HEIC": lambda: saved(scene(1, 64, 48), "HEIF"),
    "HEIC of several": lambda: _animation("HEIF"),
}

# ---------------------------------------------------------------- any format


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _cut_in_header(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(min(64, len(data)))]


def _bits(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _bits_in_header(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(3):
        out[chance.randrange(min(200, len(out)))] = chance.randrange(256)
    return bytes(out)


def _odd_number(data: bytes, chance: random.Random) -> bytes:
    """A number anywhere in the first 300 bytes becomes one on an edge."""
    kind = chance.choice(("<H", ">H", "<I", ">I"))
    number = chance.choice(ODD_NUMBERS) & (0xFFFF if kind[1] == "H" else 0xFFFFFFFF)
    place = chance.randrange(2, min(300, len(data) - 4))
    return data[:place] + struct.pack(kind, number) + data[place + struct.calcsize(kind) :]


def _hole(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 200) :]


def _stutter(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    end = start + chance.randrange(1, 200)
    return data[:end] + data[start:end] * chance.choice((1, 2, 500)) + data[end:]


def _zeros(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    length = min(chance.randrange(1, 400), len(data) - start)
    return data[:start] + bytes([chance.choice((0, 0xFF))]) * length + data[start + length :]


def _trailing(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.choice((1, 100, 100_000)))


def _with_zip(data: bytes, chance: random.Random) -> bytes:
    return data + b"PK\x03\x04" + chance.randbytes(60) + b"PK\x05\x06" + bytes(18)


def _wrong_magic(data: bytes, chance: random.Random) -> bytes:
    magic = chance.choice([honest(name)[:16] for name in HONEST])
    return magic + data[16:]


def _sheared(data: bytes, chance: random.Random) -> bytes:
    """The head of this file on the tail of another."""
    other = honest(chance.choice(sorted(HONEST)))
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


ANY_FORMAT = (
    _cut, _cut_in_header, _bits, _bits_in_header, _odd_number, _hole, _stutter, _zeros, _trailing, _with_zip,
    _wrong_magic, _sheared,
)  # fmt: skip
