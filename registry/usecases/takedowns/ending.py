"""End the takedown requests of a case that is withdrawn, in the withdrawal's own transaction.

1. Requests that nobody has decided are retracted: the registry is about to forget what they say. What a platform has
   removed stays removed: a withdrawal asks nobody to publish anything again.
2. Addresses, elements and the key that sealed them are deleted. Ids, states and times stay.
"""

from datetime import datetime

from registry.domain import Actor
from registry.domain.takedowns import (
    UNDECIDED,
    UNSENT,
    TakedownEvent,
    TakedownReason,
    retracted,
)
from registry.ports import UnitOfWork
from registry.usecases.takedowns.moving import write_move


def end_with_case(unit: UnitOfWork, case_id: str, *, by: Actor | None, now: datetime) -> None:
    """Retract the undecided requests of a locked case, and erase the contents of all of them."""
    for takedown in unit.takedowns.open_of_case(case_id, None):  # 1.
        if takedown.state in (*UNSENT, *UNDECIDED):
            write_move(
                unit,
                retracted(takedown, now),
                TakedownEvent.RETRACT,
                TakedownReason.CASE_WITHDRAWN,
                by=by,
            )
    unit.takedowns.erase_case(case_id, now)  # 2.
