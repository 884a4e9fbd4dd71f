"""The port for tenants and their API keys. `registry.storage` implements it."""

from datetime import datetime
from typing import Protocol

from registry.domain import Credential, Role, Tenant


class Credentials(Protocol):
    """Tenants and their API keys, as one unit of work sees them."""

    def add_tenant(self, tenant: Tenant) -> None:
        """Add a tenant."""
        ...

    def tenant(self, tenant_id: str) -> Tenant:
        """Return a tenant; raise `NotFound`."""
        ...

    def add(self, credential: Credential, secret_hmac: bytes) -> None:
        """Add a credential with the HMAC of its secret."""
        ...

    def by_prefix(self, prefix: str) -> tuple[Credential, bytes] | None:
        """Return the credential with this public part and the HMAC of its secret, or None."""
        ...

    def get(self, credential_id: str, *, for_share: bool = False) -> Credential:
        """Return a credential; raise `NotFound`.

        With `for_share`, no other unit of work can revoke the credential before this one ends.
        """
        ...

    def all(self, *, for_update: bool = False) -> tuple[Credential, ...]:
        """Return all credentials, oldest first.

        With `for_update`, any other unit of work that calls this with `for_update` waits until this one ends.
        Therefore two of them cannot both create the first credential.
        """
        ...

    def has_role(self, tenant_id: str, role: Role) -> bool:
        """Return whether a tenant has a key of a role that is not revoked."""
        ...

    def revoke(self, credential_id: str, now: datetime) -> None:
        """Revoke a credential. If it is revoked already, its time of revocation stays unchanged."""
        ...
