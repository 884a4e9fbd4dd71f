"""The supervisor of the job worker beside a server: it starts, restarts and stops the worker with the server.

1. gunicorn's master forks and waits for any child to end, so it must neither hold threads nor have other children. The
   supervisor is therefore a small process of its own, which imports nothing of the registry.
2. The kernel signals the supervisor and the worker when their parent has ended for any reason. No worker outlives its
   server.
3. A worker that ends at once is restarted after increasing pauses.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NoReturn

FIRST_PAUSE_SECONDS: Final = 0.5
MAX_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""Run time after which the end of a worker does not count as a failed start."""

PATIENCE_SECONDS: Final = 25.0
"""Time for the worker to stop. Longer than the worker waits for its running jobs (`registry.jobs.worker`)."""

WORKER: Final = (sys.executable, "-m", "registry.cli.main", "worker")

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


@contextmanager
def supervised(*options: str) -> Iterator[None]:
    """Keep `takedown worker` running until the block ends in this process. Its end in a forked child has no effect."""
    ours = os.getpid()
    supervisor = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "registry.cli.supervising", str(ours), *WORKER, *options]
    )
    try:
        yield
    finally:
        if os.getpid() == ours:  # gunicorn's workers leave this block by SystemExit too
            supervisor.terminate()
            supervisor.wait()


class _Ended(Exception):
    """The supervisor was asked to stop."""


def supervise(command: Sequence[str], pause: Callable[[float], None] = time.sleep) -> None:
    """Run the command repeatedly; raise `_Ended` when asked to stop."""
    pause_s = FIRST_PAUSE_SECONDS
    while True:
        began = time.monotonic()
        with _begun(command) as child:
            try:
                child.wait()
            except _Ended:
                _end(child)
                raise
        if time.monotonic() - began > STEADY_SECONDS:
            pause_s = FIRST_PAUSE_SECONDS
        pause(pause_s)  # 3.
        pause_s = min(2 * pause_s, MAX_PAUSE_SECONDS)


def main(parent: int, command: Sequence[str]) -> None:
    """Supervise until SIGTERM, or until the parent has ended."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise_ended)
    _end_with_parent()
    try:
        if os.getppid() == parent:
            supervise(command)
    except _Ended:
        return


def _begun(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # programs read the server's output, so the worker adds none
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - there is one thread
    )


def _end(child: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    child.terminate()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def _raise_ended(*_: object) -> NoReturn:
    raise _Ended


def _end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent ends (2.)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM), 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
