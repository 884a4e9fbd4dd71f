"""`submit_job`, `read_job` and `cancel_job`: what is kept for a worker, who may see it, and how it is given up."""

from dataclasses import replace

import pytest

from index.verdict.vocabulary import Level
from registry.domain import ids
from registry.domain.job import MAX_EXCLUDED, Job, JobKind, JobState, checked, failed
from registry.errors import CaseWithdrawn, JobEnded, NotFound, NotPermitted, Refused, UploadLost
from registry.permissions import Permission
from registry.ports import Acknowledged
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.jobs.cancelling import cancel_job
from registry.usecases.jobs.reading import read_job
from registry.usecases.jobs.submitting import submit_job
from tests.support.databases.registry_parts import ALICE, CHARLIE, DANA, NOW, environment
from tests.support.usecases.job_parts import MACHINE, JobParts


@pytest.fixture
def parts(sqlite, tmp_path):
    return JobParts(sqlite, tmp_path / "spool")


def lacking(actor, permission):
    return replace(actor, permissions=actor.permissions - {permission})


def cancel(parts, job, actor=DANA):
    return cancel_job(job.id, actor=actor, units=parts.units, spool=parts.spool)


def count(parts):
    with parts.units.read() as unit:
        return len(unit.jobs.live_spools(MACHINE))


def test_a_job_waits_for_a_worker(parts):
    """A submitted job is due at once, and runs as who submitted it."""
    job = parts.submit()
    assert ids.is_id(job.id, ids.JOB)
    assert (job.state, job.attempts, job.next_at, job.actor) == (JobState.WAITING, 0, NOW, DANA)
    assert parts.read(job) == replace(
        job, asked=replace(job.asked, spooled=replace(job.asked.spooled, key=b""))
    )


def test_a_check_has_its_id_from_the_start(parts):
    """A check's job knows under which id it will be kept; an enrolment's reference is not there yet."""
    assert ids.is_id(parts.submit().result_id, ids.CHECK)
    assert parts.submit(JobKind.ENROLMENT).result_id is None


@pytest.mark.parametrize(
    ("kind", "asked", "actor", "permission"),
    [
        (JobKind.CHECK, {}, DANA, Permission.CHECK_CREATE),
        (JobKind.ENROLMENT, {}, ALICE, Permission.CASE_CREATE),
        (JobKind.ENROLMENT, {}, ALICE, Permission.REFERENCE_CREATE),
        (JobKind.ENROLMENT, {"case_id": "case_1"}, ALICE, Permission.REFERENCE_CREATE),
    ],
)
def test_a_job_asks_what_its_work_asks(parts, kind, asked, actor, permission):
    """Without the permission for what a job would do there is no job, and the upload is gone."""
    with pytest.raises(NotPermitted):
        parts.submit(kind, lacking(actor, permission), **asked)
    assert count(parts) == 0
    assert parts.spool.names() == ()


@pytest.mark.parametrize("case", ["absent", "foreign", "withdrawn"])
def test_a_case_that_takes_nothing_is_told_at_once(parts, case):
    """A case that is not there, is a stranger's or has ended is told before any work."""
    around = {"units": parts.units, "environment": environment()}
    opened = open_case(Level.V0, None, actor=ALICE, **around).case
    if case == "withdrawn":
        withdraw(opened.id, actor=ALICE, **around)
    actor = CHARLIE if case == "foreign" else ALICE
    name = "case_0" if case == "absent" else opened.id
    with pytest.raises(CaseWithdrawn if case == "withdrawn" else NotFound):
        parts.submit(JobKind.ENROLMENT, actor, case_id=name)
    assert count(parts) == 0


def test_more_intervals_than_are_kept_are_refused(parts):
    """As many intervals as may be left out are kept, and one more is refused."""
    intervals = tuple((number, number + 1) for number in range(MAX_EXCLUDED + 1))
    job = parts.submit(JobKind.ENROLMENT, exclude=intervals[1:])
    assert parts.read(job).asked.exclude == intervals[1:]
    with pytest.raises(Refused):
        parts.submit(JobKind.ENROLMENT, exclude=intervals)


def test_an_idempotent_submission_is_kept_with_its_answer(parts):
    """Job and kept answer are one commit."""
    told = []

    def acknowledge(result):
        told.append(result)
        return Acknowledged(
            tenant_id=DANA.tenant_id,
            key_hmac=b"k" * 32,
            request_hmac=b"r" * 32,
            status=202,
            body=result.id.encode(),
            created_at=NOW,
        )

    asked = parts.submit().asked
    job = submit_job(
        asked, actor=DANA, units=parts.units.acknowledging(acknowledge), environment=parts.around
    )
    kept = parts.units.acknowledgements.find(DANA.tenant_id, b"k" * 32, NOW)
    assert isinstance(told[0], Job)
    assert kept.body == job.id.encode()


def test_a_job_is_read_by_its_tenant(parts):
    """The submitter of a job reads it; a stranger's job and an absent one look the same."""
    job = parts.submit()
    assert read_job(job.id, actor=DANA, units=parts.units).id == job.id
    for name, actor in ((job.id, replace(DANA, tenant_id=CHARLIE.tenant_id)), ("job_0", DANA)):
        with pytest.raises(NotFound):
            read_job(name, actor=actor, units=parts.units)


@pytest.mark.parametrize(
    ("kind", "actor", "permission"),
    [
        (JobKind.CHECK, DANA, Permission.CHECK_READ),
        (JobKind.ENROLMENT, ALICE, Permission.CASE_READ),
    ],
)
def test_a_job_is_no_way_around_a_permission(parts, kind, actor, permission):
    """An actor without the permission to read checks, or cases, cannot read a job about one."""
    job = parts.submit(kind)
    with pytest.raises(NotPermitted):
        read_job(job.id, actor=lacking(actor, permission), units=parts.units)


def test_a_cancelled_job_leaves_nothing(parts):
    """Cancelling deletes the upload and forgets its key; again is harmless."""
    job = parts.submit()
    assert cancel(parts, job).state is JobState.CANCELLED
    assert cancel(parts, job).state is JobState.CANCELLED
    assert parts.read(job).state is JobState.CANCELLED
    assert parts.spool.names() == ()
    with parts.units.read() as unit, pytest.raises(UploadLost):
        unit.jobs.spool_key(job.id)


@pytest.mark.parametrize(
    "end", [checked, lambda job: failed(job, code="refused", detail="")], ids=["done", "failed"]
)
def test_an_ended_job_stays_as_it_is(parts, end):
    """A job that is done or has failed cannot be cancelled."""
    job = end(parts.submit())
    with parts.units.write() as unit:
        unit.jobs.save(job)
        unit.commit()
    with pytest.raises(JobEnded):
        cancel(parts, job)
    assert parts.read(job).state is job.state


def test_a_strangers_job_is_not_cancelled(parts):
    """A stranger's job and an absent one look the same, and nothing happens."""
    job = parts.submit()
    for name, actor in ((job.id, replace(DANA, tenant_id=CHARLIE.tenant_id)), ("job_0", DANA)):
        with pytest.raises(NotFound):
            cancel_job(name, actor=actor, units=parts.units, spool=parts.spool)
    assert parts.read(job).state is JobState.WAITING
    assert parts.spool.names() == (job.asked.spooled.name,)
