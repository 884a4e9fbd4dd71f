"""`Jobs` on both databases: kept as they are, apart by tenant and machine, and forgetful of keys."""

import secrets
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.job import (
    LEASE,
    MAX_EXCLUDED,
    CheckJob,
    EnrolmentJob,
    JobKind,
    JobState,
    Registered,
    Spooled,
    begun,
    cancelled,
    checked,
    enrolled,
    failed,
    heard,
    postponed,
)
from registry.errors import NotFound, SealBroken, UploadLost
from registry.storage.schema.job_tables import jobs as table
from tests.support.asked import asked_of
from tests.support.databases.registry_parts import ALICE, CHARLIE, DANA, NOW, SEALER

HERE, THERE = "mac_here000000000000", "mac_there00000000000"
KEY = b"k" * 32


def a_job(*, tenant=ALICE, machine=HERE, created_at=NOW, kind=JobKind.ENROLMENT, **asked):
    spooled = Spooled(name=f"spl_{secrets.token_hex(8)}", machine_id=machine, size=1 << 33, key=KEY)
    make = EnrolmentJob if kind is JobKind.ENROLMENT else partial(CheckJob, check_id="chk_1")
    return make(
        id=f"job_{secrets.token_hex(8)}",
        tenant_id=tenant.tenant_id,
        credential_id=tenant.credential_id,
        permissions=tenant.permissions,
        asked=asked_of(kind, spooled, **asked),
        state=JobState.WAITING,
        attempts=0,
        created_at=created_at,
        next_at=created_at,
    )


def blank(job):
    """Returns the job as it is read: without its upload's key."""
    return replace(job, asked=replace(job.asked, spooled=replace(job.asked.spooled, key=b"")))


@pytest.fixture
def add(units):
    """Adds jobs, each in a commit of its own, and returns the last."""

    def add(*jobs):
        for job in jobs:
            with units.write() as unit:
                unit.jobs.add(job)
                unit.commit()
        return jobs[-1]

    return add


@pytest.fixture
def save(units):
    """Saves a job, and returns it."""

    def save(job):
        with units.write() as unit:
            unit.jobs.save(job)
            unit.commit()
        return job

    return save


@pytest.fixture
def read(units):
    """Reads a job again as its tenant does."""

    def read(job):
        with units.read() as unit:
            return unit.jobs.get(job.id, job.tenant_id)

    return read


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": JobKind.CHECK},
        {"reference_kind": ReferenceKind.INTIMATE_ITEM, "level": Level.V0, "edits": False},
        {
            "reference_kind": ReferenceKind.SOURCE_ORIGINAL,
            "case_id": "case_0000000000000001",
            "exclude": tuple(
                (35_000_000 + 2 * number, 35_000_001 + 2 * number) for number in range(MAX_EXCLUDED)
            ),
        },
    ],
    ids=["check", "new case", "standing case, all excluded that may be"],
)
def test_a_job_comes_back_as_it_was_added(add, read, asked):
    """Whatever may be asked is read as it was written, but for the key."""
    job = add(a_job(**asked))
    assert read(job) == blank(job)


def test_a_job_comes_back_as_it_was_saved(add, save, read):
    """Each standing is read as it was written."""
    job = add(a_job())
    worked = save(heard(begun(job, NOW), NOW, seen_ms=1 << 33, announced_ms=1 << 34))
    assert read(job) == blank(worked)
    waiting = save(postponed(worked, NOW))
    assert read(job) == blank(waiting)
    done = save(
        enrolled(
            begun(waiting, NOW),
            Registered(case_id="case_1", reference_id="ref_1", outcome="enrolled", receipt=bytes(32)),
        )
    )
    assert read(job) == blank(done)


def test_a_failure_comes_back(add, save, read):
    """A problem's code and detail are kept, however long the detail is."""
    job = save(failed(begun(add(a_job()), NOW), code="media-undecodable", detail="x" * 1000))
    assert read(job) == blank(job)
    assert set(job.problem_detail) == {"x"}


def test_a_strangers_job_and_an_absent_one_look_the_same(add, units):
    """Another tenant's job and one that never was raise the same error with the same text."""
    job = add(a_job())
    with units.read() as unit:
        with pytest.raises(NotFound) as foreign:
            unit.jobs.get(job.id, CHARLIE.tenant_id)
        with pytest.raises(NotFound) as missing:
            unit.jobs.get("job_nothing", CHARLIE.tenant_id)
    with units.write() as unit, pytest.raises(NotFound):
        unit.jobs.take("job_nothing")
    assert str(foreign.value) == str(missing.value)


def test_a_worker_takes_anybodys_job(add, units):
    """A worker gets a job by its id alone."""
    job = add(a_job(tenant=DANA))
    with units.write() as unit:
        assert unit.jobs.take(job.id) == blank(job)


def test_a_living_jobs_key_opens(add, save, units):
    """Waiting and working, a job's upload can be opened."""
    job = add(a_job())
    for standing in (job, begun(job, NOW), postponed(begun(job, NOW), NOW)):
        save(standing)
        with units.read() as unit:
            assert unit.jobs.spool_key(job.id) == KEY


@pytest.mark.parametrize(
    "end",
    [
        checked,
        cancelled,
        lambda job: failed(job, code="refused", detail=""),
        lambda job: enrolled(
            job, Registered(case_id="c", reference_id="r", outcome="duplicate", receipt=None)
        ),
    ],
    ids=["checked", "cancelled", "failed", "enrolled"],
)
def test_an_ended_job_has_no_key(add, save, units, databases, end):
    """However a job ends, its commit forgets the key."""
    job = add(a_job())
    save(end(begun(job, NOW)))
    with units.read() as unit, pytest.raises(UploadLost):
        unit.jobs.spool_key(job.id)
    with databases.registry.read() as connection:
        assert connection.execute(select(table.c.sealed_key)).scalars().all() == [None]


def test_keys_lie_sealed(add, databases):
    """A row does not hold its key, and says that it is sealed for this job and this file."""
    job = add(a_job())
    with databases.registry.read() as connection:
        sealed = connection.execute(select(table.c.sealed_key)).scalar_one()
    assert KEY not in sealed
    assert SEALER.unseal(sealed, f"job-1:{job.id}:{job.asked.spooled.name}".encode()) == KEY


def test_a_key_opens_for_its_own_job_only(add, units, databases):
    """A sealed key that is moved to another row opens nothing."""
    one, other = a_job(), a_job()
    add(one, other)
    with databases.registry.write() as connection:
        sealed = connection.execute(select(table.c.sealed_key).where(table.c.id == one.id)).scalar_one()
        connection.execute(update(table).where(table.c.id == other.id).values(sealed_key=sealed))
        connection.commit()
    with units.read() as unit, pytest.raises(SealBroken):
        unit.jobs.spool_key(other.id)


def names_due(unit, machine, now, limit):
    """The ids of what is due."""
    return tuple(one.id for one in unit.jobs.due(machine, now, limit))


def test_what_is_due_is_named(add, save, units):
    """Due are those that have waited long enough and those whose worker is silent, the longest due first."""
    later = add(a_job(created_at=NOW + timedelta(seconds=1)))
    waiting = add(a_job(created_at=NOW - timedelta(seconds=1)))
    ended = [save(end(begun(add(a_job()), NOW))) for end in (checked, cancelled)]
    silent = save(begun(add(a_job()), NOW - LEASE - timedelta(seconds=2)))
    heard_of = save(begun(add(a_job()), NOW - LEASE + timedelta(seconds=1)))
    elsewhere = add(a_job(machine=THERE))
    with units.read() as unit:
        assert names_due(unit, HERE, NOW, 9) == (silent.id, waiting.id)
        assert names_due(unit, HERE, NOW, 1) == (silent.id,)
        assert names_due(unit, THERE, NOW, 9) == (elsewhere.id,)
        due = set(names_due(unit, HERE, NOW + LEASE, 9))
    assert due == {silent.id, waiting.id, later.id, heard_of.id}
    assert not due & {job.id for job in ended}


def test_rows_and_states_agree_on_what_is_due(add, save, units):
    """A row is due exactly when its job says so, to the microsecond."""
    step = timedelta(microseconds=1)
    jobs = [add(a_job(created_at=NOW)), save(begun(add(a_job(created_at=NOW)), NOW - LEASE))]
    for now in (NOW - step, NOW, NOW + step):
        with units.read() as unit:
            assert set(names_due(unit, HERE, now, 9)) == {job.id for job in jobs if job.is_due(now)}


def test_of_each_queue_a_few_are_named(add, units):
    """However many one tenant's checks are, the first of each tenant and kind are among what is due."""
    early = [
        add(a_job(tenant=DANA, kind=JobKind.CHECK, created_at=NOW - timedelta(seconds=10 - number)))
        for number in range(4)
    ]
    late = add(a_job(created_at=NOW - timedelta(seconds=1)))
    with units.read() as unit:
        due = unit.jobs.due(HERE, NOW, 2)
    assert [one.id for one in due] == [early[0].id, early[1].id, late.id]
    assert [one.kind for one in due] == [JobKind.CHECK] * 2 + [JobKind.ENROLMENT]
    assert due[0].tenant_id != due[2].tenant_id


def test_those_being_worked_on_are_told(add, save, units):
    """Only this machine's working jobs are returned."""
    add(a_job())
    mine = save(begun(add(a_job()), NOW))
    save(begun(add(a_job(machine=THERE)), NOW))
    save(checked(begun(add(a_job()), NOW)))
    with units.write() as unit:
        assert unit.jobs.working(HERE) == (blank(mine),)


def test_living_jobs_name_their_files(add, save, units):
    """A file is named until its job has ended, on its own machine."""
    waiting = add(a_job())
    working = save(begun(add(a_job()), NOW))
    for end in (checked, cancelled, lambda job: failed(job, code="refused", detail="")):
        save(end(begun(add(a_job()), NOW)))
    add(a_job(machine=THERE))
    with units.read() as unit:
        named = unit.jobs.live_spools(HERE)
    assert named == {job.asked.spooled.name for job in (waiting, working)}
