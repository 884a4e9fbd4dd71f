"""The file operations that durability rests on, one method each, and the locks between processes.

Everything that changes a file of the index goes through a `Disk`, so that a test can fail, or end the
process, at each single operation.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from index.resources import sync_folder

TEMPORARY_SUFFIX: Final = ".tmp"
"""Ends the name of a file that is being written and does not count."""

_PRIVATE: Final = 0o600
"""The files hold codes, which are personal data: for the service's own user only."""


class Disk:
    """The real disk. Raises `OSError` as the system does."""

    def create(self, path: Path) -> int:
        """Opens an empty file for writing."""
        return os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, _PRIVATE)

    def append(self, descriptor: int, data: bytes | memoryview) -> None:
        """Writes all of `data` at the end; a full disk is an `OSError` here and never a fault in a map."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def patch(self, descriptor: int, offset: int, data: bytes) -> None:
        """Overwrites bytes in place."""
        os.pwrite(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        """Returns when the file's bytes have reached the device."""
        os.fsync(descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Renames atomically."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Unlinks a file, if it is there."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Returns when renames and removals in a folder have reached the device."""
        sync_folder(folder)

    def write_file(self, path: Path, data: bytes) -> None:
        """Puts a small file in place: temporary, fsync, rename, fsync of the folder; all of it or nothing."""
        temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
        descriptor = self.create(temporary)
        try:
            self.append(descriptor, data)
            self.sync(descriptor)
        finally:
            os.close(descriptor)
        self.replace(temporary, path)
        self.sync_folder(path.parent)


@contextmanager
def shared_lock(path: Path) -> Iterator[None]:
    """Holds off a process that changes files in place, if there ever was one (else there is no lock file)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Waits until no reader is between two dependent reads, then keeps readers out."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Takes a lock that the kernel releases when this process dies; None when another holds it.

    Returns the descriptor that holds the lock: closing it gives the lock up.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
