"""Cancel a job. Its worker stops within 1 s, and its upload can no longer be decrypted."""

from registry.domain import Actor, Job, cancelled
from registry.permissions import Permission
from registry.ports import Spooling, Units


def cancel_job(job_id: str, *, actor: Actor, units: Units, spool: Spooling) -> Job:
    """Cancel a job of the actor's own key, or of the tenant with `JOB_CANCEL_ANY`.

    Cancelling it again changes nothing and succeeds.
    The commit also deletes the upload's key. The file is deleted after the commit. If the file is on another machine,
    or this process ends in between, the janitor of the file's machine deletes it.

    Raises:
        NotPermitted: the actor may not cancel jobs, or another key of the tenant submitted this one.
        NotFound: the tenant has no such job.
        JobEnded: the job is done or has failed.
    """
    actor.require(Permission.JOB_CANCEL)
    with units.write() as unit:
        job = unit.jobs.get(job_id, actor.tenant_id, for_update=True)
        if job.credential_id != actor.credential_id:
            actor.require(Permission.JOB_CANCEL_ANY)
        job = cancelled(job)
        unit.jobs.save(job)
        unit.commit(job)
    spool.remove(job.asked.spooled.name)
    return job
