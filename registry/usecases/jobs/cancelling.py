"""Cancel a job. Its worker stops within 1 s, and its upload can no longer be decrypted."""

from registry.domain import Actor, Job, cancelled
from registry.permissions import Permission
from registry.ports import Spooling, Units


def cancel_job(job_id: str, *, actor: Actor, units: Units, spool: Spooling) -> Job:
    """Cancel the tenant's job. Cancelling it again changes nothing and succeeds.

    The commit also deletes the upload's key. The file is deleted after the commit. If the file is on another machine,
    or this process ends in between, the janitor of the file's machine deletes it.

    Raises:
        NotPermitted: the actor may not cancel jobs.
        NotFound: the tenant has no such job.
        JobEnded: the job is done or has failed.
    """
    actor.require(Permission.JOB_CANCEL)
    with units.write() as unit:
        job = cancelled(unit.jobs.get(job_id, actor.tenant_id, for_update=True))
        unit.jobs.save(job)
        unit.commit(job)
    spool.remove(job.asked.spooled.name)
    return job
