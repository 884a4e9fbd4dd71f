"""Opens a case, with its first reference where one comes along: all of it or nothing."""

from dataclasses import dataclass, replace

from index.verdict import Level
from registry.domain import Act, Actor, Case, CaseState, ids
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.enrolment import Draft, Enrolled, add_reference, as_reference, duplicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case and its first reference; for a duplicate, the case that holds it already.

    Attributes:
        receipt: digest of the last ledger entry, 32 bytes; None for a duplicate, which writes nothing.
    """

    case: Case
    first: Enrolled | None
    receipt: bytes | None


def open_case(
    level: Level, draft: Draft | None, *, actor: Actor, units: Units, environment: Environment
) -> Opened:
    """Opens a case at V0, or at a higher level for actors who may verify.

    A draft whose media the tenant has registered in an active case opens nothing: the case that holds it answers,
    so that enrolling a folder again is harmless.

    Raises:
        NotPermitted: the actor may not open cases, or may not set a level above V0.
    """
    require_may_open(level, actor, with_reference=draft is not None)
    with units.write() as unit:
        opened = open_within(unit, level, draft, actor=actor, environment=environment)
        unit.commit(opened)
    return opened


def require_may_open(level: Level, actor: Actor, *, with_reference: bool) -> None:
    """Raises `NotPermitted` unless the actor may open a case at this level, with a reference or without."""
    actor.require(Permission.CASE_CREATE)
    if level > Level.V0:
        actor.require(Permission.CASE_VERIFY)
    if with_reference:
        actor.require(Permission.REFERENCE_CREATE)


def open_within(
    unit: UnitOfWork, level: Level, draft: Draft | None, *, actor: Actor, environment: Environment
) -> Opened:
    """Does as `open_case` in an open unit of work, which its caller commits."""
    require_may_open(level, actor, with_reference=draft is not None)
    case = Case(
        id=ids.new_id(ids.CASE, environment.random),
        tenant_id=actor.tenant_id,
        level=level,
        state=CaseState.ACTIVE,
        opened_at=environment.now(),
    )
    known = _known(unit, case, draft, environment) if draft is not None else None
    return known or _open(unit, case, draft, actor, environment)


def _known(unit: UnitOfWork, case: Case, draft: Draft, environment: Environment) -> Opened | None:
    known = unit.references.find_equal(as_reference(case, draft, environment), in_case=None)
    if known is None:
        return None
    holder = unit.cases.get(known.case_id, case.tenant_id)
    return Opened(case=holder, first=replace(duplicate(known), inner=draft.inner), receipt=None)


def _open(
    unit: UnitOfWork, case: Case, draft: Draft | None, actor: Actor, environment: Environment
) -> Opened:
    unit.cases.add(case)
    entry = unit.ledger.append(
        Act.by(
            actor,
            LedgerEvent.CASE_OPENED,
            at=case.opened_at,
            case_id=case.id,
        )
    )
    if draft is None:
        return Opened(case=case, first=None, receipt=entry.digest)
    first = replace(add_reference(unit, as_reference(case, draft, environment), actor), inner=draft.inner)
    return Opened(case=case, first=first, receipt=first.receipt)
