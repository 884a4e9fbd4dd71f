"""An input file of a command. Its kind follows from its content, and its bytes are read on demand."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from index.errors import SoundOnly
from index.limits import STANDARD, STANDARD_CLIP
from index.media.clips import KIND_BYTES, is_clip
from registry.client import Problem


class MediaFile:
    """An open picture or clip. Only a small part of a clip is in memory at any time. For one thread.

    Implements `index.clips.fingerprint.ClipSource`.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, io.SEEK_END)
        self.is_clip = is_clip(self.read(0, min(self.size, KIND_BYTES)))

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on; raise `Problem` if the file has become shorter."""
        self.file.seek(offset)
        data = self.file.read(length)
        if len(data) != length:
            raise Problem("file-unreadable", "The file changed while it was being read.")
        return data

    def whole(self) -> bytes:
        """Return the whole content."""
        return self.read(0, self.size)


@contextmanager
def opened(name: str) -> Iterator[MediaFile]:
    """Open a file of bounded size for the duration of the block.

    Raises:
        Problem: `file-unreadable`, `media-too-many-bytes` or `media-sound-only`.
    """
    try:
        with _open(name) as file:
            media = MediaFile(_seekable(file))
            most = STANDARD_CLIP.max_bytes if media.is_clip else STANDARD.max_bytes
            if media.size > most:
                raise Problem("media-too-many-bytes", f"A file of this kind may have at most {most} bytes.")
            yield media
    except SoundOnly as error:
        raise Problem(error.code, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    except OSError as error:
        raise Problem("file-unreadable", f"The file cannot be read: {error.strerror}.") from error


def _open(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except ValueError as error:
        raise Problem("file-unreadable", "The file cannot be read: not a file name.") from error


def _seekable(file: BinaryIO) -> BinaryIO:
    """Return the file itself, or the content of a pipe, up to the size limit of a picture."""
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    return io.BytesIO(file.read(STANDARD.max_bytes + 1))
