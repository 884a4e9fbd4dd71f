"""The withdrawal journal as a file outside of the data folder. Its form is `registry.domain.journal`.

1. Whoever appends locks the file, reads what others appended, and writes one line after another.
2. A part of a line at the end, which a crash left, was never acknowledged: it is cut off before the next line.
3. A line counts once the file is on the disk (fsync), and the file's name too.
4. Nothing here refuses a withdrawal. A file that cannot be written is reported, and completed later.
"""

import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from index.resources import PRIVATE_MODE, sync_folder
from registry.domain import (
    JournalKind,
    JournalLine,
    JournalPlace,
    Mac,
    Withdrawal,
    header_of,
    line_of,
    parse_header,
    parse_lines,
)
from registry.errors import JournalUnfit

ID_BYTES: Final = 16


class WithdrawalJournalFile:
    """Implementation of `registry.ports.JournalFile`. Threads and processes: any."""

    def __init__(
        self,
        path: Path,
        registry_id: str,
        mac: Mac,
        random: Callable[[int], bytes],
        report: Callable[[OSError | JournalUnfit], None] = lambda _: None,
    ) -> None:
        """Take the file's path, and what is told of each failure to write."""
        self._path = path
        self._registry_id = registry_id
        self._mac = mac
        self._random = random
        self._report = report
        self._turn = threading.Lock()
        self._seen: _Seen | None = None

    def add(self, withdrawal: Withdrawal) -> bool:
        """Append a withdrawal, unless it has it; return whether it is on the disk."""
        return self.complete([withdrawal]) is not None

    def read(self) -> tuple[str, JournalPlace, Sequence[JournalLine]] | None:
        """Return the registry's id, the place after the header and all lines; None if there is no file."""
        try:
            with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
                text, _ = _whole_lines(descriptor)
                if not text and not os.fstat(descriptor).st_size:
                    return None  # a process ended before it wrote the header
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise JournalUnfit(
                f"{self._path} cannot be read ({os.strerror(error.errno or errno.EIO)})."
            ) from error
        return self._parsed(text)

    def complete(self, withdrawals: Sequence[Withdrawal]) -> JournalPlace | None:
        """Append those that it lacks, to a new file if there is none.

        Return the place of its end, or None if it cannot be written now.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._turn, self._locked(os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX) as descriptor:  # 1.
                seen = self._up_to_date(descriptor)
                place, added = seen.place, list[str]()
                for withdrawal in withdrawals:
                    if _name(withdrawal) not in seen.held:
                        added.append(line_of(withdrawal, place, self._mac) + "\n")
                        [line] = parse_lines(added[-1], place, self._mac)
                        place = line.place
                if added:
                    _append(descriptor, seen.size, "".join(added))
        except (OSError, JournalUnfit) as error:  # 4.
            self._report(error)
            return None
        return place

    def set_aside(self) -> None:
        """Give the file another name beside it, so that a new one can begin; nothing is deleted."""
        try:
            self._path.rename(self._path.with_name(f"{self._path.name}.old-{self._random(4).hex()}"))
            sync_folder(self._path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise JournalUnfit(f"{self._path} cannot be renamed.") from error

    @contextmanager
    def _locked(self, flags: int, lock: int) -> Iterator[int]:
        descriptor = os.open(self._path, flags | os.O_CLOEXEC, PRIVATE_MODE)
        try:
            fcntl.flock(descriptor, lock)
            yield descriptor
        finally:
            os.close(descriptor)

    def _up_to_date(self, descriptor: int) -> "_Seen":
        """Return what the file holds. Only what was appended since the last time is read."""
        inode = os.fstat(descriptor).st_ino
        seen = self._seen
        if seen is None or seen.inode != inode or os.fstat(descriptor).st_size < seen.size:
            text, size = _whole_lines(descriptor)
            if not text:
                text = header_of(self._registry_id, self._random(ID_BYTES).hex(), self._mac) + "\n"
                size = _append(descriptor, 0, text)
                sync_folder(self._path.parent)
            registry_id, place, lines = self._parsed(text)
            if registry_id != self._registry_id:
                raise JournalUnfit(f"{self._path} is another registry's.")
            seen = _Seen(inode=inode, size=size, place=place)
        else:
            text, size = _whole_lines(descriptor, seen.size)
            lines = self._following(text, seen.place)
        seen.size = size
        seen.place = lines[-1].place if lines else seen.place
        seen.held.update(_name(line.withdrawal) for line in lines)
        self._seen = seen
        return seen

    def _parsed(self, text: str) -> tuple[str, JournalPlace, Sequence[JournalLine]]:
        first, _, rest = text.partition("\n")
        try:
            registry_id, place = parse_header(first, self._mac)
        except ValueError as error:
            raise JournalUnfit(f"{self._path} is damaged: {error}.") from error
        return registry_id, place, self._following(rest, place)

    def _following(self, text: str, place: JournalPlace) -> Sequence[JournalLine]:
        try:
            return tuple(parse_lines(text, place, self._mac))
        except ValueError as error:
            raise JournalUnfit(f"{self._path} is damaged: {error}.") from error


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What this process has read of the file.

    Attributes:
        size: bytes of the whole lines.
        place: the place after them.
        held: what they name.
    """

    inode: int
    size: int
    place: JournalPlace
    held: set[tuple[object, ...]] = field(default_factory=set)


def _name(withdrawal: Withdrawal) -> tuple[object, ...]:
    """Return what two lines about the same withdrawal have in common: a case is withdrawn once, consent again."""
    once = withdrawal.kind is not JournalKind.FACES
    return (withdrawal.kind, withdrawal.id) if once else (withdrawal.kind, withdrawal.id, withdrawal.at)


def _whole_lines(descriptor: int, start: int = 0) -> tuple[str, int]:
    """Return the text of all whole lines from a byte on, and the byte at which it ends."""
    content = bytearray()
    while part := os.pread(descriptor, 1 << 20, start + len(content)):
        content += part
    size = content.rfind(b"\n") + 1
    try:
        return content[:size].decode("ascii"), start + size
    except UnicodeDecodeError as error:
        raise JournalUnfit("The withdrawal journal is damaged: it is no text.") from error


def _append(descriptor: int, size: int, text: str) -> int:
    """Write text behind the whole lines, and wait for the disk; return the new size, or leave no part of it behind."""
    os.ftruncate(descriptor, size)  # 2.
    content = text.encode("ascii")
    try:
        written = os.pwrite(descriptor, content, size)
        os.fsync(descriptor)  # 3.
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    if written != len(content):  # the disk is full
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return size + len(content)
