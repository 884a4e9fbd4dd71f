"""A pool of limited worker processes that are kept ready and can be killed. Foreign bytes are decoded only there.

A request is sent to a free worker over a pipe. Every failure (a crash, a hang, an exceeded limit, a reply that breaks
the protocol) has the same result: the worker is killed, another one starts in the background, and the caller gets
`DecoderFailed`. No part of the media is written to a disk, and nothing that a worker sends is executed.

Shares take turns at the workers (`index.shares`). The processor time of each task counts against its share's budget.
"""

import os
import queue
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from index.errors import BudgetSpent, DecoderFailed, DecodersBusy, NoTurn
from index.limits import STANDARD, DecodeLimits
from index.resources import Closing
from index.sandbox.orders import Orders
from index.sandbox.pipes import PipeFailure
from index.sandbox.process import WorkerProcess
from index.shares import CpuBudget, Places

REQUEST_OVERHEAD_BYTES = 4096  # maximum size of a request besides the media
_BUSY = "no decoder became free in time; try again later"


class Sandbox(Closing):
    """A pool of workers for one task. Thread safe. Workers start with the first `run` or `warm_up`.

    It must not be shared across a fork: make it in the process that uses it.

    Args:
        task: `module:function` from the bytes of the request to those of the reply. The workers import it.
        workers: Number of workers that one share may use at the same time.
        spare: Number of further workers, each for a share that uses none.
        budget: Budget of processor time of a share.
        limits: Bounds on the cost of one task.
        warm_up: `module:function` that a worker calls once, before its limits apply and it reports ready.
        warm_up_argument: Argument of `warm_up`, or None if it takes none. It names the files that the task needs, which
            cannot be opened later. Other users of the machine may see it, so it must not contain a secret.
        import_paths: Folders that the workers search for the task before the installed packages.
    """

    def __init__(
        self,
        *,
        task: str,
        workers: int,
        spare: int = 0,
        budget: CpuBudget | None = None,
        limits: DecodeLimits = STANDARD,
        warm_up: str | None = None,
        warm_up_argument: str | None = None,
        import_paths: Sequence[Path] = (),
    ) -> None:
        self._limits = limits
        self._size = workers + spare
        self._budget = budget or CpuBudget()
        self._places = Places(workers, spare=spare, budget=self._budget)
        self._orders = Orders(
            task=task,
            warm_up=warm_up,
            warm_up_argument=warm_up_argument,
            import_paths=tuple(str(path) for path in import_paths),
            cpu_seconds=limits.cpu_seconds,
            memory_bytes=limits.memory_bytes,
            open_files=limits.open_files,
            max_request_bytes=limits.max_bytes + REQUEST_OVERHEAD_BYTES,
        )
        self._lock = threading.Lock()
        self._alive: set[WorkerProcess] = set()
        self._idle: queue.Queue[WorkerProcess] = queue.Queue()
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._unstarted = 0
        self._keeper: threading.Thread | None = None
        self._process_id = os.getpid()
        self._is_closed = False
        self._has_begun = False

    def run(self, *parts: bytes | memoryview) -> bytes:
        """Run the task on the joined parts in a worker, and return its reply.

        A worker that died before it got the request is replaced, and the request does not fail.

        Raises:
            DecoderFailed: The worker crashed, hung, exceeded a limit or broke the protocol.
            DecodersBusy: No worker became free within `queue_seconds`. Until the first one has started, `start_seconds`
                are waited besides.
            BudgetSpent: The same, of a share that has spent its budget of processor time.
        """
        deadline = self._deadline()
        try:
            with self._places.place(deadline - time.monotonic()):
                return self._run(parts, deadline)
        except BudgetSpent:
            raise
        except NoTurn:
            raise DecodersBusy(_BUSY) from None

    def _run(self, parts: tuple[bytes | memoryview, ...], deadline: float) -> bytes:
        worker = self._borrow(deadline)
        began_s = worker.cpu_seconds()
        try:
            reply = worker.ask(parts)
        except PipeFailure:
            self._budget.charge(worker.cpu_seconds() - began_s)
            self._replace(worker)
            raise DecoderFailed("the decoder crashed, hung or went over its limits") from None
        except BaseException:
            self._replace(worker)
            raise
        self._budget.charge(worker.cpu_seconds() - began_s)
        if worker.is_worn_out:
            self._replace(worker)
        else:
            self._give_back(worker)
        return reply

    def warm_up(self) -> None:
        """Start all workers and wait until each is ready.

        Raises:
            DecoderFailed: A worker cannot be started.
            DecodersBusy: The workers stayed busy with other requests.
        """
        borrowed: list[WorkerProcess] = []
        try:
            for _ in range(self._size):
                borrowed.append(self._borrow(self._deadline()))  # noqa: PERF401 - those borrowed before a failure must be given back
        finally:
            for worker in borrowed:
                self._give_back(worker)

    def worker_ids(self) -> frozenset[int]:
        """Return the process ids of the workers, for monitoring."""
        with self._lock:
            return frozenset(worker.pid for worker in self._alive)

    def close(self) -> None:
        """Kill all workers. Requests in progress raise `DecoderFailed`. A second call has no effect."""
        with self._lock:
            self._is_closed = True
            keeper = self._keeper
            workers = list(self._alive)
        for worker in workers:
            worker.kill()
        if keeper is not None:
            self._wanted.put(False)
            keeper.join()

    def _deadline(self) -> float:
        """Return the time until which a request waits for a worker (seconds, `time.monotonic`)."""
        # A cold pool is not a busy one: several requests at once would else be refused while the first worker starts.
        patience = self._limits.queue_seconds + (0.0 if self._has_begun else self._limits.start_seconds)
        return time.monotonic() + patience

    def _borrow(self, deadline: float) -> WorkerProcess:
        """Return a worker that is alive, ready and silent."""
        self._start()
        while True:
            try:
                worker = self._idle.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise DecodersBusy(_BUSY) from None
            if not worker.is_usable():
                self._replace(worker)
                continue
            try:
                worker.await_ready()
            except PipeFailure:
                self._replace(worker)
                raise DecoderFailed("a decoder could not be started") from None
            self._has_begun = True
            return worker

    def _start(self) -> None:
        with self._lock:
            if self._is_closed:
                raise DecoderFailed("the decoders have been closed")
            if self._process_id != os.getpid():
                raise RuntimeError("make the sandbox after forking, in the process that uses it")
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="sandbox-keeper", daemon=True)
                self._keeper.start()
                self._unstarted = self._size
            for _ in range(self._unstarted):
                self._wanted.put(True)
            self._unstarted = 0

    def _keep(self) -> None:
        """Start a worker for each item of the queue. The workers die with this thread (see `WorkerProcess`)."""
        while self._wanted.get():
            try:
                worker = WorkerProcess(self._orders, self._limits)
            except OSError:
                # The system has no process or descriptor left. The next request tries again.
                with self._lock:
                    self._unstarted += 1
                continue
            with self._lock:
                self._alive.add(worker)
            self._give_back(worker)
        while True:
            try:
                self._discard(self._idle.get_nowait())
            except queue.Empty:
                return

    def _give_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.put(worker)
                return
        self._discard(worker)

    def _replace(self, worker: WorkerProcess) -> None:
        self._discard(worker)
        self._wanted.put(True)

    def _discard(self, worker: WorkerProcess) -> None:
        worker.close()
        with self._lock:
            self._alive.discard(worker)
