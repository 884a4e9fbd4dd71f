"""Pictures and codes that tests send: matching, similar and invalid ones."""

import io
import random
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from index.pictures.describing import ImageFingerprint, Purpose, describe_in_process

PICTURE_SIZE = (480, 320)  # a seventh of the time of the usual size to draw, and as easy to tell apart
PNG_START = b"\x89PNG\r\n\x1a\n"
PDQ_BITS = 256


def fingerprint(media: bytes, purpose: Purpose = Purpose.ENROL) -> ImageFingerprint:
    """Describes a picture of our own without a sandbox."""
    return describe_in_process(media, purpose)


def codes_of(media: bytes) -> list[dict[str, Any]]:
    """Makes the codes by which a platform asks about a picture."""
    found = fingerprint(media, Purpose.CHECK)
    return codes(found.pdq.value, found.dhash.value, found.quality)


def codes(pdq: bytes, second: bytes | None = None, quality: int | None = 100) -> list[dict[str, Any]]:
    """Spells codes as they go over the wire."""
    spelled: list[dict[str, Any]] = [{"algorithm": "pdq", "value": pdq.hex(), "quality": quality}]
    if second is not None:
        spelled.append({"algorithm": "dhash128", "value": second.hex()})
    return spelled


def made_up_pdq(seed: int) -> bytes:
    """Makes the PDQ of no picture, balanced as genuine ones are."""
    return _from_bits(random.Random(seed).sample(range(PDQ_BITS), PDQ_BITS // 2))


def flipped(value: bytes, places: "range | list[int]") -> bytes:
    """Flips bits, counted from the last."""
    return (int.from_bytes(value) ^ int.from_bytes(_from_bits(places))).to_bytes(len(value))


def png(width: int, height: int, *, depth: int = 8, colours: int = 0, rows: bytes = b"") -> bytes:
    """Writes a PNG whose header need not be true; `rows` are filtered rows, `colours` PNG's colour type."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return PNG_START + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Saves a picture."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def flat() -> bytes:
    """A picture of one colour."""
    return saved(Image.new("RGB", (320, 240), (90, 120, 150)), "PNG")


def faint() -> bytes:
    """A picture that shows something, and too little to be registered: PDQ quality 10 to 49."""
    slope = np.linspace(0, 1, 320)[None] * np.linspace(0, 1, 240)[:, None]
    return saved(Image.fromarray((110 + FAINT_LEVELS * np.sin(6 * slope)).astype(np.uint8)), "PNG")


FAINT_LEVELS = 60


def dim(media: bytes) -> bytes:
    """A picture with hardly any contrast, too poor for whole codes and full of points: PDQ quality 10 to 49."""
    light = np.asarray(Image.open(io.BytesIO(media)).convert("L"), np.float32)
    for share in np.arange(0.08, 0.6, 0.04):
        made = saved(Image.fromarray((120 + (light - 128) * share).round().astype(np.uint8)), "PNG")
        if fingerprint(made).quality >= DIM_QUALITY:
            return made
    raise AssertionError("no contrast makes it dim")


DIM_QUALITY = 12
SCREEN = (720, 1280)
SHOWN_AT = (120, 400)


def screenshot(media: bytes) -> bytes:
    """A picture in the middle of an empty page."""
    page = Image.new("RGB", SCREEN, (240, 240, 240))
    page.paste(Image.open(io.BytesIO(media)).convert("RGB"), SHOWN_AT)
    return saved(page, "PNG")


def _from_bits(places: "range | list[int]") -> bytes:
    return sum(1 << place for place in places).to_bytes(PDQ_BITS // 8)
