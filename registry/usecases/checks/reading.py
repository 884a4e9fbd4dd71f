"""Read a check for the platform that asked it."""

from dataclasses import dataclass

from registry.domain import Actor, Check, Decision
from registry.permissions import Permission
from registry.ports import Checks, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A check with the platform's decision, if it reported one."""

    check: Check
    decision: Decision | None


def read_check(check_id: str, *, actor: Actor, checks: Checks, units: Units) -> CheckView:
    """Return the tenant's check; raise `NotFound`, also if the check belongs to another tenant."""
    actor.require(Permission.CHECK_READ)
    check = checks.get(check_id, actor.tenant_id)
    with units.read() as unit:
        return CheckView(check=check, decision=unit.decisions.get(check.id, actor.tenant_id))
