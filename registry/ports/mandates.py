"""The port for mandates. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from datetime import datetime
from typing import Protocol

from registry.domain import Mandate


class Mandates(Protocol):
    """The mandates, as one unit of work sees them."""

    def add(self, mandate: Mandate) -> None:
        """Add a new mandate. The caller has locked the case."""
        ...

    def get(self, mandate_id: str) -> Mandate:
        """Return a mandate of whichever tenant; raise `NotFound`."""
        ...

    def of_case(self, case_id: str) -> tuple[Mandate, ...]:
        """Return the mandates of a case, in the order in which they were proposed."""
        ...

    def of_tenant(self, tenant_id: str, expires_before: datetime, limit: int) -> tuple[Mandate, ...]:
        """Return at most `limit` of the tenant's confirmed mandates that expire before a time, in their order."""
        ...

    def save(self, mandate: Mandate) -> None:
        """Write state, times and reminders of a mandate."""
        ...

    def keep_secret(self, mandate_id: str, digest: bytes) -> None:
        """Keep the digest of the subject's secret, 32 bytes, in place of an earlier one."""
        ...

    def secret(self, mandate_id: str) -> bytes | None:
        """Return the digest of the subject's secret; None if there is no such mandate, or none was given."""
        ...

    def due(self, before: datetime, limit: int) -> tuple[Mandate, ...]:
        """Return confirmed mandates of all tenants that expire before a time, the first to expire first."""
        ...

    def unreminded(self, now: datetime, limit: int) -> tuple[Mandate, ...]:
        """Return confirmed mandates of all tenants of which a reminder is due and not made, the most urgent first."""
        ...

    def expiring(self, now: datetime) -> dict[int, int]:
        """Return, by days of the reminders, the number of confirmed mandates that expire within them."""
        ...

    def forget(self, case_id: str) -> None:
        """Delete the mandates of a case."""
        ...
