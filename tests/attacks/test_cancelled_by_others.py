"""A key of the victim's own tenant, such as its platform's, that cancels the registration of the victim's clip."""

from dataclasses import replace

import pytest

from registry.domain.job import JobKind, JobState
from registry.domain.roles import OPTIONAL_PERMISSIONS, ROLE_PERMISSIONS, Role
from registry.errors import NotPermitted
from registry.permissions import Permission
from registry.usecases.jobs.cancelling import cancel_job
from tests.support.databases.registry_parts import ALICE
from tests.support.usecases.job_parts import JobParts


@pytest.fixture
def parts(sqlite, tmp_path):
    return JobParts(sqlite, tmp_path / "spool")


def another_key(role):
    return replace(ALICE, credential_id="crd_another", permissions=ROLE_PERMISSIONS[role])


def cancel(parts, job, actor):
    return cancel_job(job.id, actor=actor, units=parts.units, spool=parts.spool)


@pytest.mark.parametrize("role", [Role.PLATFORM, Role.AGENCY, Role.CLAIMANT], ids=str)
def test_another_key_of_the_tenant_cancels_nothing(parts, role):
    """The job of another key goes on, whatever role the key that would cancel it has."""
    job = parts.submit(JobKind.ENROLMENT)
    with pytest.raises(NotPermitted):
        cancel(parts, job, another_key(role))
    assert parts.read(job).state is JobState.WAITING
    assert parts.run(job).state is JobState.DONE


def test_a_key_that_may_cancel_any_job_does(parts):
    """With the permission that is granted by name only, a tenant cancels a job whose key it has lost."""
    job = parts.submit(JobKind.ENROLMENT)
    actor = another_key(Role.CLAIMANT)
    may = replace(actor, permissions=actor.permissions | {Permission.JOB_CANCEL_ANY})
    assert cancel(parts, job, may).state is JobState.CANCELLED


def test_nobody_has_that_permission_unasked():
    """No role but the operator's includes it, and those that may have it must be given it by name."""
    holders = {role for role, held in ROLE_PERMISSIONS.items() if Permission.JOB_CANCEL_ANY in held}
    named = {role for role, more in OPTIONAL_PERMISSIONS.items() if Permission.JOB_CANCEL_ANY in more}
    assert (holders, named) == ({Role.OPERATOR}, {Role.PLATFORM, Role.AGENCY, Role.CLAIMANT})
