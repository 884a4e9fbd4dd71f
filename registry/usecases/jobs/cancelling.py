"""Cancels a job: its worker stops within a second, and its upload is gone at once."""

from registry.domain import Actor, Job, cancelled
from registry.permissions import Permission
from registry.ports import Spooling, Units


def cancel_job(job_id: str, *, actor: Actor, units: Units, spool: Spooling) -> Job:
    """Cancels the tenant's job; cancelling again changes nothing and succeeds.

    The upload's key is forgotten in the same commit; the file is deleted after it, and by the janitor of its machine
    where that is another one, or this process ends in between.

    Raises:
        NotPermitted: the actor may not cancel.
        NotFound: no such job of this tenant.
        JobEnded: it is done or has failed.
    """
    actor.require(Permission.JOB_CANCEL)
    with units.write() as unit:
        job = cancelled(unit.jobs.get(job_id, actor.tenant_id, for_update=True))
        unit.jobs.save(job)
        unit.commit(job)
    spool.remove(job.asked.spooled.name)
    return job
