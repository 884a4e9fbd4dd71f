"""List the references in quarantine, for the operator."""

from registry.domain import Actor, Quarantine
from registry.permissions import Permission
from registry.ports import Units


def list_quarantined(*, actor: Actor, units: Units) -> tuple[Quarantine, ...]:
    """Return the references in quarantine, the oldest quarantine first; raise `NotPermitted`."""
    actor.require(Permission.QUARANTINE_MANAGE)
    with units.read() as unit:
        return unit.quarantines.open()
