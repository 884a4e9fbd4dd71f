"""An API key of a tenant: what is stored of it, and what it grants."""

from dataclasses import dataclass
from datetime import datetime

from registry.domain.roles import Actor, Role
from registry.errors import CredentialRevoked
from registry.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organisation; `label` is for the operator's eyes and never leaves the operator's command line."""

    id: str
    label: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One API key, without its secret.

    Attributes:
        prefix: the key's public part, by which it is looked up.
        permissions: what it grants; never more than its role's.
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
        """Returns whom the key speaks for; raises `CredentialRevoked` if it no longer speaks for anybody."""
        if self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now):
            raise CredentialRevoked
        return Actor(tenant_id=self.tenant_id, credential_id=self.id, permissions=self.permissions)
