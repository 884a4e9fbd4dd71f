"""Reads a job back for the tenant that submitted it."""

from typing import Final

from registry.domain import Actor, Job, JobKind
from registry.permissions import Permission
from registry.ports import Units

_RESULT_READ: Final = {JobKind.CHECK: Permission.CHECK_READ, JobKind.ENROLMENT: Permission.CASE_READ}
"""A job tells what came of it: nobody learns by it what he could not read by itself."""


def read_job(job_id: str, *, actor: Actor, units: Units) -> Job:
    """Returns the tenant's job; raises `NotFound` for an absent id and a foreign one alike.

    Raises:
        NotPermitted: the actor may not read jobs, or not what this one came to.
    """
    actor.require(Permission.JOB_READ)
    with units.read() as unit:
        job = unit.jobs.get(job_id, actor.tenant_id)
    actor.require(_RESULT_READ[job.kind])
    return job
