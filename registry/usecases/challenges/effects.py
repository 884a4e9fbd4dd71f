"""What challenges do to the state of a case and of its references, within an open unit of work.

The caller has locked the case. A case is challenged as long as one challenge of all of it is open and effective, and a
reference is disputed as long as one of it is. So the last decision ends both.
"""

from datetime import datetime

from index.verdict import ReferenceKind
from registry.domain import (
    Actor,
    Case,
    CaseEvent,
    CaseState,
    Challenge,
    ChallengeState,
    Reference,
    ReferenceEvent,
    ReferenceState,
    deny,
    is_disputed,
    reference_after,
)
from registry.ports import UnitOfWork


def begin(unit: UnitOfWork, case: Case, reference: Reference | None) -> Case:
    """Hold the case or the reference to a review, and return the case; raise `StateForbids`.

    Whoever challenges has the permission already: a person without an account has none.
    """
    if reference is not None:
        move(unit, reference, ReferenceEvent.DISPUTE, None)
        return case
    moved = case.moved(CaseEvent.CHALLENGE, None)
    unit.cases.save(moved)
    return moved


def end(unit: UnitOfWork, case: Case, challenge: Challenge, by: Actor, now: datetime) -> Case:
    """Give a decided challenge its effect, and return the case. What is out of effect by then stays so."""
    if challenge.reference_id is None:
        return _end_of_case(unit, case, challenge, by, now)
    (reference,) = unit.references.named(case.id, [challenge.reference_id])
    _end_of_reference(unit, reference, challenge, by)
    return case


def move(unit: UnitOfWork, reference: Reference, event: ReferenceEvent, by: Actor | None) -> ReferenceState:
    """Write the state of a reference after an event, and return it; raise `StateForbids`."""
    state = reference_after(reference.state, event, by)
    if state is not reference.state:
        unit.references.move([reference.id], state)
    return state


def _end_of_case(unit: UnitOfWork, case: Case, challenge: Challenge, by: Actor, now: datetime) -> Case:
    if challenge.state is ChallengeState.DENIED:
        moved = deny(case, now, by)
    elif case.state is CaseState.CHALLENGED and not is_disputed(unit.challenges.of_case(case.id), None):
        moved = case.moved(CaseEvent.UPHOLD, by)
    else:
        return case
    unit.cases.save(moved)
    return moved


def _end_of_reference(unit: UnitOfWork, reference: Reference, challenge: Challenge, by: Actor) -> None:
    if challenge.state is ChallengeState.DENIED:
        removed = [reference]
        if reference.kind is ReferenceKind.LIKENESS:
            # The photographs of a likeness are one template, so none of them stays without the others.
            removed = [
                one for one in unit.references.of_case(reference.case_id) if one.kind is reference.kind
            ]
        for one in removed:
            move(unit, one, ReferenceEvent.REMOVE, None)
    elif reference.state is ReferenceState.DISPUTED and not is_disputed(
        unit.challenges.of_case(reference.case_id), reference.id
    ):
        move(unit, reference, ReferenceEvent.CLEAR, by)
