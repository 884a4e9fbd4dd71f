"""The worker of one machine: it runs the jobs whose uploads wait in the machine's spool.

The table of jobs is the queue. The worker asks it for due jobs five times a second, and whenever a job has ended or
paused, and runs each job in a thread.

1. One worker runs on a machine: the process that holds the lock on a file. Other workers wait and take over when it
   ends. The kernel releases the lock when the process ends.
2. The holder of the lock is the only worker of its machine. It puts jobs of a dead worker back into the queue at once.
3. Due jobs are started when it is their turn: tenants take turns (`registry.jobs.turns`). No job is started before the
   indexes are ready: a check would only be put back.
4. Uploads without a job are deleted at the start and every minute. They come from a server that was killed while it
   received one, or from a deletion that was interrupted.
5. A stopping worker starts no more jobs, and its running jobs are put back.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from index.resources import try_lock
from registry.domain import Job, JobState, abandoned
from registry.errors import IndexBehind
from registry.events import LogEvent
from registry.jobs.turns import Turns
from registry.ports import Index
from registry.security import ServiceLog, Spool
from registry.usecases.jobs import JobServices, run_job

POLL_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 60.0

PATIENCE_SECONDS: Final = 20.0
"""Time for running jobs to reach their next frame after a stop. Slower jobs are treated like those of a dead worker."""

OLD_QUEUE: Final = ("queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm", "queue.sqlite-journal")
"""Files in which earlier versions kept a copy of the queue. The table of jobs holds all of their content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """The parts of a worker.

    Attributes:
        lock: file in the data folder; the process that locks it is the machine's worker.
        index: index that checks search.
        threads: maximum number of jobs that compute at the same time.
    """

    services: JobServices
    spool: Spool
    machine_id: str
    lock: Path
    index: Index
    log: ServiceLog
    threads: int


class JobWorker:
    """A worker, active from `run` until `stop`."""

    def __init__(self, parts: WorkerParts, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._monotonic = monotonic
        self._stopped = False
        self._running: dict[str, threading.Thread] = {}
        self._sweep_at = monotonic()
        self._turns = Turns(parts.threads, monotonic)
        self._services = replace(
            parts.services,
            report=self._put_back,
            turn=self._turns.turn,
            is_stopping=lambda: self._stopped,
        )

    def stop(self) -> None:
        """Ask the worker to stop soon. A signal handler may call it, because it takes no lock."""
        self._stopped = True

    def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`; call `begun` when this process becomes the machine's worker."""
        with self._turn() as is_ours:  # 1.
            if is_ours:
                begun()
                self._work()

    def _work(self) -> None:
        self._attempt(self._remove_old_queue)
        while not (self._attempt(self._recover) or self._stopped):  # 2.
            time.sleep(RETRY_SECONDS)
        try:
            while not self._stopped:
                went_well = self._attempt(self._start_due) and self._attempt(self._sweep)
                if went_well:
                    self._turns.await_free(POLL_SECONDS)
                else:
                    time.sleep(RETRY_SECONDS)
        finally:
            self._wait_for_running()  # 5.

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Wait for the lock; yield False if the worker was stopped first."""
        while not self._stopped:
            descriptor = try_lock(self._parts.lock)
            if descriptor is not None:
                try:
                    yield True
                finally:
                    os.close(descriptor)
                return
            time.sleep(POLL_SECONDS)
        yield False

    def _remove_old_queue(self) -> None:
        for name in OLD_QUEUE:
            self._parts.lock.with_name(name).unlink(missing_ok=True)

    def _recover(self) -> None:
        now = self._services.environment.now()
        with self._services.units.write() as unit:
            for job in unit.jobs.working(self._parts.machine_id):
                unit.jobs.save(abandoned(job, now))
            unit.commit()

    def _start_due(self) -> None:
        self._running = {job_id: thread for job_id, thread in self._running.items() if thread.is_alive()}
        limit = self._turns.most_of_tenant + 1
        with self._services.units.read() as unit:
            due = unit.jobs.due(self._parts.machine_id, self._services.environment.now(), limit)
        if due and not self._is_ready():  # 3.
            return
        for one in self._turns.plan(due):
            self._turns.opened(one)
            # A daemon thread: the interpreter would wait for an executor's threads at its end, however long they take.
            thread = threading.Thread(target=self._run, args=(one.id,), name=one.id, daemon=True)
            try:
                thread.start()
            except BaseException:
                self._turns.closed(one.id)
                raise
            self._running[one.id] = thread

    def _is_ready(self) -> bool:
        try:
            self._parts.index.ready_position()
        except IndexBehind:
            return False
        return True

    def _run(self, job_id: str) -> None:
        try:
            if not self._stopped:
                self._note(run_job(job_id, self._services))
        except Exception as error:  # noqa: BLE001  threading would print the error's text; the lease makes the job due again
            self._parts.log.failed(LogEvent.JOB_POSTPONED, error, job_id=job_id)
        finally:
            self._turns.closed(job_id)

    def _wait_for_running(self) -> None:
        deadline = self._monotonic() + PATIENCE_SECONDS
        for thread in self._running.values():
            thread.join(max(0.0, deadline - self._monotonic()))

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
        except Exception as error:  # noqa: BLE001  the loop must go on after any error: jobs depend on it
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
