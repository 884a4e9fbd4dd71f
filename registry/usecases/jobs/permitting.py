"""Decide what the submitter of a job may do: when the job is submitted, when it begins, and before it commits.

A job may wait for hours. A key that was revoked or has expired meanwhile registers nothing and is answered nothing, and
a permission that was taken from it counts no more.
"""

from datetime import datetime

from registry.domain import Actor, CheckAsked, EnrolmentAsked, InCase, InNewCase, Job, JobAsked
from registry.errors import CredentialRevoked, NotFound
from registry.permissions import Permission
from registry.ports import UnitOfWork
from registry.usecases.cases import require_may_open


def require_permitted(asked: JobAsked, actor: Actor) -> None:
    """Raise `NotPermitted` unless the actor may have this job carried out."""
    match asked:
        case CheckAsked():
            actor.require(Permission.CHECK_CREATE)
        case EnrolmentAsked(target=InCase()):
            actor.require(Permission.REFERENCE_CREATE)
        case EnrolmentAsked(target=InNewCase()):
            require_may_open(actor, with_reference=True)


def present_actor(unit: UnitOfWork, job: Job, now: datetime, *, for_share: bool = False) -> Actor:
    """Return the job's actor with the permissions that its key had then and still has.

    With `for_share`, which needs a unit of work that writes, the key cannot be revoked before the unit ends.

    Raises:
        CredentialRevoked: the key was revoked, has expired, is gone, or belongs to another tenant now.
        NotPermitted: the key lacks a permission that the job needs.
    """
    try:
        present = unit.credentials.get(job.credential_id, for_share=for_share).actor(now)
    except NotFound:
        raise CredentialRevoked from None
    if present.tenant_id != job.tenant_id:
        raise CredentialRevoked
    actor = Actor(
        tenant_id=job.tenant_id,
        credential_id=job.credential_id,
        permissions=job.permissions & present.permissions,
    )
    require_permitted(job.asked, actor)
    return actor
