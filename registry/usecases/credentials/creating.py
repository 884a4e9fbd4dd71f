"""Create an API key. The secret is returned once and not stored."""

import base64
from dataclasses import dataclass, field
from datetime import timedelta

from registry.domain import OPTIONAL_PERMISSIONS, ROLE_PERMISSIONS, Act, Actor, Credential, Role, Tenant, ids
from registry.domain.claims import CLAIMS_ROLES, CLAIMS_TENANT
from registry.errors import RoleUnfit
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, SecretDigests, UnitOfWork, Units

_PREFIX_BYTES = 5  # 8 base-32 characters: 40 bits to find the row. The secret has 256 bits.


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The requested properties of a new key.

    Attributes:
        tenant_id: the tenant of the key; None to make a new tenant.
        permissions: a subset of the role's permissions and of those that it may have if they are named; None for all
            of the role's own.
        allowed: permissions that the key has beside those, of the ones that its role may have if they are named.
    """

    role: Role
    label: str
    tenant_id: str | None = None
    permissions: frozenset[Permission] | None = None
    allowed: frozenset[Permission] = frozenset()
    valid_for: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A new credential with its key, which is shown only once."""

    credential: Credential
    key: str = field(repr=False)


def create_credential(
    wanted: Wanted, *, actor: Actor, units: Units, environment: Environment, digests: SecretDigests
) -> Created:
    """Create a key for a new or an existing tenant.

    Raises:
        NotPermitted: the actor may not manage credentials.
        NotFound: the tenant does not exist.
        RoleUnfit: the tenant has no keys of this role.
    """
    actor.require(Permission.CREDENTIAL_MANAGE)
    with units.write() as unit:
        created = add_credential(unit, wanted, actor=actor, environment=environment, digests=digests)
        unit.commit(created)
    return created


def create_first_credential(
    *, units: Units, environment: Environment, digests: SecretDigests
) -> Created | None:
    """Create the operator's credential of a new registry, or return None if there are credentials already."""
    with units.write() as unit:
        if unit.credentials.all(for_update=True):
            return None
        wanted = Wanted(role=Role.OPERATOR, label="operator")
        created = add_credential(unit, wanted, actor=None, environment=environment, digests=digests)
        unit.commit(created)
    return created


def _require_fit(tenant_id: str, role: Role) -> None:
    """Raise `RoleUnfit` for a key that would open, list or end cases of people without an account."""
    if tenant_id == CLAIMS_TENANT and role not in CLAIMS_ROLES:
        names = ", ".join(sorted(CLAIMS_ROLES))
        raise RoleUnfit(f"A key of the tenant of cases without an account is of the roles {names}.")


def add_credential(
    unit: UnitOfWork, wanted: Wanted, *, actor: Actor | None, environment: Environment, digests: SecretDigests
) -> Created:
    """Write tenant, credential and ledger entries in an open unit of work. `actor` is None for the first credential."""
    now = environment.now()
    tenant_id = wanted.tenant_id or ids.new_id(ids.TENANT, environment.random)
    prefix = base64.b32encode(environment.random(_PREFIX_BYTES)).decode().lower()
    secret = base64.urlsafe_b64encode(environment.random(32)).decode().rstrip("=")
    granted, named = ROLE_PERMISSIONS[wanted.role], OPTIONAL_PERMISSIONS[wanted.role]
    if wanted.permissions is not None:
        granted = (granted | named) & wanted.permissions
    granted |= named & wanted.allowed
    credential = Credential(
        id=ids.new_id(ids.CREDENTIAL, environment.random),
        tenant_id=tenant_id,
        role=wanted.role,
        label=wanted.label,
        prefix=prefix,
        permissions=granted,
        created_at=now,
        expires_at=None if wanted.valid_for is None else now + wanted.valid_for,
    )
    by = actor or Actor(tenant_id=tenant_id, credential_id=credential.id, permissions=frozenset())
    events = [LedgerEvent.CREDENTIAL_CREATED]
    if wanted.tenant_id is None:
        unit.credentials.add_tenant(Tenant(id=tenant_id, label=wanted.label, created_at=now))
        events.insert(0, LedgerEvent.TENANT_CREATED)
    else:
        _require_fit(tenant_id, wanted.role)
        unit.credentials.tenant(tenant_id)
    unit.credentials.add(credential, digests.digest_secret(secret))
    for event in events:
        unit.ledger.append(Act.by(by, event, at=now))
    return Created(credential=credential, key=f"tdr_{prefix}_{secret}")
