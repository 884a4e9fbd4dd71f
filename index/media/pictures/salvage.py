"""Pictures that their decoder refuses and a viewer shows: truncated files, and wrong checksums of what is no picture.

`index.media.pictures.decoding` decodes such a file as far as it goes, and tells whether a part is missing.
"""

import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import ImageFile

from index.media.pictures.formats import MediaFormat, sniff
from index.media.pictures.structure import png_chunks

SURPLUS_BYTES: Final = 4_096
"""Bytes of no meaning that are put behind a JPEG. They fill the blocks that are missing with noise."""

# Decoders of WebP, AVIF and HEIC decode nothing of a truncated file.
_SALVAGEABLE: Final = frozenset(
    {MediaFormat.JPEG, MediaFormat.PNG, MediaFormat.GIF, MediaFormat.BMP, MediaFormat.TIFF}
)
_MARK: Final = b"\xff"
_ANCILLARY: Final = 0x20  # the bit of the name's first letter (PNG, 5.4)
_AROUND_BODY: Final = 8  # bytes of length and name; four bytes of checksum follow the body


def salvageable(media_format: MediaFormat) -> bool:
    """Return True if the decoder of a format can stop at a fault and show what precedes it."""
    return media_format in _SALVAGEABLE


@contextmanager
def lenient() -> Iterator[None]:
    """Make Pillow's decoders stop at a fault without an error. Not thread safe, like all decoding here."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def with_surplus(jpeg: bytes) -> bytes:
    """Return a truncated JPEG with bytes behind it that have no meaning and contain no marker."""
    surplus = random.Random(len(jpeg)).randbytes(SURPLUS_BYTES)  # noqa: S311 - no secret
    return jpeg.rstrip(_MARK) + surplus.replace(_MARK, b"\0")


def without_wrong_chunks(data: bytes) -> bytes:
    """Return a PNG without its ancillary chunks whose checksum is wrong; the same object if there are none.

    Browsers drop such chunks and show the picture. Critical chunks are left to the decoder, which refuses a wrong
    header or palette, and decodes pixels without regard to their checksum.
    """
    if sniff(data) is not MediaFormat.PNG:
        return data
    kept, start = list[bytes](), 0
    for chunk in png_chunks(data):
        name_at = chunk.body - 4
        is_wrong = zlib.crc32(data[name_at : chunk.end - 4]) != int.from_bytes(
            data[chunk.end - 4 : chunk.end]
        )
        if data[name_at] & _ANCILLARY and chunk.end <= len(data) and is_wrong:
            kept.append(data[start : chunk.body - _AROUND_BODY])
            start = chunk.end
    return data if start == 0 else b"".join((*kept, data[start:]))
