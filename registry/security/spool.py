"""The spool: uploads that wait for a worker, as encrypted files of this machine (docs/promises.md, promise 1).

    file    =  records of 256 KiB of plain text, the last one shorter; each followed by its tag (16 bytes)
    record  =  AES-256-GCM; nonce: record number (12 bytes); authenticated: file name, record number, last-record flag

1. Each file has a random key of its own, which is never written to the spool. The key is stored sealed in the job's
   row and is blanked in the commit that ends the job. Remains of a deleted file on a disk can then not be decrypted.
2. A key seals each record once, so the record's number is a nonce that is never reused.
3. File name, record number and last-record flag are authenticated: exchanged, moved, dropped or truncated records are
   detected. Opening returns the exact content or raises `UploadLost`.
4. Files are readable by their owner only. A finished file is on the disk before the job is committed.
5. The writer of a file holds a lock on it until the job is committed or the file is deleted. The kernel releases the
   lock when the process ends. `sweep` deletes files without a lock and without a job, so it never deletes a file whose
   job is not committed yet.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from index.resources import lock_now, lock_waiting, sync_folder
from registry.domain import Spooled, ids
from registry.errors import StorageUnavailable, UploadLost

RECORD_BYTES: Final = 256 * 1024
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12

MAX_SWEPT: Final = 200
"""Maximum number of files that one sweep locks. Each of them stays open during the sweep."""


class Spool:
    """Implementation of `registry.ports.Spooling` in a folder. Threads: any. Processes: all of the machine."""

    def __init__(self, folder: Path, machine_id: str, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = folder
        self._machine_id = machine_id
        self._random = random

    def create(self) -> "SpoolWriter":
        """Start a file; raise `StorageUnavailable` if the disk refuses."""
        name = ids.new_id(ids.SPOOL, self._random)
        with _disk():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return SpoolWriter(self._folder / name, self._machine_id, self._random(_KEY_BYTES))

    def open(self, spooled: Spooled) -> "SpoolSource":
        """Open a finished file; raise `UploadLost`."""
        return SpoolSource(self._path(spooled.name), spooled)

    def remove(self, name: str) -> None:
        """Delete a file. A missing file, or a file of another machine, is not an error."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> tuple[str, ...]:
        """Return the names of the files, in no particular order."""
        try:
            return tuple(path.name for path in self._folder.iterdir() if ids.is_id(path.name, ids.SPOOL))
        except FileNotFoundError:
            return ()

    def sweep(self, live: Callable[[], Collection[str]]) -> int:
        """Delete the files without a writer and without a job; return their number.

        Args:
            live: returns the file names of unfinished jobs. It is called again while the locks are held (5.).
        """
        suspects = set(self.names())
        suspects = set(sorted(suspects - set(live()))[:MAX_SWEPT]) if suspects else suspects
        with contextlib.ExitStack() as locks:
            ours = {name for name in suspects if locks.enter_context(_locked(self._folder / name))}
            orphans = ours - set(live()) if ours else ours
            for name in orphans:
                self.remove(name)
        return len(orphans)

    def _path(self, name: str) -> Path:
        if not ids.is_id(name, ids.SPOOL):
            raise UploadLost
        return self._folder / name


class SpoolWriter:
    """Writer of one file, for one thread. Leaving its block with an error, or unfinished, deletes the file.

    Commit the job within the block: the file is locked against `Spool.sweep` until the block ends.
    """

    def __init__(self, path: Path, machine_id: str, key: bytes) -> None:
        self._path = path
        self._machine_id = machine_id
        self._key = key
        self._cipher = AESGCM(key)
        self._waiting = bytearray()
        self._records = 0
        self._size = 0
        self._is_finished = False
        self._descriptor = _created(path)

    @property
    def size(self) -> int:
        """The number of bytes written."""
        return self._size

    def write(self, data: bytes | memoryview) -> int:
        """Append to the upload and return the number of bytes; raise `StorageUnavailable` if the disk refuses."""
        if self._is_finished:
            raise ValueError("the upload has ended")
        self._waiting += data
        self._size += len(data)
        while len(self._waiting) > RECORD_BYTES:  # the last record needs its flag, so keep one back
            self._seal(self._waiting[:RECORD_BYTES], is_last=False)
            del self._waiting[:RECORD_BYTES]
        return len(data)

    def finish(self) -> Spooled:
        """Finish the upload and write it to the disk; raise `StorageUnavailable` if the disk refuses."""
        if not self._is_finished:
            self._seal(self._waiting, is_last=True)
            self._waiting.clear()
            with _disk():
                os.fsync(self._descriptor)
                sync_folder(self._path.parent)
            self._is_finished = True
        return Spooled(name=self._path.name, machine_id=self._machine_id, size=self._size, key=self._key)

    def discard(self) -> None:
        """Delete the file. Calling it again has no effect."""
        self._waiting.clear()
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Release the lock, and delete an unfinished file."""
        if self._descriptor >= 0:
            if not self._is_finished:
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _seal(self, plain: bytes | bytearray, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(
            _nonce(self._records), plain, _context(self._path.name, self._records, is_last=is_last)
        )
        self._records += 1
        view = memoryview(sealed)
        with _disk():
            while view:
                view = view[os.write(self._descriptor, view) :]


class SpoolSource:
    """Random access to a finished file: an `index.clips.fingerprint.ClipSource`. Threads: any. Caches one record."""

    def __init__(self, path: Path, spooled: Spooled) -> None:
        self._name = spooled.name
        self._size = spooled.size
        self._last = max(0, (spooled.size - 1) // RECORD_BYTES)
        try:
            self._cipher = AESGCM(spooled.key)
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError):  # ValueError: the key was blanked
            raise UploadLost from None
        self._lock = threading.Lock()
        self._opened: tuple[int, bytes] = (-1, b"")

    @property
    def size(self) -> int:
        """Length of the upload, in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on. Both lie within `size`. Raise `UploadLost`."""
        if length <= 0:
            return b""
        first, last = offset // RECORD_BYTES, (offset + length - 1) // RECORD_BYTES
        plain = b"".join(self._record(number) for number in range(first, last + 1))
        start = offset - first * RECORD_BYTES
        return plain[start : start + length]

    def close(self) -> None:
        """Close the file. Calling it again has no effect."""
        with self._lock:
            self._opened = (-1, b"")
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _record(self, number: int) -> bytes:
        with self._lock:
            if self._opened[0] != number:
                self._opened = (number, self._open(number))
            return self._opened[1]

    def _open(self, number: int) -> bytes:
        length = min(RECORD_BYTES, self._size - number * RECORD_BYTES) + _TAG_BYTES
        try:
            sealed = os.pread(self._descriptor, length, number * (RECORD_BYTES + _TAG_BYTES))
            context = _context(self._name, number, is_last=number == self._last)
            return self._cipher.decrypt(_nonce(number), sealed, context)  # 3.
        except (OSError, InvalidTag, ValueError):  # ValueError: the record is empty
            raise UploadLost from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_BYTES, "big")  # 2.


def _context(name: str, number: int, *, is_last: bool) -> bytes:
    return b"%s:%d:%d" % (name.encode("ascii"), number, is_last)


def _created(path: Path) -> int:
    """Create a file (4.) and lock it (5.)."""
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        lock_waiting(descriptor)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # a sweep deleted the file before it was locked


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise StorageUnavailable("The upload cannot be written to the disk.") from None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Try to lock a file for the block; yield whether it succeeded."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield lock_now(descriptor)
    finally:
        os.close(descriptor)
