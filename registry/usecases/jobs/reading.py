"""Read a job for the tenant that submitted it."""

from typing import Final

from registry.domain import Actor, Job, JobKind
from registry.permissions import Permission
from registry.ports import Units

_RESULT_READ: Final = {JobKind.CHECK: Permission.CHECK_READ, JobKind.ENROLMENT: Permission.CASE_READ}
"""The permission to read the result of each kind of job. A job shows its result only to actors that may read the
result directly."""


def read_job(job_id: str, *, actor: Actor, units: Units) -> Job:
    """Return the tenant's job; raise `NotFound`, also if the job belongs to another tenant.

    Raises:
        NotPermitted: the actor may not read jobs, or may not read this job's result.
    """
    actor.require(Permission.JOB_READ)
    with units.read() as unit:
        job = unit.jobs.get(job_id, actor.tenant_id)
    actor.require(_RESULT_READ[job.kind])
    return job
