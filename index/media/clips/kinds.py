"""Distinguish pictures, clips and sound by their first bytes, before a decoder is chosen."""

from typing import Final

from index.errors import MediaError, UnknownFormat
from index.media.clips.sniffing import HEAD_BYTES, sniff_clip
from index.media.pictures import sniff

KIND_BYTES: Final = HEAD_BYTES
"""Number of first bytes of a file that identify it."""


def is_clip(head: bytes) -> bool:
    """Return True if a file is a clip, given its first `KIND_BYTES` bytes, or all bytes of a shorter file.

    The result is False for a picture, and for a file that is neither. Pictures are tested first, because AVIF and HEIC
    use the same boxes as a clip.

    Raises:
        SoundOnly: The first bytes are those of a sound file.
    """
    try:
        sniff(head)
    except UnknownFormat:
        pass
    else:
        return False
    try:
        sniff_clip(head)
    except MediaError:
        return False
    return True
