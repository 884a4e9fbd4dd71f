"""Suspend a case, and put a suspended one in effect again. Both take effect at the commit, on every worker.

The reason is one of a fixed list and stands in the ledger. The key that opened a case neither suspends nor resumes it.
A case that is resumed while a challenge is open is challenged.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from registry.domain import Act, Actor, Case, is_disputed, resume, suspend
from registry.errors import OwnCase
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units


@unique
class SuspensionReason(StrEnum):
    """Why a case is suspended."""

    LEGAL_ORDER = "legal_order"
    CLAIM_DOUBTED = "claim_doubted"
    MANDATE_DOUBTED = "mandate_doubted"
    ABUSE = "abuse"


@unique
class ResumptionReason(StrEnum):
    """Why a suspended case is in effect again."""

    ORDER_ENDED = "order_ended"
    CLAIM_CONFIRMED = "claim_confirmed"
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A case after a move of its state.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes; None if nothing had to change.
    """

    case: Case
    receipt: bytes | None


def suspend_case(
    case_id: str, reason: SuspensionReason, *, actor: Actor, units: Units, environment: Environment
) -> Moved:
    """Put a case of the actor's tenant out of effect. Suspending it again changes nothing.

    Raises:
        NotPermitted: the actor may not suspend.
        NotFound: no such case of this tenant.
        OwnCase: the actor has opened the case.
        CaseWithdrawn, StateForbids: the case has ended, or has expired.
    """
    actor.require(Permission.CASE_SUSPEND)
    with units.write() as unit:
        case = _of_another(unit, case_id, actor)
        now = environment.now()
        moved = suspend(case, now, actor)
        receipt = None
        if moved is not case:
            act = Act.by(actor, LedgerEvent.CASE_SUSPENDED, at=now, case_id=case.id, detail=reason.value)
            receipt = _kept(unit, moved, act)
        result = Moved(case=moved, receipt=receipt)
        unit.commit(result)
    return result


def resume_case(
    case_id: str, reason: ResumptionReason, *, actor: Actor, units: Units, environment: Environment
) -> Moved:
    """Put a suspended case of the actor's tenant in effect again.

    Raises:
        NotPermitted: the actor may not resume.
        NotFound: no such case of this tenant.
        OwnCase: the actor has opened the case.
        CaseWithdrawn, StateForbids: the case is not suspended.
    """
    actor.require(Permission.CASE_SUSPEND)
    with units.write() as unit:
        case = _of_another(unit, case_id, actor)
        moved = resume(case, actor, is_disputed=is_disputed(unit.challenges.of_case(case.id), None))
        act = Act.by(
            actor, LedgerEvent.CASE_RESUMED, at=environment.now(), case_id=case.id, detail=reason.value
        )
        result = Moved(case=moved, receipt=_kept(unit, moved, act))
        unit.commit(result)
    return result


def _of_another(unit: UnitOfWork, case_id: str, actor: Actor) -> Case:
    case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
    if case.opened_by == actor.credential_id:
        raise OwnCase("Somebody else than its opener suspends and resumes a case: use an officer's key.")
    return case


def _kept(unit: UnitOfWork, case: Case, act: Act) -> bytes:
    unit.cases.save(case)
    return unit.ledger.append(act).digest
