"""Writing a snapshot: all of it stands under its name, or nothing does."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.errors import SearchError, SnapshotNotWritten
from index.search.files.disk import TEMPORARY_SUFFIX, Disk
from index.search.files.snapshot_format import BLOCK_BYTES, Description

Part = npt.NDArray[Any]
"""A piece of a section, as it is written."""

_SLAB_BYTES: Final = 1 << 23
"""Written between two looks at whether the writing was called off."""


class CalledOff(SearchError):
    """The writing of a snapshot was stopped by its own writer; nothing is left of it."""


def write_blocks(
    path: Path,
    header: Description,
    front: bytes,
    sections: Iterable[Iterable[Part]],
    *,
    disk: Disk,
    stop: Callable[[], bool],
) -> None:
    """Writes a snapshot of any kind: temporary, fsync, rename, fsync of the folder.

    Args:
        path: where the file shall stand; nothing stands there until all of it is on the device.
        header: the description that `front`, block 0, holds.
        front: block 0.
        sections: the arrays of each section in the file's order, made one after the other as they are written.
        disk: does the writing.
        stop: asked about every 8 MB; true calls the writing off.

    Raises:
        SnapshotNotWritten: the disk refused (full, read-only, failing); the temporary file is removed.
        CalledOff: `stop` said so; the same.
    """
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        descriptor = disk.create(temporary)
        try:
            _Blocks(descriptor, header, disk, stop).write_all(front, sections)
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
        disk.replace(temporary, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        _give_up(path, temporary, disk)
        raise SnapshotNotWritten(f"the disk refused a snapshot (errno {error.errno})") from error
    except CalledOff:
        _give_up(path, temporary, disk)
        raise


def _give_up(path: Path, temporary: Path, disk: Disk) -> None:
    """Removes what was written; what a failing disk keeps, the next `Keeper.tidy` removes."""
    with suppress(OSError):
        disk.remove(temporary)
        disk.remove(path)


class _Blocks:
    """Appends sections and collects the check sum of every block on the way."""

    def __init__(self, descriptor: int, header: Description, disk: Disk, stop: Callable[[], bool]) -> None:
        self._descriptor = descriptor
        self._header = header
        self._disk = disk
        self._stop = stop
        self._rest = bytearray()
        self._sums: list[int] = []

    def write_all(self, front: bytes, sections: Iterable[Iterable[Part]]) -> None:
        """Writes the file in its order."""
        self._section([np.frombuffer(front, np.uint8)])
        for section in sections:
            self._section(section)
        self._disk.append(self._descriptor, np.array(self._sums, "<u4").tobytes())

    def _section(self, arrays: Iterable[Part]) -> None:
        for array in arrays:
            self._append(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        if self._rest:
            self._append(memoryview(bytes(BLOCK_BYTES - len(self._rest))))

    def _append(self, view: memoryview) -> None:
        if self._rest:
            missing = BLOCK_BYTES - len(self._rest)
            self._rest += view[:missing]
            view = view[missing:]
            if len(self._rest) < BLOCK_BYTES:
                return
            self._whole(memoryview(bytes(self._rest)))
            self._rest.clear()
        whole = len(view) - len(view) % BLOCK_BYTES
        for start in range(0, whole, _SLAB_BYTES):
            self._whole(view[start : min(start + _SLAB_BYTES, whole)])
        self._rest += view[whole:]

    def _whole(self, view: memoryview) -> None:
        if self._stop():
            raise CalledOff("the writing of a snapshot was called off")
        for start in range(0, len(view), BLOCK_BYTES):
            block = view[start : start + BLOCK_BYTES]
            self._sums.append(self._header.block_sum(block, len(self._sums)))
        self._disk.append(self._descriptor, view)
