"""Submit a job: work on a clip, which survives the request and the process."""

from typing import Any

from registry.domain import (
    MAX_EXCLUDED,
    Actor,
    CaseEvent,
    CheckAsked,
    CheckJob,
    EnrolmentAsked,
    EnrolmentJob,
    InCase,
    Job,
    JobAsked,
    JobState,
    ids,
)
from registry.errors import Refused
from registry.ports import Environment, Units
from registry.usecases.jobs.permitting import require_permitted


def submit_job(asked: JobAsked, *, actor: Actor, units: Units, environment: Environment) -> Job:
    """Store a job for a worker, and return it.

    Every request that can be refused without decoding the clip is refused here. A check gets its id now, so that a job
    that is started twice answers once.

    Raises:
        NotPermitted: the actor may not carry out the job's request.
        NotFound: the tenant has no such case.
        CaseWithdrawn: the case is withdrawn.
        TooManyJobs, QuotaReached: a quota of the tenant or the key allows no more jobs or references.
        Refused: there are too many excluded intervals.
    """
    require_permitted(asked, actor)
    if isinstance(asked, EnrolmentAsked) and len(asked.exclude) > MAX_EXCLUDED:
        raise Refused(f"At most {MAX_EXCLUDED} intervals can be left out.")
    job = _new_job(asked, actor, environment)
    with units.write() as unit:
        match asked:
            case EnrolmentAsked(target=InCase(case_id=case_id)):
                unit.cases.get(case_id, actor.tenant_id).moved(CaseEvent.ENROL, actor)
        unit.quotas.require_job(actor, asked.spooled.size)
        if isinstance(asked, EnrolmentAsked):
            unit.quotas.require_room(actor, references=1)
        unit.jobs.add(job)
        unit.commit(job)
    return job


def _new_job(asked: JobAsked, actor: Actor, environment: Environment) -> Job:
    now = environment.now()
    shared: dict[str, Any] = {
        "id": ids.new_id(ids.JOB, environment.random),
        "tenant_id": actor.tenant_id,
        "credential_id": actor.credential_id,
        "permissions": actor.permissions,
        "state": JobState.WAITING,
        "attempts": 0,
        "created_at": now,
        "next_at": now,
    }
    match asked:
        case CheckAsked():
            return CheckJob(asked=asked, check_id=ids.new_id(ids.CHECK, environment.random), **shared)
        case EnrolmentAsked():
            return EnrolmentJob(asked=asked, **shared)
