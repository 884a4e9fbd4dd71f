"""Platforms' decisions as rows."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from registry.domain import Decision, DecisionKind, Feedback
from registry.errors import AlreadyDecided
from registry.storage.pages import batched
from registry.storage.schema import decisions


class SqlDecisions:
    """SQL implementation of `registry.ports.Decisions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, decision: Decision) -> None:
        """Add the decision about a check; raise `AlreadyDecided` if there is one already."""
        row = {
            "check_id": decision.check_id,
            "tenant_id": decision.tenant_id,
            "kind": decision.kind.value,
            "feedback": None if decision.feedback is None else decision.feedback.value,
            "decided_at": decision.decided_at,
        }
        try:
            self._connection.execute(insert(decisions).values(row))
        except IntegrityError:
            raise AlreadyDecided("This check was decided by another request meanwhile.") from None

    def tell(self, decision: Decision) -> None:
        """Add the feedback to a decision that has none; raise `AlreadyDecided` if it has some."""
        changed = update(decisions).where(
            decisions.c.check_id == decision.check_id,
            decisions.c.tenant_id == decision.tenant_id,
            decisions.c.feedback.is_(None),
        )
        told = None if decision.feedback is None else decision.feedback.value
        if not self._connection.execute(changed.values(feedback=told)).rowcount:
            raise AlreadyDecided("Another request told feedback about this check meanwhile.")

    def get(self, check_id: str, tenant_id: str) -> Decision | None:
        """Return the decision about a check, or None."""
        query = select(decisions).where(decisions.c.check_id == check_id, decisions.c.tenant_id == tenant_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Decision(
            check_id=row.check_id,
            tenant_id=row.tenant_id,
            kind=DecisionKind(row.kind),
            feedback=None if row.feedback is None else Feedback(row.feedback),
            decided_at=row.decided_at,
        )

    def kinds_of(self, check_ids: Sequence[str]) -> dict[str, DecisionKind]:
        """Return what platforms decided about checks, by the checks' ids."""
        found: dict[str, DecisionKind] = {}
        for page in batched(check_ids):
            query = select(decisions.c.check_id, decisions.c.kind).where(decisions.c.check_id.in_(page))
            found.update((row.check_id, DecisionKind(row.kind)) for row in self._connection.execute(query))
        return found
