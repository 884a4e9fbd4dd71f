"""A case: one claimant's claim for one subject, with its verification level and its life cycle."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from index.verdict import Level
from registry.errors import CaseWithdrawn


@unique
class CaseState(StrEnum):
    """The state of a case: `active`, then `withdrawn`. A withdrawn case never becomes active again."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One claimant's claim for one subject. It is pseudonymous: it holds no name and no contact details.

    Attributes:
        erased_at: the time by which everything derived from the case's media was erased from database, index and
            files; None before.
    """

    id: str
    tenant_id: str
    level: Level
    state: CaseState
    opened_at: datetime
    withdrawn_at: datetime | None = None
    erased_at: datetime | None = None

    def require_active(self) -> None:
        """Raise `CaseWithdrawn` unless references may be added."""
        if self.state is not CaseState.ACTIVE:
            raise CaseWithdrawn


def withdraw(case: Case, now: datetime) -> Case:
    """Return the case as withdrawn. Withdrawing it again changes nothing and keeps the first time."""
    if case.state is CaseState.WITHDRAWN:
        return case
    return replace(case, state=CaseState.WITHDRAWN, withdrawn_at=now)
