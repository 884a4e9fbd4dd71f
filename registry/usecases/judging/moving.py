"""Move a reference by the registry itself, with its ledger entry.

The entry names the reference and not its case. The acts of a case are told to its owner (`exporting`), and must not
tell what other people upload, say or register.
"""

from datetime import datetime

from registry.domain import (
    Act,
    QuarantineReason,
    ReferenceEvent,
    ReferenceStanding,
    ReferenceState,
    ids,
    reference_after,
)
from registry.events import LedgerEvent
from registry.ports import UnitOfWork


def quarantine(unit: UnitOfWork, one: ReferenceStanding, reason: QuarantineReason, at: datetime) -> None:
    """Put a locked reference to review at most, until a person clears it, in an open unit of work."""
    unit.references.move([one.id], reference_after(one.state, ReferenceEvent.QUARANTINE, None))
    unit.quarantines.begin(one.id, reason, at)
    _note(unit, one, LedgerEvent.REFERENCE_QUARANTINED, at, detail=reason.value)


def confirm(unit: UnitOfWork, one: ReferenceStanding, at: datetime) -> None:
    """Note in an open unit of work that platforms confirmed the matches of a locked reference."""
    if one.state is ReferenceState.INDEXED:
        unit.references.move([one.id], reference_after(one.state, ReferenceEvent.CONFIRM, None))
        _note(unit, one, LedgerEvent.REFERENCE_CONFIRMED, at)


def _note(
    unit: UnitOfWork,
    one: ReferenceStanding,
    event: LedgerEvent,
    at: datetime,
    *,
    detail: str | None = None,
) -> None:
    unit.ledger.append(
        Act(
            event=event,
            tenant_id=one.tenant_id,
            credential_id=ids.NOBODY,
            at=at,
            reference_id=one.id,
            detail=detail,
        )
    )
