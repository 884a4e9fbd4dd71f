"""End a quarantine after the operator has looked. The reference then has all of its case's effect again.

Officers do the same within their own tenant (`registry.usecases.challenges`).
"""

from registry.domain import Actor, ReferenceState
from registry.errors import NotFound
from registry.permissions import Permission
from registry.ports import Environment, Units
from registry.usecases.challenges import Cleared, clear_within


def clear_quarantine(reference_id: str, *, actor: Actor, units: Units, environment: Environment) -> Cleared:
    """Clear the quarantine of a reference of any tenant.

    Raises:
        NotPermitted: the actor may not do this.
        NotFound: no reference with this id is in quarantine.
    """
    actor.require(Permission.QUARANTINE_MANAGE)
    with units.write() as unit:
        standings = unit.quarantines.lock([reference_id])
        if not standings or standings[0].state is not ReferenceState.QUARANTINED:
            raise NotFound("No reference with this id is in quarantine.")
        (reference,) = (
            one for one in unit.references.of_case(standings[0].case_id) if one.id == reference_id
        )
        result = clear_within(unit, reference, actor, environment)
        unit.commit(result)
    return result
