"""The port for consents. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.domain import Consent, ConsentPurpose


class Consents(Protocol):
    """The consents, as one unit of work sees them. They are never deleted, and change only by their withdrawal.

    The database stores no face of a case without a consent in force to its likeness. The caller has locked the case.
    """

    def add(self, consent: Consent) -> None:
        """Add a consent that is in force."""
        ...

    def of_case(self, case_id: str) -> tuple[Consent, ...]:
        """Return the consents of a case, oldest first."""
        ...

    def withdraw(self, case_id: str, purposes: Sequence[ConsentPurpose], at: datetime) -> int:
        """End all consents of a case for these purposes, and return their number.

        The faces of the case were deleted before in the same unit of work, if the likeness is one of the purposes.
        """
        ...

    def withdrawn_likenesses(self, since: datetime) -> tuple[tuple[str, datetime], ...]:
        """Return the standing cases whose consent to a likeness ended at a time or later, and when."""
        ...

    def unerased(self) -> tuple[tuple[str, str], ...]:
        """Return case and tenant of standing cases whose likeness was withdrawn, until `save_erased`."""
        ...

    def save_erased(self, case_ids: Sequence[str], before: datetime, at: datetime) -> None:
        """Note that files hold nothing more of what was withdrawn in these cases by `before`."""
        ...
