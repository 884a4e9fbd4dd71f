"""One worker process as its parent sees it: started, spoken to under a deadline, killed."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from typing import Final

from index.limits import DecodeLimits
from index.sandbox import pipes
from index.sandbox.worker import Orders

# All that a worker gets of the environment.
ENVIRONMENT: Final = {
    # Hashing is one product of small matrices: threads only cost.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
    # Blocks up to 32 MiB come from the heap, of whose free top 64 MiB stay (mallopt(3)). By default each plane is
    # mapped and unmapped: 1,979 page faults for a JPEG of 1 MB, now 0, and 57.2 ms of CPU, now 49.9 (medians of 40 for
    # three pictures, both ways in turn). What is freed stays in the worker's memory, never on disk, until it is
    # overwritten or the worker is replaced: it holds 91 to 275 MiB after 40 megapixels (without these 92 to 282).
    # RLIMIT_AS counts the heap as it counts maps: peaks differ by at most 10 MiB (RGBA PNG), HEIC's is 34 lower.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
}


class WorkerProcess:
    """A worker; used by one thread at a time. It is killed by `kill` only, which may be called by any thread.

    The kernel kills a worker when the *thread* that started it ends (PR_SET_PDEATHSIG), so a thread that
    lives as long as the pool has to make these.
    """

    def __init__(self, orders: Orders, limits: DecodeLimits) -> None:
        self._limits = limits
        self._must_start_by = time.monotonic() + limits.start_seconds
        self._is_ready = False
        self._tasks_left = limits.tasks_per_worker
        # -I: neither the environment nor the current folder add modules; -B: no byte code is written.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-B", "-m", "index.sandbox.worker", orders.to_argument()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._to = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        with contextlib.suppress(
            OSError
        ):  # a smaller buffer is slower, and a user's share of them may be used up
            for pipe in (self._to, self._from):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, pipes.CHUNK_BYTES)

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    @property
    def is_worn_out(self) -> bool:
        """Whether it has done as many tasks as one worker may."""
        return self._tasks_left <= 0

    def await_ready(self) -> None:
        """Wait until the worker has warmed up and limited itself.

        Raises:
            PipeFailure: It ended, or took longer than `start_seconds`.
        """
        if not self._is_ready:
            pipes.receive(self._from, pipes.READY, 0, self._must_start_by)
            self._is_ready = True

    def is_usable(self) -> bool:
        """Tell whether a request can be handed over: alive, and silent since its last answer."""
        return self._process.poll() is None and not (self._is_ready and pipes.has_input(self._from))

    def ask(self, parts: tuple[bytes | memoryview, ...]) -> bytes:
        """Hand a request over and read the answer within `wall_seconds`.

        Raises:
            PipeFailure: The worker died, hung or answered with something else.
        """
        self._tasks_left -= 1
        deadline = time.monotonic() + self._limits.wall_seconds
        pipes.send(self._to, parts, deadline)
        return pipes.receive(self._from, pipes.ANSWER, self._limits.max_reply_bytes, deadline)

    def kill(self) -> None:
        """End the process at once and reap it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and give its pipes back; nobody may be speaking to it any more."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
