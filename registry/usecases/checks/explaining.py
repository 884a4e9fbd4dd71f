"""Explain a check to a reviewer of the platform that asked it: all reasons, kinds and regions.

1. The check is read. Another tenant's looks like one that does not exist.
2. An allow and a question that a budget held are explained freely, because nothing is said of what was found.
3. Every other explanation tells how the upload differs from something registered, so it counts
   (`ExplanationBudget`), before it is told. One that was counted already is told again.
4. The ledger keeps who was told, also of several keys. Its entry is committed before anything is told, and noted
   afterwards, so that whatever fails in between is made up for by the next reading.
"""

from index.verdict import Outcome, Reason, Verdict, explain
from registry.domain import Act, Actor, Check
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Checks, Environment, ExplanationBudget, Units


def explain_check(
    check_id: str,
    *,
    actor: Actor,
    checks: Checks,
    budget: ExplanationBudget,
    units: Units,
    environment: Environment,
) -> Verdict:
    """Return the full verdict of the tenant's check.

    Raises:
        NotPermitted: the actor may not read explanations.
        NotFound: the tenant has no such check.
        ExplanationsSpent: too many checks were explained to the tenant within seven days.
        StorageUnavailable: the explanation could not be counted or kept in the ledger.
    """
    actor.require(Permission.CHECK_EXPLAIN)
    check = checks.get(check_id, actor.tenant_id)  # 1.
    if _counts(check) and budget.draw(check, actor.credential_id):  # 2. and 3.
        with units.write() as unit:
            now = environment.now()
            unit.ledger.append(Act.by(actor, LedgerEvent.CHECK_EXPLAINED, at=now, check_id=check.id))  # 4.
            unit.commit()
        budget.note(check.id, actor.credential_id)
    return explain(check.verdict)


def _counts(check: Check) -> bool:
    verdict = check.verdict
    is_held = not {Reason.NEAR_THRESHOLD_BUDGET, Reason.LIKENESS_BUDGET}.isdisjoint(verdict.reasons)
    return verdict.outcome is not Outcome.ALLOW and not is_held
