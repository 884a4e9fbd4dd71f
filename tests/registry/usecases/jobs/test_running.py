"""`run_job`: done, and done once, whatever happens meanwhile."""

import threading
from datetime import timedelta

import pytest

from index.clips.values import ClipProgress
from index.errors import DecodersBusy, LowInformation, UndecodableMedia
from index.verdict.vocabulary import Context, Level, ReferenceKind
from registry.domain.job import FIRST_PAUSE, LEASE, MAX_ATTEMPTS, JobKind, JobState, begun
from registry.errors import IndexBehind, JobEnded, StorageUnavailable, UploadLost
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import EnrolOutcome
from registry.usecases.jobs.cancelling import cancel_job
from registry.usecases.jobs.services import Turn
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.registry_parts import ALICE, FRANK, NOW, environment, seen_draft
from tests.support.usecases.fakes import FakeChecks
from tests.support.usecases.job_parts import CLIP, JobParts

KINDS = pytest.mark.parametrize("kind", JobKind, ids=str)


class _KilledError(BaseException):
    """Ends a worker as `kill -9` does: nothing of it runs any more."""


@pytest.fixture
def parts(sqlite, tmp_path):
    return JobParts(sqlite, tmp_path / "spool")


def failing(error):
    def during(_progress):
        raise error

    return during


def killed(parts, job):
    """Has a worker die in the middle of a job."""
    parts.during = failing(_KilledError())
    with pytest.raises(_KilledError):
        parts.run(job)
    parts.during = lambda _progress: None
    return job


def cases_of(parts):
    with parts.databases.registry.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM case_references").scalar_one()


def require_nothing_left(parts, job):
    """The upload is deleted, and its key forgotten."""
    assert parts.spool.names() == ()
    with parts.units.read() as unit, pytest.raises(UploadLost):
        unit.jobs.spool_key(job.id)


def test_a_check_is_answered(parts):
    """A check is asked with all of the upload, kept under the id that it had, and leaves nothing else."""
    job = parts.submit()
    done = parts.run(job)
    assert (done.state, done.attempts, done.result_id) == (JobState.DONE, 1, job.result_id)
    assert parts.seen == [CLIP]
    assert set(parts.checks.kept) == {job.result_id}
    assert parts.read(job) == done
    require_nothing_left(parts, job)


@pytest.mark.parametrize("context", Context, ids=str)
def test_a_checks_context_is_kept_until_it_runs(parts, context):
    """The platform's context for a clip reaches the check, although another process runs it."""
    parts.run(parts.submit(context=context, uploader=b"somebody"))
    assert parts.contexts == [(context, b"somebody")]


def test_a_clip_is_registered_in_a_new_case(parts):
    """An enrolment opens its case at the level that was asked for, and says what came of it."""
    done = parts.run(parts.submit(JobKind.ENROLMENT, edits=False, exclude=((0, 5_500),)))
    made = done.registered
    assert (done.state, made.outcome, len(made.receipt)) == (JobState.DONE, "enrolled", 32)
    assert parts.seen == [(CLIP, ReferenceKind.INTIMATE_ITEM, False, ((0, 5_500),))]
    with parts.units.read() as unit:
        case = unit.cases.get(done.registered.case_id, ALICE.tenant_id)
        [reference] = unit.references.of_case(case.id)
    assert (case.level, reference.id) == (Level.V0, done.result_id)
    require_nothing_left(parts, done)


def test_a_clip_is_registered_in_a_standing_case(parts):
    """An enrolment in a case adds to it; the same clip again is a duplicate that names the first."""
    case = open_case(
        Level.V0, seen_draft("other"), actor=ALICE, units=parts.units, environment=environment()
    ).case
    first = parts.run(parts.submit(JobKind.ENROLMENT, case_id=case.id)).registered
    again = parts.run(parts.submit(JobKind.ENROLMENT, case_id=case.id)).registered
    assert (first.case_id, first.outcome) == (case.id, EnrolOutcome.ENROLLED)
    assert (again.case_id, again.outcome, again.receipt) == (case.id, EnrolOutcome.DUPLICATE, None)
    assert again.reference_id == first.reference_id
    assert cases_of(parts) == 2


@KINDS
def test_progress_is_kept_once_a_second(parts, kind):
    """Progress is written down a second after the last, not sooner, and the lease lives on with it."""
    job = parts.submit(kind)
    stands = []

    def during(progress):
        parts.tell(progress, 500)
        stands.append(parts.read(job))
        parts.clock.advance(seconds=-0.001)
        parts.tell(progress, 1_000)
        stands.append(parts.read(job))

    parts.during = during
    done = parts.run(job)
    assert [(one.state, one.seen_ms, one.announced_ms) for one in stands] == [
        (JobState.WORKING, 500, 9_000)
    ] * 2
    assert stands[0].lease_until == NOW + timedelta(seconds=1) + LEASE
    assert (done.seen_ms, done.announced_ms) == (1_000, 9_000)


@KINDS
def test_a_job_is_run_once(parts, kind):
    """Told twice, even at once, a job is done once."""
    job = parts.submit(kind)
    parts.during = lambda _progress: parts.run(job) and pytest.fail("another worker began it too")
    assert parts.run(job).state is JobState.DONE
    parts.during = failing(AssertionError)
    assert parts.run(job) is None
    assert len(parts.seen) == 1


def test_an_unknown_job_is_left_alone(parts):
    """A queue may name what no longer is there."""
    job = parts.submit()
    with parts.databases.registry.write() as connection:
        connection.exec_driver_sql("DELETE FROM jobs")
        connection.commit()
    assert parts.run(job) is None


@KINDS
def test_what_a_dead_worker_had_is_done_again(parts, kind):
    """After its lease a job whose worker died is begun again, and done; before that nobody touches it."""
    job = killed(parts, parts.submit(kind))
    parts.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert parts.run(job) is None
    parts.clock.advance(seconds=1)
    done = parts.run(job)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    require_nothing_left(parts, job)


def test_a_check_that_was_kept_is_not_asked_again(parts):
    """A worker that died between keeping a check and saying so leaves a check that stands."""
    job = parts.submit()

    class _DiesAfter(FakeChecks):
        def add(self, check):
            super().add(check)
            raise _KilledError

    with pytest.raises(_KilledError):
        parts.run(job, checks=_DiesAfter(kept=parts.checks.kept))
    assert parts.read(job).state is JobState.WORKING
    assert set(parts.checks.kept) == {job.result_id}
    parts.clock.advance(seconds=LEASE.total_seconds())
    parts.during = failing(AssertionError)
    assert parts.run(job).state is JobState.DONE
    assert len(parts.seen) == 1


def test_a_worker_that_dies_at_the_end_registers_once(parts):
    """Rows and the end of the job are one commit: a worker that dies before it has registered nothing."""
    job = parts.submit(JobKind.ENROLMENT)
    killed(parts, job)
    assert cases_of(parts) == 0
    parts.clock.advance(seconds=LEASE.total_seconds())
    parts.run(job)
    parts.run(job)
    assert cases_of(parts) == 1
    assert verify_ledger(actor=FRANK, units=parts.units).entries == 2


@KINDS
def test_a_worker_that_was_too_slow_keeps_nothing(parts, kind):
    """A worker that lost its lease notices at its next report, and its result is not stored."""
    job = parts.submit(kind)
    others = []

    def during(progress):
        if others:
            return
        others.append(None)
        parts.clock.advance(seconds=LEASE.total_seconds())
        others.append(parts.run(job))
        parts.tell(progress, 500)
        pytest.fail("it went on")

    parts.during = during
    assert parts.run(job) is None
    assert parts.read(job) == others[1]
    assert (others[1].state, others[1].attempts) == (JobState.DONE, 2)
    assert cases_of(parts) == (kind is JobKind.ENROLMENT)


@KINDS
def test_a_job_that_another_works_on_is_left_to_him(parts, kind):
    """A worker that lost its lease to another stores nothing, and does not end the other worker's job."""
    job = parts.submit(kind)
    others = []

    def during(progress):
        parts.clock.advance(seconds=LEASE.total_seconds())
        with parts.units.write() as unit:
            others.append(begun(unit.jobs.take(job.id), parts.clock()))
            unit.jobs.save(others[0])
            unit.commit()
        parts.tell(progress, 500)
        pytest.fail("it went on")

    parts.during = during
    assert parts.run(job) is None
    assert parts.read(job) == others[0]
    assert parts.spool.names() == (job.asked.spooled.name,)
    assert (parts.checks.kept, cases_of(parts)) == ({}, 0)


def test_a_worker_that_lost_its_lease_registers_nothing(parts):
    """A worker that notices the lost lease only at the end is refused by the commit."""
    job = parts.submit(JobKind.ENROLMENT)
    others = []

    def during(_progress):
        if not others:
            others.append(None)
            parts.clock.advance(seconds=LEASE.total_seconds())
            parts.draft = seen_draft("the other worker's")
            others.append(parts.run(job))
            parts.draft = seen_draft("mine")

    parts.during = during
    assert parts.run(job) is None
    assert cases_of(parts) == 1
    assert parts.read(job).result_id == others[1].result_id


@KINDS
def test_a_cancelled_job_stops(parts, kind):
    """A worker stops at its next word, keeps nothing and leaves nothing."""
    job = parts.submit(kind)

    def during(progress):
        cancel_job(job.id, actor=job.actor, units=parts.units, spool=parts.spool)
        parts.tell(progress, 500)
        pytest.fail("it went on")

    parts.during = during
    assert parts.run(job) is None
    assert parts.read(job).state is JobState.CANCELLED
    assert (parts.checks.kept, cases_of(parts)) == ({}, 0)
    require_nothing_left(parts, job)


def test_a_check_cancelled_at_the_last_moment_is_not_kept(parts):
    """A cancellation between the worker's last word and the keeping is in time: nothing is kept, nothing is left."""
    job = parts.submit()
    parts.during = lambda progress: parts.tell(progress, 9_000)
    parts.at_last = lambda _check: cancel_job(job.id, actor=job.actor, units=parts.units, spool=parts.spool)
    assert parts.run(job) is None
    assert parts.read(job).state is JobState.CANCELLED
    assert parts.checks.kept == {}
    require_nothing_left(parts, job)


def test_a_check_that_is_being_kept_cannot_be_cancelled(parts):
    """A cancellation that comes while a check is kept waits, and is too late: the job is done."""
    job = parts.submit()
    told = []

    def cancel():
        try:
            cancel_job(job.id, actor=job.actor, units=parts.units, spool=parts.spool)
        except JobEnded as error:
            told.append(error)

    canceller = threading.Thread(target=cancel)

    class _CancelledMeanwhile(FakeChecks):
        def add(self, check):
            canceller.start()
            canceller.join(timeout=0.2)  # it would end in milliseconds, were it not to wait
            assert canceller.is_alive()
            super().add(check)

    done = parts.run(job, checks=_CancelledMeanwhile(kept=parts.checks.kept))
    canceller.join()
    assert len(told) == 1
    assert parts.read(job) == done
    assert (done.state, set(parts.checks.kept)) == (JobState.DONE, {job.result_id})
    require_nothing_left(parts, job)


def test_a_job_cancelled_elsewhere_leaves_nothing(parts):
    """Where another machine cancelled a job, its worker deletes the upload."""
    job = parts.submit(JobKind.ENROLMENT)

    class _Elsewhere:
        def remove(self, name):
            pass

    parts.during = lambda _progress: cancel_job(
        job.id, actor=job.actor, units=parts.units, spool=_Elsewhere()
    )
    assert parts.run(job) is None
    assert cases_of(parts) == 0
    require_nothing_left(parts, job)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UndecodableMedia("the clip is damaged"), "media-undecodable"),
        (LowInformation("no frame shows enough"), "media-low-information"),
        (UploadLost(), "upload-lost"),
    ],
    ids=["media", "information", "upload"],
)
@KINDS
def test_what_can_never_be_done_has_failed(parts, kind, error, code):
    """A fault of the clip itself is reported at once, and not retried."""
    parts.during = failing(error)
    job = parts.run(parts.submit(kind))
    assert (job.state, job.problem_code, job.problem_detail) == (JobState.FAILED, code, str(error))
    assert parts.reported == []
    require_nothing_left(parts, job)


def test_a_case_that_was_withdrawn_meanwhile_gets_nothing(parts):
    """A clip of a case that was withdrawn while it waited is not even looked at; while it was looked at, not kept."""
    around = {"units": parts.units, "environment": environment()}
    for early in (True, False):
        case = open_case(Level.V0, None, actor=ALICE, **around).case
        job = parts.submit(JobKind.ENROLMENT, case_id=case.id)
        if early:
            withdraw(case.id, actor=ALICE, **around)
            parts.during = failing(AssertionError)
        else:
            parts.during = lambda _progress, name=case.id: withdraw(name, actor=ALICE, **around)
        done = parts.run(job)
        assert (done.state, done.problem_code) == (JobState.FAILED, "case-withdrawn")
        require_nothing_left(parts, job)
    assert cases_of(parts) == 0


def test_a_damaged_upload_has_failed(parts, tmp_path):
    """An upload that was changed on the disk is told as lost, never looked at."""
    job = parts.submit()
    path = tmp_path / "spool" / job.asked.spooled.name
    path.write_bytes(path.read_bytes()[:-1])
    done = parts.run(job)
    assert (done.state, done.problem_code) == (JobState.FAILED, "upload-lost")
    assert parts.checks.kept == {}
    require_nothing_left(parts, job)


@pytest.mark.parametrize(
    "error", [IndexBehind(), StorageUnavailable(), DecodersBusy("busy"), ZeroDivisionError()], ids=repr
)
@KINDS
def test_what_cannot_be_done_now_is_tried_again(parts, kind, error):
    """A temporary fault is retried after growing pauses, reported each time, and the job is done in the end."""
    job = parts.submit(kind)
    parts.during = failing(error)
    pause = FIRST_PAUSE
    for attempt in range(1, MAX_ATTEMPTS):
        waiting = parts.run(job)
        assert (waiting.state, waiting.attempts) == (JobState.WAITING, attempt)
        assert waiting.next_at == parts.clock() + pause
        assert parts.run(job) is None
        parts.clock.advance(seconds=pause.total_seconds())
        pause *= 4
    assert parts.reported == [(job.id, type(error))] * (MAX_ATTEMPTS - 1)
    parts.during = lambda _progress: None
    assert parts.run(job).state is JobState.DONE
    require_nothing_left(parts, job)


@KINDS
def test_trying_ends(parts, kind):
    """After its last attempt a job has failed, and says that it was tried."""
    job = parts.submit(kind)
    parts.during = failing(IndexBehind())
    for _ in range(MAX_ATTEMPTS):
        ended = parts.run(job)
        parts.clock.advance(seconds=1_000)
    assert (ended.state, ended.problem_code) == (JobState.FAILED, "attempts-exhausted")
    assert len(parts.seen) == MAX_ATTEMPTS
    require_nothing_left(parts, job)


def test_a_clip_that_kills_its_worker_ends(parts):
    """A clip that ends its worker each time is not begun for ever."""
    job = parts.submit()
    for _ in range(MAX_ATTEMPTS):
        killed(parts, job)
        parts.clock.advance(seconds=LEASE.total_seconds())
    ended = parts.run(job)
    assert (ended.state, ended.problem_code) == (JobState.FAILED, "attempts-exhausted")
    assert len(parts.seen) == MAX_ATTEMPTS
    require_nothing_left(parts, job)


@KINDS
def test_a_worker_that_must_end_puts_its_job_back(parts, kind):
    """A worker that is told to end stops at its next word; the job is due at once, and the attempt does not count."""
    job = parts.submit(kind)

    def during(progress):
        parts.stopping = True
        parts.tell(progress, 500)

    parts.during = during
    waiting = parts.run(job)
    assert (waiting.state, waiting.attempts) == (JobState.WAITING, 0)
    assert waiting.is_due(parts.clock())
    parts.stopping, parts.during = False, lambda _progress: None
    assert parts.run(job).attempts == 1


def test_a_database_that_is_away_for_a_while_ends_nothing(parts):
    """A word that cannot be written down is not the end of an hour's work."""
    job = parts.submit()
    away = []

    class _Away:
        def __getattr__(self, name):
            if away:
                raise StorageUnavailable
            return getattr(parts.units, name)

    def during(progress):
        away.append(True)
        parts.tell(progress, 500)
        away.clear()

    parts.during = during
    assert parts.run(job, units=_Away()).state is JobState.DONE


def test_a_database_that_stays_away_leaves_the_job_to_its_lease(parts):
    """Where the end cannot be written down either, the job is another attempt's, and nothing is lost."""
    job = parts.submit()
    away = []

    class _Away:
        def __getattr__(self, name):
            if away:
                raise StorageUnavailable
            return getattr(parts.units, name)

    parts.during = lambda _progress: away.append(True)
    with pytest.raises(StorageUnavailable):
        parts.run(job, units=_Away())
    parts.clock.advance(seconds=LEASE.total_seconds())
    assert parts.run(job).state is JobState.DONE
    assert len(parts.seen) == 1


def test_a_job_pauses_and_goes_on(parts):
    """While others are next it renews its lease and computes nothing, and then it is done in the same attempt."""
    told = [Turn.PAUSE, Turn.PAUSE, Turn.GO_ON]
    leases = []

    def turn(job_id, _cpu_s):
        parts.clock.advance(seconds=LEASE.total_seconds() / 2)
        leases.append(parts.read(job).lease_until > parts.clock())
        return told.pop(0)

    job = parts.submit()
    parts.during = lambda progress: parts.tell(progress, 1_000)
    assert (parts.run(job, turn=turn).state, parts.read(job).attempts) == (JobState.DONE, 1)
    assert leases == [True] * 3


def test_a_job_that_must_leave_is_put_back(parts):
    """It waits again, and the attempt does not count."""
    job = parts.submit()
    parts.during = lambda progress: parts.tell(progress, 1_000)
    left = parts.run(job, turn=lambda _job_id, _cpu_s: Turn.LEAVE)
    assert (left.state, left.attempts) == (JobState.WAITING, 0)
    assert parts.spool.names() != ()


@KINDS
def test_a_clip_that_takes_too_long_for_its_size_fails(parts, kind):
    """Decoder and comparisons count; the job ends with a reason, and nothing is answered or registered."""
    job = parts.submit(kind)
    readings = iter([0.0, 200.0])
    spent = ClipProgress(seen_ms=1_000, announced_ms=None, cpu_s=200.0)
    parts.during = lambda progress: progress(spent)
    ended = parts.run(job, cpu=lambda: next(readings))
    assert (ended.state, ended.problem_code) == (JobState.FAILED, "work-bound")
    assert (parts.checks.kept, cases_of(parts)) == ({}, 0)
    require_nothing_left(parts, job)


def test_the_processor_time_is_told_with_each_report(parts):
    """The turns charge what thread and decoder spent in this attempt."""
    charged = []
    readings = iter([5.0, 6.5])
    parts.during = lambda progress: progress(ClipProgress(seen_ms=0, announced_ms=None, cpu_s=2.0))

    def turn(_job_id, cpu_s):
        charged.append(cpu_s)
        return Turn.GO_ON

    parts.run(parts.submit(), turn=turn, cpu=lambda: next(readings))
    assert charged == [3.5]
