"""The last steps of every check, of pictures and clips: decide within the probing budgets, and store the check."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Self

from index.stages import Stage, stage
from registry.domain import Actor, Asker, Check, ids
from registry.matching import Assessment, EmbeddedClips, conclude
from registry.permissions import Permission
from registry.ports import Candidates, Checks, Environment, Faces, Index, ProbeBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckServices:
    """The services that a check needs.

    Attributes:
        faces: the face engines; None if faces are switched off in this deployment.
        clips: looks at clips in a picture's file; None to hold such files.
        turn: the place that a question is compared in; entering it may wait, and raise `NoTurn` or `BudgetSpent`.
    """

    index: Index
    candidates: Candidates
    checks: Checks
    budget: ProbeBudget
    environment: Environment
    faces: Faces | None = None
    clips: EmbeddedClips | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext

    def keeping(self, checks: Checks) -> Self:
        """Return the same services with another store of checks, which also keeps answers to idempotent requests."""
        return self if checks is self.checks else replace(self, checks=checks)

    def faces_for(self, actor: Actor) -> Faces | None:
        """Return the face engines for a platform, or None if faces are switched off in general or for this platform."""
        return self.faces if Permission.CHECK_LIKENESS in actor.permissions else None


def keep_check(
    assessment: Assessment,
    *,
    asker: Asker,
    services: CheckServices,
    check_id: str | None = None,
    keep: Callable[[Check], None] | None = None,
) -> Check:
    """Decide within the probing budgets, store the check and return it.

    Args:
        assessment: the assessment of the upload.
        asker: the platform that asks, and the user for whom it does.
        services: the services that a check needs.
        check_id: the promised id of the check; None to make a new one.
        keep: stores the check in place of `services.checks`; if it raises, nothing is stored.

    Raises:
        LowInformation: nothing matches, and the upload shows too little to be distinguished from others.
        ProbingSuspended: the tenant's questions by codes are suspended.
        StorageUnavailable: probes could not be counted, or the check could not be stored.
    """
    now = services.environment.now()
    weighed = conclude(
        assessment,
        asker=asker,
        budget=services.budget,
        refused=lambda probe: services.checks.add_probe(asker.tenant_id, probe, now),
    )
    check = Check(
        id=check_id or ids.new_id(ids.CHECK, services.environment.random),
        tenant_id=asker.tenant_id,
        verdict=weighed.verdict,
        as_of=assessment.position,
        checked_at=now,
        reference_ids=weighed.reference_ids,
        probe=weighed.probe,
        uploader=asker.uploader,
        is_by_codes=asker.is_by_codes,
    )
    with stage(Stage.KEEPING):
        (keep or services.checks.add)(check)
    return check
