"""One worker process, seen from its parent: starting it, exchanging messages with deadlines, killing it."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from typing import Final

from index.limits import DecodeLimits
from index.sandbox import pipes
from index.sandbox.orders import Orders

_CPU_CLOCK: Final = 2
"""Kind of clock in the id of a process's clock: CPUCLOCK_SCHED (linux/posix-timers.h), as clock_getcpuclockid(3)."""

# The complete environment of a worker.
ENVIRONMENT: Final = {
    # Hashing is one product of small matrices, for which threads only add cost.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
    # Blocks up to 32 MiB are allocated from the heap, which keeps up to 64 MiB of free memory at its top (mallopt(3)).
    # By default each plane is mapped and unmapped: a JPEG of 1 MB causes 1,979 page faults and takes 57.2 ms of CPU
    # time; with these settings 0 and 49.9 ms (medians of 40 for three pictures, alternating). Freed memory stays in the
    # worker, never on disk, until it is overwritten or the worker is replaced: a worker holds 91 to 275 MiB after 40
    # megapixels (without the settings 92 to 282). RLIMIT_AS counts heap and maps alike: peaks differ by at most 10 MiB
    # (RGBA PNG), and the peak for HEIC is 34 MiB lower.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
}


class WorkerProcess:
    """A worker process, used by one thread at a time. Only `kill` ends it, which any thread may call.

    The kernel kills a worker when the *thread* that started it ends (PR_SET_PDEATHSIG). So workers must be started by a
    thread that lives as long as the pool.
    """

    def __init__(self, orders: Orders, limits: DecodeLimits) -> None:
        self._limits = limits
        self._must_start_by = time.monotonic() + limits.start_seconds
        self._is_ready = False
        self._cpu_seconds = 0.0
        self._tasks_left = limits.tasks_per_worker
        # -I: no modules from the environment or the current folder; -B: no byte code is written.
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
        # A smaller buffer is only slower, and the user's quota of pipe memory may be used up.
        with contextlib.suppress(OSError):
            for pipe in (self._to, self._from):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, pipes.CHUNK_BYTES)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def is_worn_out(self) -> bool:
        """True if the worker has done the maximum number of tasks."""
        return self._tasks_left <= 0

    def cpu_seconds(self) -> float:
        """Return the processor time of the process so far, in seconds; after its end as it was at the last call."""
        with contextlib.suppress(OSError):  # it was reaped
            self._cpu_seconds = time.clock_gettime(~self._process.pid << 3 | _CPU_CLOCK)
        return self._cpu_seconds

    def await_ready(self) -> None:
        """Wait until the worker has warmed up and set its limits.

        Raises:
            PipeFailure: The worker ended, or took longer than `start_seconds`.
        """
        if not self._is_ready:
            pipes.receive(self._from, pipes.READY, 0, self._must_start_by)
            self._is_ready = True

    def is_usable(self) -> bool:
        """Return True if the worker can take a request: it is alive, and has sent nothing since its last reply."""
        return self._process.poll() is None and not (self._is_ready and pipes.has_input(self._from))

    def ask(self, parts: tuple[bytes | memoryview, ...]) -> bytes:
        """Send a request and read the reply within `wall_seconds`.

        Raises:
            PipeFailure: The worker died, hung or broke the protocol.
        """
        self._tasks_left -= 1
        deadline = time.monotonic() + self._limits.wall_seconds
        pipes.send(self._to, parts, deadline)
        return pipes.receive(self._from, pipes.ANSWER, self._limits.max_reply_bytes, deadline)

    def kill(self) -> None:
        """Kill the process and reap it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Kill the process and close its pipes. No thread may be using it any more."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
