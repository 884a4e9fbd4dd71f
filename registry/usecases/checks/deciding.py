"""Record a platform's decision about an upload that it checked."""

from registry.domain import Act, Actor, Decision, DecisionKind
from registry.errors import AlreadyDecided
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Checks, Environment, Units
from registry.usecases.checks.reading import CheckView


def record_decision(
    check_id: str,
    kind: DecisionKind,
    *,
    actor: Actor,
    checks: Checks,
    units: Units,
    environment: Environment,
) -> CheckView:
    """Store the platform's decision. Recording the same decision again changes nothing.

    Raises:
        NotPermitted: the actor may not record decisions.
        NotFound: the tenant has no such check.
        AlreadyDecided: there is a different decision.
    """
    actor.require(Permission.DECISION_CREATE)
    check = checks.get(check_id, actor.tenant_id)
    with units.write() as unit:
        decision = unit.decisions.get(check.id, actor.tenant_id)
        if decision is not None and decision.kind is not kind:
            raise AlreadyDecided("This check has another decision; a decision is not changed.")
        if decision is None:
            decision = Decision(
                check_id=check.id, tenant_id=actor.tenant_id, kind=kind, decided_at=environment.now()
            )
            unit.decisions.add(decision)
            unit.ledger.append(
                Act.by(
                    actor,
                    LedgerEvent.CHECK_DECIDED,
                    at=decision.decided_at,
                    check_id=check.id,
                )
            )
        view = CheckView(check=check, decision=decision)
        unit.commit(view)
    return view
