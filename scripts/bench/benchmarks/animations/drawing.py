"""Files of many drawn pictures, each format with the encoder's settings, and decoding such a file alone."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pillow_heif
from PIL import Image

from benchmarks.common.drawn_pictures import drawn_luma

FIRST_SEED: Final = 9000
TINTS: Final = ((255, 236, 214), (222, 240, 255), (240, 255, 226))
"""Colours of white, in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file.

    Attributes:
        encoder: Pillow's name of the format.
        options: settings of the encoder.
        most: maximum number of pictures that is measured.
        colours: number of colours of a picture; None for all.
    """

    encoder: str
    options: Mapping[str, Any] = field(default_factory=dict)
    most: int = 300
    colours: int | None = None


KINDS: Final = {
    "gif": Kind(encoder="GIF", colours=64),
    "apng": Kind(encoder="PNG"),
    "webp": Kind(encoder="WEBP", options={"quality": 80, "method": 1}),
    "webp-lossless": Kind(encoder="WEBP", options={"lossless": True, "method": 0}),
    "avif": Kind(encoder="AVIF", options={"quality": 60, "speed": 10}),
    "heic": Kind(encoder="HEIF", options={"quality": 60}),
    "tiff": Kind(encoder="TIFF", options={"compression": "tiff_lzw"}, most=30),
}


def picture(number: int, size: tuple[int, int]) -> Image.Image:
    """Draw a picture in colour that no other number gives."""
    luma = Image.fromarray(drawn_luma(FIRST_SEED + number)).resize(size, Image.Resampling.BICUBIC)
    white = TINTS[number % len(TINTS)]
    bands = [luma.point([level * most // 255 for level in range(256)]) for most in white]
    return Image.merge("RGB", bands)


def file_of(pictures: Sequence[Image.Image], kind: Kind) -> bytes:
    """Return a file with a frame or page for each picture."""
    file = io.BytesIO()
    first, *others = (_prepared(one, kind) for one in pictures)
    first.save(file, kind.encoder, save_all=True, append_images=others, **kind.options)
    return file.getvalue()


def _prepared(image: Image.Image, kind: Kind) -> Image.Image:
    if kind.colours is not None:
        return image.quantize(kind.colours, dither=Image.Dither.NONE)
    return image.copy()  # encoders leave their settings behind


def decode_alone(data: bytes, kind: Kind) -> int:
    """Decode every picture of a file and drop it; return their number."""
    if kind.encoder == "HEIF":
        pictures = [one.to_pillow() for one in pillow_heif.open_heif(io.BytesIO(data))]
        return len(pictures)
    image = Image.open(io.BytesIO(data))
    count = int(getattr(image, "n_frames", 1))
    for number in range(count):
        image.seek(number)
        image.load()
    return count
