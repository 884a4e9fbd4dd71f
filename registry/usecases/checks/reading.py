"""Reads a check back for the platform that asked."""

from dataclasses import dataclass

from registry.domain import Actor, Check, Decision
from registry.permissions import Permission
from registry.ports import Checks, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A check, and what the platform did if it told us."""

    check: Check
    decision: Decision | None


def read_check(check_id: str, *, actor: Actor, checks: Checks, units: Units) -> CheckView:
    """Returns the tenant's check; raises `NotFound` for an absent id and a foreign one alike."""
    actor.require(Permission.CHECK_READ)
    check = checks.get(check_id, actor.tenant_id)
    with units.read() as unit:
        return CheckView(check=check, decision=unit.decisions.get(check.id, actor.tenant_id))
