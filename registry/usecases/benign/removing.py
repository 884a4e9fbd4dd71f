"""Remove a picture from the list of benign pictures. From then on it can be registered."""

from registry.domain import Act, Actor
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, Units


def remove_benign(picture_id: str, *, actor: Actor, units: Units, environment: Environment) -> None:
    """Remove an entry.

    Raises:
        NotPermitted: the actor may not do this.
        NotFound: there is no such entry.
    """
    actor.require(Permission.BENIGN_MANAGE)
    with units.write() as unit:
        if not unit.benign.remove(picture_id):
            raise NotFound("The list has no entry with this id.")
        unit.ledger.append(Act.by(actor, LedgerEvent.BENIGN_REMOVED, at=environment.now(), detail=picture_id))
        unit.commit()
