"""Ports for labels, and for lists of checks. `registry.storage` implements them.

Errors: `StorageUnavailable` when the database is locked, full or unreachable.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from index.verdict import Outcome
from registry.domain import Check


class CaseLabels(Protocol):
    """The labels of cases, as one unit of work sees them. The caller has locked the case."""

    def add(self, case_id: str, label: str) -> None:
        """Add a label; one that is there stays."""
        ...

    def remove(self, case_id: str, label: str) -> None:
        """Remove a label, if it is there."""
        ...

    def of_case(self, case_id: str) -> tuple[str, ...]:
        """Return the labels of a case in their order."""
        ...

    def forget(self, case_id: str) -> None:
        """Remove all labels of a case that is withdrawn."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFilter:
    """Which checks of a tenant are listed; None for all.

    Attributes:
        since: the earliest time.
        until: the time before which.
    """

    outcome: Outcome | None = None
    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlace:
    """The place of a check in a list: the next page begins after it."""

    checked_at: datetime
    check_id: str


class CheckLists(Protocol):
    """The checks of a tenant as lists, and their labels. Threads: any."""

    def of_tenant(
        self, tenant_id: str, wanted: CheckFilter, *, after: CheckPlace | None, limit: int
    ) -> tuple[tuple[Check, tuple[str, ...]], ...]:
        """Return checks with their labels, the newest first, at most `limit`. References are left out."""
        ...

    def add_label(self, check_id: str, tenant_id: str, label: str) -> tuple[str, ...]:
        """Add a label to the tenant's check and return all; raise `NotFound`, or `LabelRefused` for one too many."""
        ...

    def remove_label(self, check_id: str, tenant_id: str, label: str) -> tuple[str, ...]:
        """Remove a label of the tenant's check, if it is there, and return the others; raise `NotFound`."""
        ...
