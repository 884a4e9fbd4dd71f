"""Ports for cases without an account: what is kept of their secrets, and their sealed contacts.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from datetime import datetime
from typing import Protocol

from registry.domain.claims import ClaimAccess, Contact, KeptProof


class Claims(Protocol):
    """Secrets and contacts of cases without an account, as one unit of work sees them."""

    def add(self, access: ClaimAccess, at: datetime) -> None:
        """Add what is kept of the secrets of a new case."""
        ...

    def find(self, case_id: str) -> ClaimAccess | None:
        """Return what is kept of a case's secrets, or None. Both read one row and do the same work."""
        ...

    def replace_secret(self, case_id: str, secret: KeptProof) -> None:
        """Replace what is kept of a case's secret, so that the old one proves nothing more."""
        ...

    def keep_contact(self, case_id: str, contact: Contact, at: datetime) -> None:
        """Seal a contact under a new key of its own, and keep it in place of an earlier one."""
        ...

    def contact(self, case_id: str) -> Contact | None:
        """Return the contact of a case, or None; raise `SealBroken`."""
        ...

    def has_contact(self, case_id: str) -> bool:
        """Return whether there is a contact, without opening it."""
        ...

    def forget_contact(self, case_id: str) -> bool:
        """Delete a contact and its key; return whether there was one."""
        ...


class ClaimProofs(Protocol):
    """Makes and compares what is kept of secrets. Threads: any."""

    def keep(self, value: bytes) -> KeptProof:
        """Return what is kept of a secret."""
        ...

    def is_likely(self, case_id: str, value: bytes, kept: KeptProof | None) -> bool:
        """Return whether a secret may be the right one, at the cost of two digests.

        The right one always may. Of others one in 4,096 does, and as many do for a case that is unknown (None).
        """
        ...

    def is_right(self, case_id: str, value: bytes, kept: KeptProof | None, *, is_likely: bool) -> bool:
        """Return whether a secret is the right one. It does the same work if nothing is kept (None).

        Raises:
            ProofsBusy: too many comparisons wait, and this one is not likely to succeed.
        """
        ...
