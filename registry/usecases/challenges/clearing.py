"""End the quarantine or the dispute of a reference, after a person has looked.

A reference that an open challenge disputes stays disputed until the challenge is decided.
"""

from dataclasses import dataclass

from registry.domain import (
    Act,
    Actor,
    Reference,
    ReferenceEvent,
    ReferenceState,
    is_disputed,
    reference_after,
)
from registry.errors import NotFound, OwnChallenge, StateForbids
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A reference after somebody has looked.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes; None if there was nothing to end.
    """

    case_id: str
    reference_id: str
    state: ReferenceState
    receipt: bytes | None


def clear_reference(reference_id: str, *, actor: Actor, units: Units, environment: Environment) -> Cleared:
    """End the quarantine or the dispute of a reference of the actor's tenant.

    Raises:
        NotPermitted: the actor may not decide.
        NotFound: no such reference of this tenant, or its case is withdrawn.
        OwnChallenge: the actor has opened the case.
        StateForbids: the reference is removed, or a challenge of it is open.
    """
    actor.require(Permission.CASE_DECIDE)
    with units.write() as unit:
        case_id = unit.references.holders([reference_id]).get(reference_id)
        if case_id is None:
            raise NotFound
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        if actor.credential_id == case.opened_by:
            raise OwnChallenge
        (reference,) = unit.references.named(case.id, [reference_id])
        result = clear_within(unit, reference, actor, environment)
        unit.commit(result)
    return result


def clear_within(unit: UnitOfWork, reference: Reference, actor: Actor, environment: Environment) -> Cleared:
    """Clear a reference whose case is locked, in an open unit of work that the caller commits; raise `StateForbids`.

    Of a reference in quarantine, feedback counts from zero again, and no flood quarantines it any more.
    """
    state, receipt = reference.state, None
    if state not in {ReferenceState.INDEXED, ReferenceState.CONFIRMED}:
        disputed = is_disputed(unit.challenges.of_case(reference.case_id), reference.id)
        if disputed and state is ReferenceState.DISPUTED:
            raise StateForbids("A challenge of the reference is open: decide the challenge.")
        state = reference_after(state, ReferenceEvent.CLEAR, actor)
        if disputed:
            state = reference_after(state, ReferenceEvent.DISPUTE, None)
        unit.references.move([reference.id], state)
        if reference.state is ReferenceState.QUARANTINED:
            unit.quarantines.end(reference.id, environment.now())
            unit.votes.forget(reference.id)
        act = Act.by(
            actor,
            LedgerEvent.REFERENCE_CLEARED,
            at=environment.now(),
            case_id=reference.case_id,
            reference_id=reference.id,
            detail=state.value,
        )
        receipt = unit.ledger.append(act).digest
    return Cleared(case_id=reference.case_id, reference_id=reference.id, state=state, receipt=receipt)
