"""The port for quotas. `registry.storage` implements it."""

from collections.abc import Mapping
from typing import Protocol

from registry.domain import Actor, QuotaStanding, Resource


class Quotas(Protocol):
    """Quotas of tenants and keys, as one unit of work sees them.

    What is taken is counted in the transaction that writes it, and nobody else can take at the same time: concurrent
    requests of one tenant never exceed a quota. Both the tenant's and the key's quota hold.
    """

    def take(self, actor: Actor, case_id: str, *, cases: int = 0, references: int = 0) -> None:
        """Count what is written in a case; raise `QuotaReached`."""
        ...

    def give_back(self, case_id: str, tenant_id: str) -> None:
        """Count a case that is withdrawn, and its references, no more. It is called before the ledger is written."""
        ...

    def require_room(self, actor: Actor, *, references: int) -> None:
        """Raise `QuotaReached` if so many references could not be written now. Nothing is counted."""
        ...

    def require_job(self, actor: Actor, size: int) -> None:
        """Raise `TooManyJobs` unless one more job with an upload of so many bytes may wait."""
        ...

    def standing(self, owner_id: str) -> QuotaStanding:
        """Return the quota of a tenant or a key, and what it uses; raise `NotFound`."""
        ...

    def set(self, owner_id: str, most: Mapping[Resource, int | None]) -> None:
        """Set quotas of a tenant or a key; None sets the default again. Raise `NotFound`."""
        ...
