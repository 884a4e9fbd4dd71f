"""Submits a job: what was asked about a clip outlives the request, and the process (promise 4)."""

from index.verdict import Level
from registry.domain import MAX_EXCLUDED, Actor, Job, JobAsked, JobKind, JobState, ids
from registry.errors import Refused
from registry.permissions import Permission
from registry.ports import Environment, Units
from registry.usecases.cases import require_may_open


def submit_job(asked: JobAsked, *, actor: Actor, units: Units, environment: Environment) -> Job:
    """Keeps a job for a worker, and returns it.

    What can be refused without looking at the clip is refused here. A check's id is given now, so that a job that is
    begun twice answers once.

    Raises:
        NotPermitted: the actor may not do what the job is to do.
        NotFound: no such case of this tenant.
        CaseWithdrawn: the case has ended.
        Refused: more is to be left out of the clip than can be told.
    """
    _require_permitted(asked, actor)
    if len(asked.exclude) > MAX_EXCLUDED:
        raise Refused(f"At most {MAX_EXCLUDED} intervals can be left out.")
    now = environment.now()
    check = asked.kind is JobKind.CHECK
    job = Job(
        id=ids.new_id(ids.JOB, environment.random),
        tenant_id=actor.tenant_id,
        credential_id=actor.credential_id,
        permissions=actor.permissions,
        asked=asked,
        state=JobState.WAITING,
        attempts=0,
        created_at=now,
        next_at=now,
        result_id=ids.new_id(ids.CHECK, environment.random) if check else None,
    )
    with units.write() as unit:
        if asked.case_id is not None:
            unit.cases.get(asked.case_id, actor.tenant_id).require_active()
        unit.jobs.add(job)
        unit.commit(job)
    return job


def _require_permitted(asked: JobAsked, actor: Actor) -> None:
    if asked.kind is JobKind.CHECK:
        actor.require(Permission.CHECK_CREATE)
    elif asked.case_id is not None:
        actor.require(Permission.REFERENCE_CREATE)
    else:
        require_may_open(asked.level or Level.V0, actor, with_reference=True)
