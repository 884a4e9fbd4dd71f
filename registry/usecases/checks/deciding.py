"""Record a platform's decision about an upload that it checked."""

from collections.abc import Mapping
from dataclasses import replace

from index.verdict import Band
from registry.domain import Act, Actor, Check, Decision, DecisionKind, Feedback
from registry.errors import AlreadyDecided
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Checks, Environment, Units
from registry.usecases.checks.reading import CheckView
from registry.usecases.judging import count_feedback


def record_decision(
    check_id: str,
    kind: DecisionKind,
    *,
    actor: Actor,
    checks: Checks,
    units: Units,
    environment: Environment,
    feedback: Feedback | None = None,
) -> CheckView:
    """Store the platform's decision. Recording the same decision again changes nothing.

    1. Feedback may come later than the decision, once. A decision alone says what was done, and not whether the match
       was right: many platforms do what a check answers.
    2. Feedback about a tight match counts for the references on which the check rests, and may quarantine or confirm
       them in the same transaction (`registry.domain.precision`).

    Raises:
        NotPermitted: the actor may not record decisions.
        NotFound: the tenant has no such check.
        AlreadyDecided: there is a different decision, or other feedback.
    """
    actor.require(Permission.DECISION_CREATE)
    check = checks.get(check_id, actor.tenant_id)
    sources = _counted(check, feedback, checks)
    with units.write() as unit:
        known = unit.decisions.get(check.id, actor.tenant_id)
        decision = known
        if known is not None:
            _require_same(known, kind, feedback)
            if feedback is not None and known.feedback is None:  # 1.
                decision = replace(known, feedback=feedback)
                unit.decisions.tell(decision)
        else:
            decision = Decision(
                check_id=check.id,
                tenant_id=actor.tenant_id,
                kind=kind,
                decided_at=environment.now(),
                feedback=feedback,
            )
            unit.decisions.add(decision)
        if decision != known:
            now = environment.now()
            if feedback is not None and feedback.is_confirmed is not None:  # 2.
                count_feedback(unit, actor.tenant_id, sources, now, is_confirmed=feedback.is_confirmed)
            unit.ledger.append(
                Act.by(
                    actor,
                    LedgerEvent.CHECK_DECIDED,
                    at=now,
                    check_id=check.id,
                    detail=None if feedback is None else feedback.value,
                )
            )
        view = CheckView(check=check, decision=decision)
        unit.commit(view)
    return view


def _require_same(known: Decision, kind: DecisionKind, feedback: Feedback | None) -> None:
    if known.kind is not kind:
        raise AlreadyDecided("This check has another decision; a decision is not changed.")
    if feedback is not None and known.feedback not in {None, feedback}:
        raise AlreadyDecided("This check has other feedback; feedback is not changed.")


def _counted(check: Check, feedback: Feedback | None, checks: Checks) -> Mapping[str, bytes]:
    """Return the references for which feedback counts, each with whose upload it was."""
    if feedback is None or feedback.is_confirmed is None or check.verdict.band is not Band.TIGHT:
        return {}
    return checks.sources(check.id)
