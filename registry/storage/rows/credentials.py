"""Tenants and credentials as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from registry.domain import Credential, Role, Tenant
from registry.errors import NotFound
from registry.permissions import Permission
from registry.storage.locks import lock_until_commit
from registry.storage.schema import credentials, tenants


class SqlCredentials:
    """SQL implementation of `registry.ports.Credentials`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_tenant(self, tenant: Tenant) -> None:
        """Add a tenant."""
        self._connection.execute(
            insert(tenants).values(id=tenant.id, label=tenant.label, created_at=tenant.created_at)
        )

    def tenant(self, tenant_id: str) -> Tenant:
        """Return a tenant; raise `NotFound`."""
        row = self._connection.execute(select(tenants).where(tenants.c.id == tenant_id)).one_or_none()
        if row is None:
            raise NotFound("There is no such tenant.")
        return Tenant(id=row.id, label=row.label, created_at=row.created_at)

    def add(self, credential: Credential, secret_hmac: bytes) -> None:
        """Add a credential with the HMAC of its secret."""
        self._connection.execute(
            insert(credentials).values(
                id=credential.id,
                tenant_id=credential.tenant_id,
                role=credential.role.value,
                label=credential.label,
                prefix=credential.prefix,
                secret_hmac=secret_hmac,
                permissions=" ".join(sorted(credential.permissions)),
                created_at=credential.created_at,
                expires_at=credential.expires_at,
                revoked_at=credential.revoked_at,
            )
        )

    def by_prefix(self, prefix: str) -> tuple[Credential, bytes] | None:
        """Return the credential with this public part and the HMAC of its secret, or None."""
        query = select(credentials).where(credentials.c.prefix == prefix)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (_credential(row), bytes(row.secret_hmac))

    def get(self, credential_id: str, *, for_share: bool = False) -> Credential:
        """Return a credential, with `for_share` locked against its revocation; raise `NotFound`."""
        query = select(credentials).where(credentials.c.id == credential_id)
        row = self._connection.execute(query.with_for_update(read=True) if for_share else query).one_or_none()
        if row is None:
            raise NotFound("There is no such credential.")
        return _credential(row)

    def all(self, *, for_update: bool = False) -> tuple[Credential, ...]:
        """Return all credentials, oldest first."""
        if for_update:
            lock_until_commit(self._connection, b"credentials")
        query = select(credentials).order_by(credentials.c.created_at, credentials.c.id)
        return tuple(_credential(row) for row in self._connection.execute(query))

    def has_role(self, tenant_id: str, role: Role) -> bool:
        """Return whether a tenant has a key of a role that is not revoked."""
        query = select(credentials.c.id).where(
            credentials.c.tenant_id == tenant_id,
            credentials.c.role == role.value,
            credentials.c.revoked_at.is_(None),
        )
        return self._connection.execute(query.limit(1)).one_or_none() is not None

    def revoke(self, credential_id: str, now: datetime) -> None:
        """Revoke a credential. If it is revoked already, its time of revocation stays unchanged."""
        self._connection.execute(
            update(credentials)
            .where(credentials.c.id == credential_id, credentials.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        id=row.id,
        tenant_id=row.tenant_id,
        role=Role(row.role),
        label=row.label,
        prefix=row.prefix,
        permissions=frozenset(Permission(name) for name in row.permissions.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
