"""Room on the disk that is kept for withdrawals.

1. A few files without content take the room (`restore`). They are made while there is plenty of it.
2. If the disk is full and a withdrawal is refused, one of them is removed, and the withdrawal is tried again
   (`release`). Each file is one more attempt, because other programs may take the room first.
3. They are made again once there is plenty of room.

All processes of a machine share the files; removing one is atomic. PostgreSQL keeps its data elsewhere, so that room in
this folder would not help it.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from index.resources import PRIVATE_MODE

PIECES: Final = 4
"""Number of files, each of which is one more attempt of a withdrawal."""

_PLENTY: Final = 2
"""Free room from which files are made, in multiples of all files: the room that they leave is not the last."""

_NAME: Final = "room-{}"


class Reserve:
    """The kept room in one folder. Threads and processes: any."""

    def __init__(self, folder: Path, total_bytes: int) -> None:
        """Store the parts; `total_bytes` is 0 if no room is to be kept."""
        self._folder = folder
        self._piece_bytes = -(-total_bytes // PIECES)

    def release(self) -> bool:
        """Give back one file's room; return False if there is none left."""
        for number in range(PIECES):
            try:
                self._path(number).unlink()
            except FileNotFoundError:
                continue
            return True
        return False

    def restore(self) -> bool:
        """Make the missing files if there is plenty of room; return whether all are there now."""
        missing = [number for number in range(PIECES) if not self._is_whole(number)]
        if not missing or not self._piece_bytes:
            return True
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._free_bytes() < _PLENTY * PIECES * self._piece_bytes:
                return False
            for number in missing:
                self._make(number)
        except OSError:
            return False
        return True

    def _make(self, number: int) -> None:
        path = self._path(number)
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_MODE)
        try:
            os.posix_fallocate(descriptor, 0, self._piece_bytes)
        except OSError:
            with suppress(FileNotFoundError):
                path.unlink()
            raise
        finally:
            os.close(descriptor)

    def _is_whole(self, number: int) -> bool:
        try:
            return self._path(number).stat().st_size >= self._piece_bytes
        except FileNotFoundError:
            return False

    def _free_bytes(self) -> int:
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize

    def _path(self, number: int) -> Path:
        return self._folder / _NAME.format(number)
