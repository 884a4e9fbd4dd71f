"""List the pictures that are known to be benign."""

from registry.domain import Actor, BenignPicture
from registry.permissions import Permission
from registry.ports import Units


def list_benign(*, actor: Actor, units: Units) -> tuple[BenignPicture, ...]:
    """Return all entries, oldest first; raise `NotPermitted`."""
    actor.require(Permission.BENIGN_MANAGE)
    with units.read() as unit:
        return unit.benign.all()
