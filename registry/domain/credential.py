"""API keys of tenants: their stored part and the permissions that they grant."""

from dataclasses import dataclass
from datetime import datetime

from registry.domain.roles import Actor, Role
from registry.errors import CredentialRevoked
from registry.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organisation or person with credentials.

    Attributes:
        label: a name for the operator; it appears only on the operator's command line.
    """

    id: str
    label: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One API key, without its secret.

    Attributes:
        prefix: the key's public part, by which the key is looked up.
        permissions: the permissions that the key grants; never more than its role has.
    """

    id: str
    tenant_id: str
    role: Role
    label: str
    prefix: str
    permissions: frozenset[Permission]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def actor(self, now: datetime) -> Actor:
        """Return the actor that the key authenticates; raise `CredentialRevoked` if it was revoked or has expired."""
        if self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now):
            raise CredentialRevoked
        return Actor(tenant_id=self.tenant_id, credential_id=self.id, permissions=self.permissions)
