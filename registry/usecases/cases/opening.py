"""Open a case, with or without its first reference, in one transaction."""

from dataclasses import dataclass, replace
from typing import overload

from index.verdict import Level
from registry.domain import (
    Act,
    Actor,
    Case,
    CaseEvent,
    CaseState,
    Draft,
    PartyKind,
    Right,
    claim,
    ids,
    require_right,
)
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.enrolment import Enrolled, add_reference, as_reference, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open case.

    Attributes:
        receipt: digest of the last ledger entry, 32 bytes; None if nothing was written.
    """

    case: Case
    receipt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedWithReference(Opened):
    """A case and its first reference. For a duplicate, it is the case that already holds the media.

    Attributes:
        first: the reference that represents the media.
    """

    first: Enrolled


@overload
def open_case(
    level: Level, draft: Draft, *, actor: Actor, units: Units, environment: Environment
) -> OpenedWithReference: ...


@overload
def open_case(
    level: Level, draft: Draft | None, *, actor: Actor, units: Units, environment: Environment
) -> Opened: ...


def open_case(
    level: Level, draft: Draft | None, *, actor: Actor, units: Units, environment: Environment
) -> Opened:
    """Open a case at V0 that claims a level, with its first reference if there is a draft.

    The level takes effect when somebody else verifies it (`verifying`). If the tenant has registered the draft's media
    in an active case, no case is opened: that case is returned, and claims the level if it claimed less. Enrolling a
    folder again is therefore harmless.

    Raises:
        NotPermitted: the actor may not open cases.
        RightSuspended: officers found bad faith in claims of this key too often.
    """
    require_may_open(actor, with_reference=draft is not None)
    with units.write() as unit:
        opened = (
            _opened(unit, _new_case(level, actor, environment), actor)
            if draft is None
            else open_within(unit, level, draft, actor=actor, environment=environment)
        )
        unit.commit(opened)
    return opened


def require_may_open(actor: Actor, *, with_reference: bool) -> None:
    """Raise `NotPermitted` unless the actor may open a case, with or without a reference."""
    actor.require(Permission.CASE_CREATE)
    if with_reference:
        actor.require(Permission.REFERENCE_CREATE)


def open_within(
    unit: UnitOfWork, level: Level, draft: Draft, *, actor: Actor, environment: Environment
) -> OpenedWithReference:
    """Open a case with its first reference, as `open_case`, in an open unit of work that the caller commits."""
    require_may_open(actor, with_reference=True)
    case = _new_case(level, actor, environment)
    known = unit.references.find_equal(as_reference(case, draft, environment), in_case=None)
    if known is not None:
        holder, receipt = _claimed(unit, known.case_id, level, actor, environment)
        return OpenedWithReference(
            case=holder,
            first=replace(joined(unit, known, draft, actor, environment), inner=draft.inner),
            receipt=receipt,
        )
    _opened(unit, case, actor)
    first = replace(
        add_reference(unit, as_reference(case, draft, environment), actor, environment), inner=draft.inner
    )
    return OpenedWithReference(case=case, first=first, receipt=first.receipt)


def _new_case(level: Level, actor: Actor, environment: Environment) -> Case:
    draft = Case(
        id=ids.new_id(ids.CASE, environment.random),
        tenant_id=actor.tenant_id,
        level=Level.V0,
        state=CaseState.DRAFT,
        opened_at=environment.now(),
        opened_by=actor.credential_id,
    )
    # Protect first: a case is active from its first reference on, at V0.
    return claim(draft.moved(CaseEvent.SUBMIT, actor).moved(CaseEvent.ACCEPT, None), level, actor)


def _claimed(
    unit: UnitOfWork, case_id: str, level: Level, actor: Actor, environment: Environment
) -> tuple[Case, bytes | None]:
    """Return the case that holds the media, with this claim, and the receipt if the claim is new."""
    held = unit.cases.get(case_id, actor.tenant_id, for_update=True)
    case = claim(held, level, actor)
    if case is held:
        return held, None
    unit.cases.save(case)
    act = Act.by(
        actor,
        LedgerEvent.LEVEL_CLAIMED,
        at=environment.now(),
        case_id=case.id,
        detail=case.claimed_level.name,
    )
    return case, unit.ledger.append(act).digest


def _opened(unit: UnitOfWork, case: Case, actor: Actor) -> Opened:
    key = {PartyKind.KEY: actor.credential_id}
    require_right(Right.CLAIM, key, unit.challenges.strikes(Right.CLAIM, key.values()), case.opened_at)
    unit.cases.add(case)
    unit.quotas.take(actor, case.id, cases=1)
    act = Act.by(actor, LedgerEvent.CASE_OPENED, at=case.opened_at, case_id=case.id)
    return Opened(case=case, receipt=unit.ledger.append(act).digest)
