"""`kill -9` of a worker in the middle of a clip: nothing acknowledged is lost, and no media is left behind."""

import os
import signal
import sys
import time

import pytest

from registry.bootstrap.databases import ENVIRONMENT
from registry.domain.job import MAX_ATTEMPTS, JobKind, JobState
from registry.usecases.jobs.cancelling import cancel_job
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.crash.job_processes import Machine, descendants, open_files, orphan, until
from tests.support.crash.nursery import printed_chance
from tests.support.databases.registry_parts import DANA, FRANK
from tests.support.media.clips import film, moving

MAX_DELAY_S = 1.5
RATE = 2  # frames a second, and each is looked at: a long clip is quickly made and slowly seen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@pytest.fixture(scope="module")
def clip():
    """A clip of 300 query frames, which keeps a worker busy for some seconds, also at registration."""
    return film(moving(4, 300), rate=RATE)


@pytest.fixture(scope="module")
def endless():
    """A clip of 800 query frames, which outlasts what a test does in the first seconds."""
    return film(moving(4, 800), rate=RATE)


@pytest.fixture(scope="module")
def short():
    """Four seconds."""
    return film(moving(3, 100))


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    yield made
    made.close()


def require_done_once(machine, job):
    """The job came to one result, whatever happened on the way."""
    done = until(lambda: machine.is_ended(job))
    assert done.state is JobState.DONE
    if job.kind is JobKind.CHECK:
        assert machine.rows("checks", "SELECT id FROM checks") == [(job.result_id,)]
    else:
        assert machine.rows("registry", "SELECT id FROM case_references") == [(done.result_id,)]
        events = "SELECT event, case_id FROM ledger_entries ORDER BY number"
        assert machine.rows("registry", events) == [
            ("case.opened", done.registered.case_id),
            ("reference.enrolled", done.registered.case_id),
        ]


def require_nothing_left(machine, clip):
    until(lambda: machine.spool.names() == ())
    assert machine.keys_left() == 0
    assert machine.plain(clip) == []


def test_media_that_is_left_would_be_found(machine, short):
    """The search that the tests below rest on finds a clip, or a part of one, in a file and in one that is deleted."""
    assert machine.plain(short) == []
    path = machine.scratch / "left"
    path.write_bytes(b"head" + short[: len(short) // 3])
    assert machine.plain(short) == [str(path)]
    with path.open("rb"):
        path.unlink()
        assert machine.plain(short, open_files([os.getpid()])) != []


@pytest.mark.parametrize("kind", JobKind, ids=str)
def test_a_kill_in_the_middle_loses_nothing(machine, clip, kind):
    """The next worker begins at once what a killed one had in hand, and there is one result; nothing else is left."""
    job = machine.submit(kind, clip)
    with machine.worker() as worker:
        until(lambda: machine.is_seen(job), worker)
        machine.kill(worker)
    killed = machine.read(job)
    assert (killed.state, killed.attempts) == (JobState.WORKING, 1)
    assert machine.spool.names() == (job.asked.spooled.name,)
    assert machine.plain(clip) == []
    with machine.worker() as worker:
        until(lambda: machine.read(job).attempts > 1, worker)
        assert ENVIRONMENT.now() < killed.lease_until, "it waited for the dead worker's lease"
        require_done_once(machine, job)
        require_nothing_left(machine, clip)


def test_kills_at_any_moment_lose_nothing(machine, short):
    """Jobs whose workers are killed one after the other, wherever each is, are done in the end, and once each."""
    chance = printed_chance()
    jobs = [machine.submit(JobKind.ENROLMENT, short), machine.submit(JobKind.CHECK, short)]
    for attempt in range(1, MAX_ATTEMPTS):
        with machine.worker() as worker:
            until(
                lambda number=attempt: machine.read(jobs[0]).attempts >= number or machine.is_ended(jobs[0]),
                worker,
            )
            time.sleep(chance.uniform(0, MAX_DELAY_S))  # the moment of the kill, anywhere in the work
            machine.kill(worker)
        assert machine.plain(short) == []
    with machine.worker():
        for job in jobs:
            require_done_once(machine, job)
        require_nothing_left(machine, short)


def test_a_clip_at_work_is_in_no_file(machine, endless):
    """While a clip is looked at, no file of the worker or of its decoder holds any of it, deleted ones too."""
    job = machine.submit(JobKind.CHECK, endless)
    with machine.worker() as worker:
        until(lambda: machine.is_seen(job), worker)
        family = descendants(worker.pid)
        assert len(family) > 1
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        assert machine.plain(endless) == []
        assert machine.plain(endless, open_files(family)) == []


def test_a_cancelled_clip_is_gone_at_once(machine, endless, short):
    """Cancelling in the middle deletes the upload before it answers; the worker lets go of it and does the next."""
    job, following = machine.submit(JobKind.CHECK, endless), machine.submit(JobKind.ENROLMENT, short)
    with machine.worker() as worker:
        until(lambda: machine.is_seen(job), worker)
        cancel_job(job.id, actor=DANA, units=machine.units, spool=machine.spool)
        assert machine.spool.names() == (following.asked.spooled.name,)
        require_done_once(machine, following)
        require_nothing_left(machine, endless)
    assert machine.read(job).state is JobState.CANCELLED
    assert machine.rows("checks", "SELECT id FROM checks") == []


def test_a_worker_that_is_told_to_end_puts_its_clip_back(machine, clip):
    """SIGTERM in the middle ends a worker quietly; its clip waits, due at once, with its attempt given back."""
    job = machine.submit(JobKind.ENROLMENT, clip)
    with machine.worker() as worker:
        until(lambda: machine.is_seen(job), worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
    waiting = machine.read(job)
    assert (waiting.state, waiting.attempts) == (JobState.WAITING, 0)
    assert machine.plain(clip) == []
    with machine.worker():
        require_done_once(machine, job)
    assert verify_ledger(actor=FRANK, units=machine.units).first_broken is None


def test_one_works_and_another_waits_for_its_turn(machine, clip):
    """A second worker begins nothing while the first lives, and takes over when it is killed."""
    job = machine.submit(JobKind.CHECK, clip)
    with machine.worker() as first:
        assert first.stdout.readline() == "working\n"
        with machine.worker() as second:
            until(lambda: machine.is_seen(job), first)
            assert machine.read(job).attempts == 1
            machine.kill(first)
            assert second.stdout.readline() == "working\n"
            require_done_once(machine, job)


def test_a_worker_deletes_what_no_job_names(machine, short):
    """An upload whose server was killed is deleted when a worker begins; one whose job waits stays and is done."""
    orphan(machine)
    job = machine.submit(JobKind.CHECK, short)
    assert len(machine.spool.names()) == 2
    with machine.worker():
        require_done_once(machine, job)
        until(lambda: machine.spool.names() == ())
