"""Resources: closing them, locking files between processes, and making directory changes durable."""

import ctypes
import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PRIVATE_MODE: Final = 0o600
"""File mode of lock files: readable and writable by the service's own user only."""


_MALLOPT: Final = getattr(ctypes.CDLL(None), "mallopt", None)  # of glibc
_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD, mallopt(3)
LARGE_BLOCK_BYTES: Final = 8 << 20
"""Size from which a block of memory is apart from the heap. Blocks of ordinary pictures are smaller."""


class Closing(ABC):
    """A context manager that closes itself at the end of its `with` block."""

    @abstractmethod
    def close(self) -> None:
        """Release what the object holds. Calling it again has no effect."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def keep_large_blocks_apart() -> None:
    """Return large blocks of memory to the system when they are freed, where the C library can do so.

    By default glibc puts blocks of up to 32 MB on the heap once such blocks were freed. After the registration of a
    HEIC of 50 megapixels, 200 MB stayed with a worker, and the next large picture came on top.
    """
    if _MALLOPT is not None:
        _MALLOPT(_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def sync_folder(folder: Path) -> None:
    """Fsync a directory, so that renames and deletions in it survive power loss. Raise `OSError` on failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def shared_lock(path: Path) -> Iterator[None]:
    """Hold a shared lock on a lock file. Without the file no process has ever locked it, and none is made."""
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
    """Wait for the exclusive lock on a lock file, which is made if it is absent, and hold it."""
    descriptor = _lock_file(path)
    try:
        lock_waiting(descriptor)
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Take the exclusive lock on a lock file without waiting. The file is made if it is absent.

    Returns:
        The descriptor that holds the lock, or None if another process holds it. Closing the descriptor releases the
        lock; so does the death of the process.
    """
    descriptor = _lock_file(path)
    if lock_now(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def lock_now(descriptor: int) -> bool:
    """Take the exclusive lock on an open file or folder without waiting; return False if another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_waiting(descriptor: int) -> None:
    """Wait for the exclusive lock on an open file or folder, and take it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_MODE)
