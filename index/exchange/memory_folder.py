"""A private folder in memory for programs that want files: nothing in it ever lies on a disk, and it is gone after use.

1. It lies in a tmpfs, or is not made at all.
2. A process of its own removes it when its input ends: when the folder is closed, and when the process that made it is
   killed, whatever became of those who write to it (`index.exchange.folder_watch`).
3. Where that one was killed as well (a container's end kills all), the next folder's maker removes what is left: a
   folder in use is locked, and the lock ends with the last process that holds it.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from index.exchange.folder_watch import WATCHING
from index.resources import Closing

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the one place that is memory on every Linux
PREFIX: Final = "takedown-clip-"
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_MOUNTS: Final = Path("/proc/self/mounts")
_WATCH: Final = Path(__file__).with_name("folder_watch.py")
REMOVAL_SECONDS: Final = 30.0


class NotInMemory(Exception):
    """There is no folder in memory here, or none that this process may write to; never leaves `index`."""


class MemoryFolder(Closing):
    """A folder that only this user can read, gone when closed or when this process ends in any way.

    Attributes:
        path: Where it is; holds no character that a shell would look at.
    """

    def __init__(self, root: Path = SHARED_MEMORY) -> None:
        """Makes the folder, and removes those that were left over.

        Args:
            root: A folder in memory.

        Raises:
            NotInMemory: It is none, or cannot be written to.
        """
        if not _is_memory(root):  # 1
            raise NotInMemory("there is no folder in memory here")
        try:
            remove_left_over(root)  # 3
            self.path, self._lock = _made(root)
        except OSError:
            raise NotInMemory("nothing can be written to the folder in memory") from None
        try:
            self._watch = _watched(self.path, self._lock)  # 2
        except OSError:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            raise NotInMemory("nobody could be started who removes the folder") from None

    def close(self) -> None:
        """Remove the folder with all that is in it; whoever writes to it has ended by now, or is ending."""
        assert self._watch.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        if self._watch.stdin.closed:
            return
        self._watch.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._watch.wait(REMOVAL_SECONDS)
        shutil.rmtree(self.path, ignore_errors=True)  # where the watch was killed
        os.close(self._lock)


def remove_left_over(root: Path) -> None:
    """Remove the folders of this user that nobody holds any more."""
    for folder in root.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and (lock := _lock(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _made(root: Path) -> tuple[Path, int]:
    """Make a folder and lock it; another one where somebody took it for left over before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        with suppress(FileNotFoundError):
            lock = _lock(folder)
            if lock is not None and folder.is_dir():
                return folder, lock


def _lock(folder: Path) -> int | None:
    """Lock a folder: the descriptor that holds the lock, or None where another process does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _watched(folder: Path, lock: int) -> subprocess.Popen[bytes]:
    """Start who removes a folder, and wait until it watches: from then on it lives until its input ends."""
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
    with watch.stdout as said:
        if said.read() != WATCHING:
            watch.communicate()
            raise ChildProcessError("it ended at once")
    return watch


def _is_memory(root: Path) -> bool:
    """Tell whether a folder is where a file system in memory is mounted, or lies within that one."""
    try:
        mounts = [line.split(" ")[1:3] for line in _MOUNTS.read_text("utf-8").splitlines()]
    except OSError:
        return False
    kinds = {place: kind for place, kind in mounts if Path(place) == root or Path(place) in root.parents}
    return bool(kinds) and kinds[max(kinds, key=len)] in _IN_MEMORY
