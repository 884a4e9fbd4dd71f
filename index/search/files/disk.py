"""The file operations that durability depends on, and the function that writes a whole snapshot with them.

Every change of an index file uses a `Disk`, so that a test can fail, or end the process, at each single operation.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.errors import SearchError, SnapshotNotWritten
from index.resources import PRIVATE_MODE, sync_folder
from index.search.files.format import BLOCK_BYTES, SnapshotHeader

TEMPORARY_SUFFIX: Final = ".tmp"
"""Suffix of the name of a file that is still being written and not valid yet."""

AnyArray = npt.NDArray[Any]
"""The array of a section, of any dtype."""

_CHUNK_BYTES: Final = 1 << 23
"""Bytes written between two checks for cancellation."""


class Disk:
    """The real disk. Its methods raise `OSError` like the system."""

    def create(self, path: Path) -> int:
        """Open an empty file for writing. Only the service's user may read it, because codes are personal data."""
        return os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_MODE)

    def append(self, descriptor: int, data: bytes | memoryview) -> None:
        """Write all of `data` at the end. A full disk is an `OSError` here and never a fault in a memory map."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def patch(self, descriptor: int, offset: int, data: bytes) -> None:
        """Overwrite bytes in place."""
        os.pwrite(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        """Fsync a file: return when its bytes have reached the device."""
        os.fsync(descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Rename atomically."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Unlink a file, if it exists."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Fsync a folder: return when renames and removals in it have reached the device."""
        sync_folder(folder)

    def write_file(self, path: Path, data: bytes) -> None:
        """Write a small file, all of it or nothing: temporary file, fsync, rename, fsync of the folder."""
        temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
        descriptor = self.create(temporary)
        try:
            self.append(descriptor, data)
            self.sync(descriptor)
        finally:
            os.close(descriptor)
        self.replace(temporary, path)
        self.sync_folder(path.parent)


class WriteCancelled(SearchError):
    """The writing of a snapshot was cancelled, and the partial file is removed."""


def write_blocks(
    path: Path,
    header: SnapshotHeader,
    front: bytes,
    sections: Iterable[Iterable[AnyArray]],
    *,
    disk: Disk,
    is_cancelled: Callable[[], bool],
) -> None:
    """Write a snapshot of any kind: temporary file, fsync, rename, fsync of the folder.

    Args:
        path: name of the file; nothing has this name until all of the file is on the device.
        header: the header that `front`, block 0, holds.
        front: block 0.
        sections: the arrays of each section in the file's order, made one after the other while they are written.
        disk: does the writing.
        is_cancelled: asked about every 8 MB; True cancels the writing.

    Raises:
        SnapshotNotWritten: the disk refused (full, read-only, failing); the temporary file is removed.
        WriteCancelled: `is_cancelled` returned True; the temporary file is removed.
    """
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        descriptor = disk.create(temporary)
        try:
            _BlockWriter(descriptor, header, disk, is_cancelled).write_all(front, sections)
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
        disk.replace(temporary, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        _remove_partial(path, temporary, disk)
        raise SnapshotNotWritten(f"the disk refused a snapshot (errno {error.errno})") from error
    except WriteCancelled:
        _remove_partial(path, temporary, disk)
        raise


def _remove_partial(path: Path, temporary: Path, disk: Disk) -> None:
    """Remove a partial file. If the disk refuses, `FolderWriter.remove_leftovers` removes it later."""
    with suppress(OSError):
        disk.remove(temporary)
        disk.remove(path)


class _BlockWriter:
    """Writer of sections that collects the checksum of every block."""

    def __init__(
        self, descriptor: int, header: SnapshotHeader, disk: Disk, is_cancelled: Callable[[], bool]
    ) -> None:
        self._descriptor = descriptor
        self._header = header
        self._disk = disk
        self._is_cancelled = is_cancelled
        self._partial_block = bytearray()
        self._sums: list[int] = []

    def write_all(self, front: bytes, sections: Iterable[Iterable[AnyArray]]) -> None:
        """Write block 0, the sections and the checksums."""
        self._write_section([np.frombuffer(front, np.uint8)])
        for section in sections:
            self._write_section(section)
        self._disk.append(self._descriptor, np.array(self._sums, "<u4").tobytes())

    def _write_section(self, arrays: Iterable[AnyArray]) -> None:
        for array in arrays:
            self._append(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        if self._partial_block:
            self._append(memoryview(bytes(BLOCK_BYTES - len(self._partial_block))))

    def _append(self, view: memoryview) -> None:
        if self._partial_block:
            missing = BLOCK_BYTES - len(self._partial_block)
            self._partial_block += view[:missing]
            view = view[missing:]
            if len(self._partial_block) < BLOCK_BYTES:
                return
            self._write_whole_blocks(memoryview(bytes(self._partial_block)))
            self._partial_block.clear()
        whole = len(view) - len(view) % BLOCK_BYTES
        for start in range(0, whole, _CHUNK_BYTES):
            self._write_whole_blocks(view[start : min(start + _CHUNK_BYTES, whole)])
        self._partial_block += view[whole:]

    def _write_whole_blocks(self, view: memoryview) -> None:
        if self._is_cancelled():
            raise WriteCancelled("the writing of a snapshot was cancelled")
        for start in range(0, len(view), BLOCK_BYTES):
            block = view[start : start + BLOCK_BYTES]
            self._sums.append(self._header.block_sum(block, len(self._sums)))
        self._disk.append(self._descriptor, view)
