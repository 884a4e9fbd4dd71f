"""Write an event of a takedown request: its row, the request's new state and times, and the ledger entry."""

from dataclasses import dataclass
from datetime import datetime

from registry.domain import Act, Actor, ids
from registry.domain.takedowns import (
    Profile,
    Side,
    Takedown,
    TakedownEvent,
    TakedownMove,
    TakedownReason,
    due_event,
    moved,
    reason_for,
)
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A request after an event.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes.
    """

    takedown: Takedown
    receipt: bytes


def sides_of(takedown: Takedown, actor: Actor) -> frozenset[Side]:
    """Return the sides of a request on which the actor's tenant stands; raise `NotFound` if it must not see it."""
    sides = set()
    if takedown.tenant_id == actor.tenant_id:
        sides.add(Side.CLAIMANT)
    if takedown.platform_id == actor.tenant_id and takedown.sent_at is not None:
        sides.add(Side.PLATFORM)
    if not sides:
        raise NotFound
    return frozenset(sides)


def write_event(
    unit: UnitOfWork,
    takedown: Takedown,
    event: TakedownEvent,
    reason: TakedownReason,
    *,
    by: Actor | None,
    now: datetime,
    profile: Profile,
) -> Written:
    """Write an event of a locked request; raise `TakedownForbids` or `HolidaysUnknown`."""
    after = moved(takedown, event, now, profile)
    return write_move(unit, after, event, reason, by=by)


def write_move(
    unit: UnitOfWork, after: Takedown, event: TakedownEvent, reason: TakedownReason, *, by: Actor | None
) -> Written:
    """Write a request as it is after an event, with the event."""
    unit.takedowns.save(after)
    unit.takedowns.record(
        [
            TakedownMove(
                takedown_id=after.id,
                number=len(unit.takedowns.events(after.id)) + 1,
                event=event,
                reason=reason,
                state=after.state,
                at=after.changed_at,
                tenant_id=None if by is None else by.tenant_id,
                credential_id=None if by is None else by.credential_id,
            )
        ]
    )
    act = Act(
        event=LedgerEvent.TAKEDOWN_MOVED,
        tenant_id=after.tenant_id if by is None else by.tenant_id,
        credential_id=ids.NOBODY if by is None else by.credential_id,
        at=after.changed_at,
        # A platform is not told which case a request comes from.
        case_id=after.case_id if by is None or by.tenant_id == after.tenant_id else None,
        detail=f"{after.id} {event.value} {reason.value}",
    )
    return Written(takedown=after, receipt=unit.ledger.append(act).digest)


def write_due(unit: UnitOfWork, takedown: Takedown, *, now: datetime, profile: Profile) -> Takedown:
    """Write the event that the passing of time has caused, if there is one."""
    event = due_event(takedown, now)
    if event is None:
        return takedown
    return write_event(
        unit, takedown, event, reason_for(event, None), by=None, now=now, profile=profile
    ).takedown
