"""The end of every check, of pictures and clips alike: count probes, decide, keep the check."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from index.stages import Stage, stage
from registry.domain import Actor, Check, ids
from registry.matching import Assessment, conclude
from registry.permissions import Permission
from registry.ports import Candidates, Checks, Environment, Faces, Index, ProbeBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckServices:
    """What a check needs.

    Attributes:
        faces: finds faces; None where the deployment has them switched off.
    """

    index: Index
    candidates: Candidates
    checks: Checks
    budget: ProbeBudget
    environment: Environment
    faces: Faces | None = None

    def keeping(self, checks: Checks) -> Self:
        """Return the same services with other checks, which also keep answers for idempotent requests."""
        return self if checks is self.checks else replace(self, checks=checks)

    def faces_for(self, actor: Actor) -> Faces | None:
        """Return what finds faces for a platform: None where faces are switched off for all, or for this platform."""
        return self.faces if Permission.CHECK_LIKENESS in actor.permissions else None


def keep_check(
    assessment: Assessment,
    *,
    tenant_id: str,
    services: CheckServices,
    check_id: str | None = None,
    keep: Callable[[Check], None] | None = None,
) -> Check:
    """Decide within the tenant's probing budget, keep the check and return it.

    Args:
        assessment: what was found about the upload.
        tenant_id: the platform that asks.
        services: what a check needs.
        check_id: the id that was promised for the check; None for a new one.
        keep: keeps the check, in place of `services.checks`; where it raises, nothing is kept.

    Raises:
        LowInformation: nothing matches, and the upload shows too little to be told from others.
        StorageUnavailable: probes could not be counted, or the check not kept.
    """
    weighed = conclude(assessment, tenant_id=tenant_id, budget=services.budget)
    check = Check(
        id=check_id or ids.new_id(ids.CHECK, services.environment.random),
        tenant_id=tenant_id,
        verdict=weighed.verdict,
        as_of=assessment.position,
        checked_at=services.environment.now(),
        reference_ids=weighed.reference_ids,
    )
    with stage(Stage.KEEPING):
        (keep or services.checks.add)(check)
    return check
