"""A key that is lost while its clip waits or is looked at: it registers nothing and is answered nothing."""

import pytest
from sqlalchemy import update

from registry.domain.job import JobKind, JobState
from registry.errors import UploadLost
from registry.storage.schema import credentials
from registry.usecases.credentials.revoking import revoke_credential
from tests.support.databases.registry_parts import ALICE, CHARLIE, DANA, FRANK, NOW
from tests.support.usecases.job_parts import JobParts

ASKING = {JobKind.CHECK: DANA, JobKind.ENROLMENT: ALICE}
NEEDED = {JobKind.CHECK: "tenant:check:create", JobKind.ENROLMENT: "tenant:reference:create"}


@pytest.fixture
def parts(sqlite, tmp_path):
    return JobParts(sqlite, tmp_path / "spool")


def revoked(parts, actor, _kind):
    revoke_credential(actor.credential_id, actor=FRANK, units=parts.units, environment=parts.around)


def changed(parts, actor, **values):
    with parts.databases.registry.write() as connection:
        connection.execute(
            update(credentials).where(credentials.c.id == actor.credential_id).values(**values)
        )
        connection.commit()


def expired(parts, actor, _kind):
    changed(parts, actor, expires_at=NOW)


def moved(parts, actor, _kind):
    changed(parts, actor, tenant_id=CHARLIE.tenant_id)


def narrowed(parts, actor, kind):
    changed(parts, actor, permissions=" ".join(sorted(actor.permissions - {NEEDED[kind]})))


LOSSES = pytest.mark.parametrize(
    ("lose", "code"),
    [
        (revoked, "credential-revoked"),
        (expired, "credential-revoked"),
        (moved, "credential-revoked"),
        (narrowed, "not-permitted"),
    ],
)
KINDS = pytest.mark.parametrize("kind", JobKind, ids=str)


def require_refused(parts, job, ended, code):
    """The job has ended with a reason, its upload is gone, and nothing is registered or answered."""
    assert (ended.state, ended.problem_code) == (JobState.FAILED, code)
    assert parts.read(job) == ended
    assert parts.checks.kept == {}
    assert parts.spool.names() == ()
    with parts.units.read() as unit, pytest.raises(UploadLost):
        unit.jobs.spool_key(job.id)
    with parts.databases.registry.read() as connection:
        for table in ("cases", "case_references"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


@KINDS
@LOSSES
def test_a_waiting_clip_of_a_lost_key_is_refused(parts, kind, lose, code):
    """A key that is lost while its clip waits: the clip is not even opened."""
    job = parts.submit(kind)
    lose(parts, ASKING[kind], kind)
    require_refused(parts, job, parts.run(job), code)
    assert parts.seen == []


@KINDS
@LOSSES
def test_a_key_that_is_lost_during_the_work_commits_nothing(parts, kind, lose, code):
    """A key that is lost while its clip is looked at: what was found is thrown away."""
    job = parts.submit(kind)
    parts.during = lambda _progress: lose(parts, ASKING[kind], kind)
    require_refused(parts, job, parts.run(job), code)
    assert len(parts.seen) == 1


def test_a_permission_that_is_lost_during_the_work_ends_it(parts):
    """Faces are not told to a key that may no longer ask for them, although it may still ask about uploads."""
    job = parts.submit()
    parts.during = lambda _progress: changed(parts, DANA, permissions="tenant:check:create")
    require_refused(parts, job, parts.run(job), "not-permitted")


def test_a_job_never_gains_a_permission(parts):
    """A job runs with what its key had when it asked: what is granted later does not count."""
    seen = []
    check = parts.services.check
    parts.submit()
    job = parts.submit()
    changed(parts, DANA, permissions=" ".join(sorted(DANA.permissions | {"tenant:case:create"})))
    ended = parts.run(
        job, check=lambda source, **asked: seen.append(asked["actor"]) or check(source, **asked)
    )
    assert ended.state is JobState.DONE
    assert seen == [DANA]
