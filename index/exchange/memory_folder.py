"""A private folder in memory for programs that need files. Its content is never on a disk, and is removed after use.

1. The folder is in a tmpfs; if there is none, it is not made.
2. A separate process removes the folder when its input ends: when the folder is closed, and when the process that made
   it is killed, whatever happens to the processes that write to it (`index.exchange.folder_watch`).
3. If that process was killed too (the end of a container kills all), the next `MemoryFolder` removes the rest. A folder
   in use is locked, and the lock ends with the last process that holds it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from index.exchange.folder_watch import WATCHING
from index.resources import Closing, lock_now

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - on every Linux this is memory
PREFIX: Final = "takedown-clip-"
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_MOUNTS: Final = Path("/proc/self/mounts")
_WATCH: Final = Path(__file__).with_name("folder_watch.py")
REMOVAL_SECONDS: Final = 30.0


class NotInMemory(Exception):
    """There is no folder in memory, or this process may not write to it. It never leaves `index`."""


class MemoryFolder(Closing):
    """A folder readable by this user only. It is removed when closed, or when this process ends in any way.

    Attributes:
        path: Path without any character that is special to a shell.
    """

    def __init__(self, root: Path = SHARED_MEMORY) -> None:
        """Make the folder, after removing abandoned ones.

        Args:
            root: A folder in memory.

        Raises:
            NotInMemory: `root` is not in memory, or not writable.
        """
        if not _is_memory(root):  # 1
            raise NotInMemory("there is no folder in memory here")
        try:
            remove_abandoned(root)  # 3
            self.path, self._lock = _make_locked(root)
        except OSError:
            raise NotInMemory("nothing can be written to the folder in memory") from None
        try:
            self._watch = _start_watch(self.path, self._lock)  # 2
        except OSError:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            raise NotInMemory("nobody could be started who removes the folder") from None

    def close(self) -> None:
        """Remove the folder with its content. The processes that write to it must have ended, or be ending."""
        assert self._watch.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        if self._watch.stdin.closed:
            return
        self._watch.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._watch.wait(REMOVAL_SECONDS)
        shutil.rmtree(self.path, ignore_errors=True)  # in case the watching process was killed
        os.close(self._lock)


def remove_abandoned(root: Path) -> None:
    """Remove this user's folders that no process has locked."""
    for folder in root.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and (lock := _lock(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _make_locked(root: Path) -> tuple[Path, int]:
    """Make a folder and lock it. Try again if another process removed it as abandoned before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        with suppress(FileNotFoundError):
            lock = _lock(folder)
            if lock is not None and folder.is_dir():
                return folder, lock


def _lock(folder: Path) -> int | None:
    """Lock a folder. Return the descriptor that holds the lock, or None if another process has locked it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    if lock_now(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _start_watch(folder: Path, lock: int) -> subprocess.Popen[bytes]:
    """Start the process that removes a folder, and wait until it is ready. It then lives until its input ends."""
    watch = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-I", "-S", "-B", str(_WATCH), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        pass_fds=(lock,),
        start_new_session=True,
    )
    assert watch.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
    with watch.stdout as output:
        if output.read() != WATCHING:
            watch.communicate()
            raise ChildProcessError("it ended at once")
    return watch


def _is_memory(root: Path) -> bool:
    """Return True if a folder is in a file system in memory."""
    try:
        mounts = [line.split(" ")[1:3] for line in _MOUNTS.read_text("utf-8").splitlines()]
    except OSError:
        return False
    kinds = {place: kind for place, kind in mounts if Path(place) == root or Path(place) in root.parents}
    return bool(kinds) and kinds[max(kinds, key=len)] in _IN_MEMORY
