"""The thumbnail that a HEIC has of its picture, as a file of its own.

Decoders return the main picture. So the file is copied, and the number of its main picture is replaced by that of the
thumbnail, which is then decoded as any HEIC.
"""

import struct
from typing import Final

from index.media.pictures.embedded.ends import Box, boxes

MAX_THUMBNAILS: Final = 2
"""Thumbnails that are looked at. Phones write one."""

_FULL_BOX: Final = 4  # bytes of version and flags
_THUMBNAIL_OF: Final = b"thmb"
_FORGOTTEN: Final = b"free"  # in place of the name, so that the item counts as a picture


def with_thumbnail_first(data: bytes) -> list[bytes]:
    """Return a copy of a HEIC for each thumbnail of its main picture, with the thumbnail as the main picture."""
    try:
        return _copies(data)
    except struct.error:
        return []


def _copies(data: bytes) -> list[bytes]:
    meta = next((box for box in boxes(data) if box.name == b"meta"), None)
    if meta is None:
        return []
    parts = {box.name: box for box in boxes(data, meta.body + _FULL_BOX, meta.end)}
    main, references = parts.get(b"pitm"), parts.get(b"iref")
    if main is None or references is None:
        return []
    number, number_at = _number(data, main), main.body + _FULL_BOX
    # Version 0 has item numbers of two bytes, and later versions of four.
    wide = struct.Struct(">I" if data[references.body] else ">H")
    main_wide = struct.Struct(">I" if data[main.body] else ">H")
    made = list[bytes]()
    for box in boxes(data, references.body + _FULL_BOX, references.end):
        (thumbnail,) = wide.unpack_from(data, box.body)
        (of,) = wide.unpack_from(data, box.body + wide.size + 2)
        if box.name == _THUMBNAIL_OF and of == number and len(made) < MAX_THUMBNAILS:
            copy = bytearray(data)
            copy[box.start + 4 : box.start + 8] = _FORGOTTEN
            copy[number_at : number_at + main_wide.size] = main_wide.pack(thumbnail)
            made.append(bytes(copy))
    return made


def _number(data: bytes, main: Box) -> int:
    kind = struct.Struct(">I" if data[main.body] else ">H")
    return int(kind.unpack_from(data, main.body + _FULL_BOX)[0])
