"""The orders of a worker process, and its tie to its parent.

Parent and worker import this module. The parent must not import `index.sandbox.worker`: Python would then load that
module twice in a worker, once with the package and once as the program.
"""

import ctypes
import json
import signal
from dataclasses import asdict, dataclass
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
PR_SET_NO_NEW_PRIVS: Final = 38  # linux/prctl.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Configuration of a worker, passed as JSON in its command line.

    Attributes:
        task: `module:function`, a `Task` or a `StreamingTask`, called with each request.
        warm_up: `module:function` called once before the limits apply, or None.
        import_paths: Folders searched before the installed packages.
        cpu_seconds: Processor time of one task, whole seconds.
        memory_bytes: Address space, in bytes.
        open_files: File descriptors.
        max_request_bytes: Longest request, in bytes.
        streams: True if the task is a `StreamingTask`.
        total_cpu_seconds: Processor time of the process, whole seconds, after which the kernel kills it; or None.
        file_bytes: Maximum length of a file that the worker may write, in bytes; 0 if it may write none.
        warm_up_argument: Argument of `warm_up`, or None if it takes none.
    """

    task: str
    warm_up: str | None
    import_paths: tuple[str, ...]
    cpu_seconds: int
    memory_bytes: int
    open_files: int
    max_request_bytes: int
    streams: bool = False
    total_cpu_seconds: int | None = None
    file_bytes: int = 0
    warm_up_argument: str | None = None

    def to_argument(self) -> str:
        """Return the configuration as one command-line argument."""
        return json.dumps(asdict(self))


def tie_to_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends, and to grant no new privileges."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_PDEATHSIG, signal.SIGKILL), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl failed")
