"""`Credentials` on both databases."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from registry.domain.credential import Credential, Tenant
from registry.domain.roles import ROLE_PERMISSIONS, Role
from registry.errors import CredentialRevoked, NotFound
from registry.permissions import Permission
from tests.support.databases.registry_parts import ALICE, DANA, FRANK, NOW


def _credential(prefix="aaaaaaaa", **changes):
    plain = Credential(
        id=f"crd_{prefix}",
        tenant_id=DANA.tenant_id,
        role=Role.PLATFORM,
        label="Dana's upload gate ☂",
        prefix=prefix,
        permissions=ROLE_PERMISSIONS[Role.PLATFORM],
        created_at=NOW,
    )
    return replace(plain, **changes)


@pytest.fixture
def stored(units):
    def add(*credentials):
        with units.write() as unit:
            for credential in credentials:
                unit.credentials.add(credential, credential.prefix.encode() * 4)
            unit.commit()

    return add


@pytest.mark.parametrize("role", Role)
def test_a_credential_comes_back_with_all_its_permissions(units, stored, role):
    """Whatever role a key has, it is read with exactly what it was granted and the digest of its secret."""
    credential = _credential(
        role=role, permissions=ROLE_PERMISSIONS[role], expires_at=NOW + timedelta(microseconds=7)
    )
    stored(credential)
    with units.read() as unit:
        assert unit.credentials.by_prefix(credential.prefix) == (credential, b"aaaaaaaa" * 4)
        assert unit.credentials.get(credential.id) == credential


def test_a_credential_may_grant_nothing(units, stored):
    """An empty set of permissions stays empty."""
    stored(_credential(permissions=frozenset()))
    with units.read() as unit:
        assert unit.credentials.get("crd_aaaaaaaa").permissions == frozenset()


def test_an_unknown_prefix_is_none(units, stored):
    """A prefix nobody has finds nothing, and case matters."""
    stored(_credential())
    with units.read() as unit:
        assert unit.credentials.by_prefix("bbbbbbbb") is None
        assert unit.credentials.by_prefix("AAAAAAAA") is None


def test_unknown_ids_are_not_found(units):
    """Neither a credential nor a tenant is made up."""
    with units.read() as unit:
        with pytest.raises(NotFound):
            unit.credentials.get("crd_nobody")
        with pytest.raises(NotFound):
            unit.credentials.tenant("ten_nobody")


def test_a_tenant_comes_back(units):
    """A tenant is read as it was added."""
    with units.read() as unit:
        assert unit.credentials.tenant(ALICE.tenant_id) == Tenant(
            id=ALICE.tenant_id, label="alice", created_at=NOW
        )


def test_all_are_listed_oldest_first(units, stored):
    """The list is ordered by age, and by id where two are of one moment."""
    young = _credential("cccccccc", created_at=NOW + timedelta(seconds=1))
    second, first = _credential("bbbbbbbb"), _credential("aaaaaaaa")
    stored(young, second, first)
    with units.read() as unit:
        assert unit.credentials.all() == (first, second, young)


def test_revoking_again_keeps_the_first_time(units, stored):
    """A key that has ended keeps the moment at which it ended."""
    stored(_credential())
    for hours in (0, 1):
        with units.write() as unit:
            unit.credentials.revoke("crd_aaaaaaaa", NOW + timedelta(hours=hours))
            unit.commit()
    with units.read() as unit:
        assert unit.credentials.get("crd_aaaaaaaa").revoked_at == NOW


def test_revoking_ends_only_that_key(units, stored):
    """Another key of the same tenant goes on."""
    stored(_credential("aaaaaaaa"), _credential("bbbbbbbb"))
    with units.write() as unit:
        unit.credentials.revoke("crd_aaaaaaaa", NOW)
        unit.commit()
    with units.read() as unit:
        assert unit.credentials.get("crd_bbbbbbbb").actor(NOW).tenant_id == DANA.tenant_id
        with pytest.raises(CredentialRevoked):
            unit.credentials.get("crd_aaaaaaaa").actor(NOW)


def test_a_shared_key_is_not_revoked_meanwhile(units, stored):
    """While one unit of work relies on a key, its revocation waits for that unit's end, and then takes place."""
    stored(_credential())
    begun = threading.Event()

    def revoke():
        begun.set()
        with units.write() as unit:
            unit.credentials.revoke("crd_aaaaaaaa", NOW)
            unit.commit()

    revoking = threading.Thread(target=revoke)
    with units.write() as unit:
        assert unit.credentials.get("crd_aaaaaaaa", for_share=True).revoked_at is None
        revoking.start()
        begun.wait()
        revoking.join(0.1)
        assert revoking.is_alive()
        unit.commit()
    revoking.join()
    with units.read() as unit:
        assert unit.credentials.get("crd_aaaaaaaa").revoked_at == NOW


def test_a_key_ends_at_its_expiry_exactly(units, stored):
    """A key authenticates its tenant until the microsecond before it expires, and nobody afterwards."""
    stored(_credential(expires_at=NOW))
    with units.read() as unit:
        credential = unit.credentials.get("crd_aaaaaaaa")
    assert credential.actor(NOW - timedelta(microseconds=1)).permissions == ROLE_PERMISSIONS[Role.PLATFORM]
    with pytest.raises(CredentialRevoked):
        credential.actor(NOW)


def test_every_permission_fits_into_the_column(units, stored):
    """A key with all permissions there are is stored whole."""
    stored(_credential(role=Role.OPERATOR, permissions=frozenset(Permission)))
    with units.read() as unit:
        assert unit.credentials.get("crd_aaaaaaaa").permissions == FRANK.permissions
