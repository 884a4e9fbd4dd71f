"""The port for signs of life of cases, and for the notices that one is missing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.domain import RetentionNotice, Silence


class Retention(Protocol):
    """Signs of life and notices, as one unit of work sees them."""

    def hear(self, case_id: str, now: datetime) -> bool:
        """Note a sign of life and delete the case's notices; once a day, return False if it was noted today."""
        ...

    def is_heard(self, case_id: str, now: datetime) -> bool:
        """Return whether a sign of life of the case was noted within a day."""
        ...

    def silent(self, before: datetime, after: str, limit: int) -> Sequence[Silence]:
        """Return standing cases without a sign of life since a time, by their ids, from the one after `after` on."""
        ...

    def silence(self, case_id: str) -> Silence | None:
        """Return the silence of a case as it is now; None if it is withdrawn."""
        ...

    def add_notice(self, notice: RetentionNotice) -> bool:
        """Add a notice; return False if it was made before."""
        ...

    def notices(self, tenant_id: str) -> Sequence[RetentionNotice]:
        """Return the newest notice of each of a tenant's cases, the one that expires first first."""
        ...

    def forget(self, case_id: str) -> None:
        """Delete the notices of a case."""
        ...
