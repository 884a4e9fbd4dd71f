"""Open a case, with or without its first reference, in one transaction."""

from dataclasses import dataclass, replace
from typing import overload

from index.verdict import Level
from registry.domain import Act, Actor, Case, CaseEvent, CaseState, Draft, ids
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.enrolment import Enrolled, add_reference, as_reference, duplicate


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
    """Open a case at V0, or at a higher level for actors that may verify, with its first reference if there is a draft.

    If the tenant has registered the draft's media in an active case, that case is returned and no case is opened.
    Enrolling a folder again is therefore harmless.

    Raises:
        NotPermitted: the actor may not open cases, or may not set a level above V0.
    """
    require_may_open(level, actor, with_reference=draft is not None)
    with units.write() as unit:
        opened = (
            _opened(unit, _new_case(level, actor, environment), actor)
            if draft is None
            else open_within(unit, level, draft, actor=actor, environment=environment)
        )
        unit.commit(opened)
    return opened


def require_may_open(level: Level, actor: Actor, *, with_reference: bool) -> None:
    """Raise `NotPermitted` unless the actor may open a case at this level, with or without a reference."""
    actor.require(Permission.CASE_CREATE)
    if level > Level.V0:
        actor.require(Permission.CASE_VERIFY)
    if with_reference:
        actor.require(Permission.REFERENCE_CREATE)


def open_within(
    unit: UnitOfWork, level: Level, draft: Draft, *, actor: Actor, environment: Environment
) -> OpenedWithReference:
    """Open a case with its first reference, as `open_case`, in an open unit of work that the caller commits."""
    require_may_open(level, actor, with_reference=True)
    case = _new_case(level, actor, environment)
    known = unit.references.find_equal(as_reference(case, draft, environment), in_case=None)
    if known is not None:
        holder = unit.cases.get(known.case_id, case.tenant_id)
        return OpenedWithReference(
            case=holder, first=replace(duplicate(known), inner=draft.inner), receipt=None
        )
    _opened(unit, case, actor)
    first = replace(add_reference(unit, as_reference(case, draft, environment), actor), inner=draft.inner)
    return OpenedWithReference(case=case, first=first, receipt=first.receipt)


def _new_case(level: Level, actor: Actor, environment: Environment) -> Case:
    draft = Case(
        id=ids.new_id(ids.CASE, environment.random),
        tenant_id=actor.tenant_id,
        level=level,
        state=CaseState.DRAFT,
        opened_at=environment.now(),
    )
    # Protect first: a case is active from its first reference on, at the level that it has.
    return draft.moved(CaseEvent.SUBMIT, actor).moved(CaseEvent.ACCEPT, None)


def _opened(unit: UnitOfWork, case: Case, actor: Actor) -> Opened:
    unit.cases.add(case)
    unit.quotas.take(actor, case.id, cases=1)
    act = Act.by(actor, LedgerEvent.CASE_OPENED, at=case.opened_at, case_id=case.id)
    return Opened(case=case, receipt=unit.ledger.append(act).digest)
