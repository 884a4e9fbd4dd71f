"""`JobWorker`: what is due is run, nothing is run too early, and nothing that happens on the way stops it."""

import io
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from index.errors import UndecodableMedia
from registry.domain.job import JobKind, JobState, begun
from registry.errors import StorageUnavailable
from registry.jobs import worker as module
from registry.jobs.worker import JobWorker, WorkerParts
from registry.security.logs import REDACTED, ServiceLog
from tests.support.usecases.fakes import FakeIndex
from tests.support.usecases.job_parts import MACHINE, JobParts

PATIENCE_S = 60
SECRET = "what the exception says"


def until(condition):
    """Waits until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.005)


class Running:
    """Workers on one registry, in threads of the test, and the lines that they log."""

    def __init__(self, databases, folder):
        self.folder = folder
        self.parts = JobParts(databases, folder / "spool")
        self.parts.clock.time = datetime.now(UTC)
        self.index = FakeIndex(calls=[])
        self.lines = io.StringIO()
        self.workers = []

    def start(self, *, threads=1, **changed):
        """Starts a worker; returns it and an event that is set when it is its turn."""
        parts = {
            "services": self.parts.services,
            "spool": self.parts.spool,
            "machine_id": MACHINE,
            "lock": self.folder / "worker.lock",
            "index": self.index,
            "log": ServiceLog(self.lines),
            "threads": threads,
        }
        worker, begun = JobWorker(WorkerParts(**parts | changed)), threading.Event()
        thread = threading.Thread(target=worker.run, args=(begun.set,), daemon=True)
        thread.start()
        self.workers.append((worker, thread))
        return worker, begun

    def stop(self):
        """Ends all workers."""
        for worker, _ in self.workers:
            worker.stop()
        for _, thread in self.workers:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        self.workers.clear()

    def events(self):
        """Returns what was logged."""
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    def state(self, job):
        """Tells how a job stands."""
        return self.parts.read(job).state


@pytest.fixture
def running(sqlite, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    made = Running(sqlite, tmp_path)
    yield made
    made.stop()


def test_jobs_are_run(running):
    """Waiting jobs are done, and later ones too; each end is a line of the log, with ids alone."""
    first = running.parts.submit()
    running.start()
    until(lambda: running.state(first) is JobState.DONE)
    running.parts.during = failing(UndecodableMedia(SECRET))
    second = running.parts.submit(JobKind.ENROLMENT)
    until(lambda: running.state(second) is JobState.FAILED)
    running.stop()
    ends = [
        {key: line[key] for key in line if key not in {"level", "timestamp"}} for line in running.events()
    ]
    assert ends == [
        {"event": "job.done", "job_id": first.id, "tenant_id": REDACTED},  # a name of these tests is no id
        {
            "event": "job.failed",
            "job_id": second.id,
            "tenant_id": REDACTED,
            "code": "media-undecodable",
        },
    ]


def failing(error):
    def during(_progress):
        raise error

    return during


def test_nothing_is_begun_before_the_index_is_ready(running):
    """A job waits for the index without losing an attempt."""
    running.index.ready = False
    job = running.parts.submit()
    running.start()
    until(lambda: running.index.calls.count("ready_position") > 3)
    assert running.parts.read(job).attempts == 0
    running.index.ready = True
    until(lambda: running.state(job) is JobState.DONE)
    assert running.parts.read(job).attempts == 1


@pytest.mark.parametrize("threads", [1, 3])
def test_as_many_run_at_a_time_as_there_are_threads(running, threads):
    """Of more jobs than threads the oldest are begun, and another one as soon as one has ended."""
    gate, inside = threading.Semaphore(0), []

    def during(_progress):
        inside.append(None)
        assert gate.acquire(timeout=PATIENCE_S)

    running.parts.during = during
    jobs = []
    for _ in range(threads + 2):
        running.parts.clock.advance(microseconds=1)
        jobs.append(running.parts.submit())
    running.parts.clock.advance(seconds=1)
    running.start(threads=threads)
    until(lambda: len(inside) == threads)
    states = [running.state(job) for job in jobs]
    assert states == [JobState.WORKING] * threads + [JobState.WAITING] * 2
    gate.release()
    until(lambda: len(inside) == threads + 1)
    assert running.state(jobs[-1]) is JobState.WAITING
    gate.release(threads + 1)
    until(lambda: all(running.state(job) is JobState.DONE for job in jobs))
    assert len(inside) == len(jobs)


def test_what_a_dead_worker_had_waits_again_at_once(running):
    """The only worker of a machine does not wait for the lease of a dead one, and leaves other machines' jobs alone."""
    mine, elsewhere = running.parts.submit(), running.parts.submit()
    with running.parts.units.write() as unit:
        for job in (mine, elsewhere):
            unit.jobs.save(begun(job, running.parts.clock()))
        unit.commit()
    with running.parts.databases.registry.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET machine_id = 'mac_1' WHERE id = ?", (elsewhere.id,))
        connection.commit()
    running.start()
    until(lambda: running.state(mine) is JobState.DONE)
    assert running.parts.read(mine).attempts == 2
    assert running.state(elsewhere) is JobState.WORKING


def test_workers_of_one_machine_take_turns(running):
    """The second worker begins only after the first has ended; one told to end while it waits just ends."""
    first, its_turn = running.start()
    assert its_turn.wait(PATIENCE_S)
    third, never = running.start()
    third.stop()
    _, next_turn = running.start()
    job = running.parts.submit()
    until(lambda: running.state(job) is JobState.DONE)
    assert not next_turn.is_set()
    first.stop()
    assert next_turn.wait(PATIENCE_S)
    assert not never.is_set()


def test_a_database_that_is_away_does_not_end_a_worker(running):
    """A worker goes on looking while the database is away, says so, and works when it is back."""
    away = threading.Event()

    class _Away:
        def __getattr__(self, name):
            if away.is_set():
                raise StorageUnavailable(SECRET)
            return getattr(running.parts.units, name)

    away.set()
    running.start(services=replace(running.parts.services, units=_Away()))
    until(lambda: len(running.events()) > 2)
    away.clear()
    job = running.parts.submit()
    until(lambda: running.state(job) is JobState.DONE)
    away.set()
    seen = len(running.events())
    until(lambda: len(running.events()) > seen)
    away.clear()
    following = running.parts.submit()
    until(lambda: running.state(following) is JobState.DONE)
    failures = [line for line in running.events() if line["event"] == "worker.failed"]
    assert {line["error_type"] for line in failures} == {"StorageUnavailable"}
    assert SECRET not in running.lines.getvalue()


def test_an_attempt_that_came_to_nothing_is_told(running, capfd):
    """A fault of ours is logged by its type and place, never by its text, which no other stream shows either."""
    running.parts.during = failing(ZeroDivisionError(SECRET))
    job = running.parts.submit()
    running.start()
    until(lambda: running.parts.read(job).attempts == 1 and running.state(job) is JobState.WAITING)
    running.stop()
    [line] = running.events()
    assert (line["event"], line["error_type"], line["job_id"]) == (
        "job.postponed",
        "ZeroDivisionError",
        job.id,
    )
    assert SECRET not in running.lines.getvalue() + "".join(capfd.readouterr())


def test_a_thread_that_cannot_be_started_is_tried_again(running, monkeypatch):
    """A job whose thread the system refused is started in a later round, and the failure is logged."""
    genuine, refused = threading.Thread.start, []

    def start(thread):
        if thread.name == job.id and not refused:
            refused.append(thread)
            raise RuntimeError(SECRET)
        genuine(thread)

    job = running.parts.submit()
    monkeypatch.setattr(threading.Thread, "start", start)
    running.start()
    until(lambda: running.state(job) is JobState.DONE)
    assert len(refused) == 1
    assert running.events()[0]["event"] == "worker.failed"
    assert running.parts.read(job).attempts == 1
    assert SECRET not in running.lines.getvalue()


def test_a_job_that_never_ends_does_not_hold_its_worker_up(running, monkeypatch):
    """A worker told to end waits for its threads for a bounded time, and none of them keeps the process alive."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    inside, gate = threading.Event(), threading.Event()

    def during(_progress):
        inside.set()
        assert gate.wait(PATIENCE_S)

    running.parts.during = during
    job = running.parts.submit()
    running.start()
    assert inside.wait(PATIENCE_S)
    running.stop()
    [thread] = [thread for thread in threading.enumerate() if thread.name == job.id]
    assert thread.daemon
    gate.set()
    thread.join(PATIENCE_S)


def test_the_queue_of_an_earlier_version_is_removed(running):
    """A queue's files in the data folder are deleted at the start, and none is written any more."""
    for name in module.OLD_QUEUE:
        (running.folder / name).write_bytes(b"whatever")
    job = running.parts.submit()
    running.start()
    until(lambda: running.state(job) is JobState.DONE)
    assert not list(running.folder.glob("queue*"))


def test_a_sweep_comes_with_the_start_and_then_each_minute(running, monkeypatch):
    """Files that no job names are deleted at the start, and later orphans at the next sweep."""
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    waiting = running.parts.submit()
    running.index.ready = False
    for _ in range(2):
        with running.parts.spool.create() as writer:
            writer.write(b"orphan")
            writer.finish()
        if not running.workers:
            running.start()
        until(lambda: running.parts.spool.names() == (waiting.asked.spooled.name,))
    until(lambda: len(running.events()) == 2)
    assert [(line["event"], line["files"]) for line in running.events()] == [("spool.swept", 1)] * 2


def test_a_worker_that_must_end_begins_nothing_more(running):
    """A job that was handed out and not begun stays as it was."""
    inside, gate = threading.Event(), threading.Event()

    def during(progress):
        inside.set()
        assert gate.wait(PATIENCE_S)
        running.parts.tell(progress, 1)

    running.parts.during = during
    first, second = running.parts.submit(), running.parts.submit()
    worker, _ = running.start()
    assert inside.wait(PATIENCE_S)
    worker.stop()
    gate.set()
    running.stop()
    for job in (first, second):
        assert (running.state(job), running.parts.read(job).attempts) == (JobState.WAITING, 0)


def test_a_lease_that_ran_out_is_anothers(running):
    """A job whose lease ended though nobody here works on it is begun again."""
    job = running.parts.submit()
    _, turn = running.start()
    assert turn.wait(PATIENCE_S)
    running.index.ready = False
    other = running.parts.submit()
    with running.parts.units.write() as unit:
        unit.jobs.save(begun(other, running.parts.clock() - timedelta(hours=1)))
        unit.commit()
    running.index.ready = True
    for one in (job, other):
        until(lambda job=one: running.state(job) is JobState.DONE)
