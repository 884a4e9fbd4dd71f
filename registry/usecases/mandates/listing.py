"""List mandates: those of a case, and those of the tenant that expire soon."""

from datetime import datetime
from typing import Final

from registry.domain import Actor, Mandate
from registry.permissions import Permission
from registry.ports import Units

MAX_LISTED: Final = 500


def list_mandates(case_id: str, *, actor: Actor, units: Units) -> tuple[Mandate, ...]:
    """Return the mandates of the tenant's case, oldest first; raise `NotPermitted` or `NotFound`."""
    actor.require(Permission.CASE_READ)
    with units.read() as unit:
        return unit.mandates.of_case(unit.cases.get(case_id, actor.tenant_id).id)


def list_expiring_mandates(expires_before: datetime, *, actor: Actor, units: Units) -> tuple[Mandate, ...]:
    """Return the tenant's mandates in force that expire before a time, at most `MAX_LISTED`, the first ones first.

    Raises:
        NotPermitted: the actor may not list cases.
    """
    actor.require(Permission.CASE_LIST)
    with units.read() as unit:
        return unit.mandates.of_tenant(actor.tenant_id, expires_before, MAX_LISTED)
