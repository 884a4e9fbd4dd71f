"""What a file is, a picture or a clip, told by its first bytes before any decoder is chosen."""

from typing import Final

from index.errors import MediaError, UnknownFormat
from index.media.clips.containers import HEAD_BYTES, sniff_clip
from index.media.pictures import sniff

KIND_BYTES: Final = HEAD_BYTES
"""First bytes of a file that tell what it is."""


def is_clip(head: bytes) -> bool:
    """Tell whether a file is a clip by its first `KIND_BYTES` bytes, or by all of them where it has fewer.

    What is neither picture nor clip is none either. A picture is asked for first: AVIF and HEIC lie in a clip's boxes.
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
