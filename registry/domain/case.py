"""A case: one claimant's claim for one subject, its verification level and its life cycle."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from index.verdict import Level
from registry.errors import CaseWithdrawn


@unique
class CaseState(StrEnum):
    """Where a case stands: `active` → `withdrawn`, and nothing leads back."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One claimant's claim for one subject; pseudonymous: it holds no name and no contact.

    Attributes:
        erased_at: when everything derived from the case's media was gone from database, index and files.
    """

    id: str
    tenant_id: str
    level: Level
    state: CaseState
    opened_at: datetime
    withdrawn_at: datetime | None = None
    erased_at: datetime | None = None

    def require_active(self) -> None:
        """Raises `CaseWithdrawn` unless references may be added."""
        if self.state is not CaseState.ACTIVE:
            raise CaseWithdrawn


def withdraw(case: Case, now: datetime) -> Case:
    """Returns the withdrawn case; withdrawing twice is the same as once, with the first time kept."""
    if case.state is CaseState.WITHDRAWN:
        return case
    return replace(case, state=CaseState.WITHDRAWN, withdrawn_at=now)
