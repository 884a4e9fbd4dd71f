"""The worker of one machine: runs the jobs whose uploads wait in its spool.

1. There is one worker on a machine: who holds the lock on a file. Others wait, and take over when it has ended; the
   kernel ends the lock with its process.
2. Whoever has the lock knows that nobody else works here: what a dead worker had in hand waits again at once.
3. Jobs that are due go to the queue, as many as there are free threads, the longest due first; none before the indexes
   are ready, as a check would only be put back. What the queue does not begin in time it has lost, and is told again.
4. Uploads that no job names are deleted, at the start and every minute: those of a server that was killed while it took
   one in, and those whose deletion was cut off.
5. Told to end, a worker begins nothing more and puts back what it has in hand.
"""

import contextlib
import fcntl
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from registry.domain import Job, JobState, abandoned
from registry.errors import IndexBehind
from registry.events import LogEvent
from registry.jobs.queue import JobQueue
from registry.ports import Index
from registry.security import ServiceLog, Spool
from registry.usecases.jobs import JobServices, run_job

POLL_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 60.0
LOST_SECONDS: Final = 30.0
"""After these the queue, which has a free thread for each job that it is told, will not begin it any more."""

PATIENCE_SECONDS: Final = 20.0
"""For what runs to come to its next frame; afterwards it is as if the worker had died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker rests on.

    Attributes:
        lock: file whose lock makes a process the machine's worker.
        open_queue: opens the machine's queue, for who has the lock.
        index: what checks search.
    """

    services: JobServices
    spool: Spool
    machine_id: str
    lock: Path
    open_queue: Callable[[], Any]
    index: Index
    log: ServiceLog
    threads: int


class JobWorker:
    """Works from `run` until `stop`."""

    def __init__(self, parts: WorkerParts, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._monotonic = monotonic
        self._stopped = False
        self._in_hand: dict[str, float] = {}  # until when each must have begun
        self._guard = threading.Lock()
        self._sweep_at = monotonic()
        self._services = replace(parts.services, report=self._put_back, is_stopping=lambda: self._stopped)

    def stop(self) -> None:
        """Ends the work soon. May be called by a signal's handler: it takes no lock."""
        self._stopped = True

    def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Works until it is stopped; `begun` is told when it is this process's turn."""
        with self._turn() as is_ours:  # 1.
            if is_ours:
                begun()
                self._work()

    def _work(self) -> None:
        queue = JobQueue(self._parts.open_queue(), self._run, self._parts.threads)
        while not (self._attempt(self._recover) or self._stopped):  # 2.
            time.sleep(RETRY_SECONDS)
        queue.start()
        try:
            while not self._stopped:
                went_well = self._attempt(lambda: self._hand_out(queue)) and self._attempt(self._sweep)
                queue.tend()
                time.sleep(POLL_SECONDS if went_well else RETRY_SECONDS)
        finally:
            queue.stop(PATIENCE_SECONDS)  # 5.

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Waits for the lock; yields false where it was stopped before."""
        descriptor = os.open(self._parts.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not self._stopped:
                if _try_lock(descriptor):
                    yield True
                    return
                time.sleep(POLL_SECONDS)
            yield False
        finally:
            os.close(descriptor)

    def _recover(self) -> None:
        now = self._services.environment.now()
        with self._services.units.write() as unit:
            for job in unit.jobs.working(self._parts.machine_id):
                unit.jobs.save(abandoned(job, now))
            unit.commit()

    def _hand_out(self, queue: JobQueue) -> None:
        held = self._held()
        free = self._parts.threads - len(held)
        if free <= 0:
            return
        with self._services.units.read() as unit:
            due = unit.jobs.due(self._parts.machine_id, self._services.environment.now(), self._parts.threads)
        fresh = [job_id for job_id in due if job_id not in held][:free]
        if not fresh or not self._is_ready():  # 3.
            return
        for job_id in fresh:
            with self._guard:
                self._in_hand[job_id] = self._monotonic() + LOST_SECONDS
            queue.put(job_id)

    def _held(self) -> frozenset[str]:
        now = self._monotonic()
        with self._guard:
            self._in_hand = {name: until for name, until in self._in_hand.items() if until > now}
            return frozenset(self._in_hand)

    def _is_ready(self) -> bool:
        try:
            self._parts.index.ready_position()
        except IndexBehind:
            return False
        return True

    def _run(self, job_id: str) -> None:
        with self._guard:
            self._in_hand[job_id] = math.inf
        try:
            if not self._stopped:
                self._note(run_job(job_id, self._services))
        except Exception as error:  # noqa: BLE001  huey would tell the exception's text; the job's lease brings it back
            self._parts.log.failed(LogEvent.JOB_POSTPONED, error, job_id=job_id)
        finally:
            with self._guard:
                self._in_hand.pop(job_id, None)

    def _sweep(self) -> None:
        if self._monotonic() < self._sweep_at:
            return
        swept = self._parts.spool.sweep(self._live)  # 4.
        self._sweep_at = self._monotonic() + SWEEP_SECONDS
        if swept:
            self._parts.log.note(LogEvent.SPOOL_SWEPT, files=swept)

    def _live(self) -> frozenset[str]:
        with self._services.units.read() as unit:
            return unit.jobs.live_spools(self._parts.machine_id)

    def _attempt(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001  whatever happens, the next look must come: jobs depend on it
            self._parts.log.failed(LogEvent.WORKER_FAILED, error)
            return False
        return True

    def _note(self, job: Job | None) -> None:
        if job is None:
            return
        fields = {"job_id": job.id, "tenant_id": job.tenant_id}
        if job.state is JobState.DONE:
            self._parts.log.note(LogEvent.JOB_DONE, **fields)
        elif job.state is JobState.FAILED:
            self._parts.log.note(LogEvent.JOB_FAILED, code=job.problem_code, **fields)

    def _put_back(self, job: Job, error: BaseException) -> None:
        self._parts.log.failed(LogEvent.JOB_POSTPONED, error, job_id=job.id, tenant_id=job.tenant_id)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
