"""API keys from their creation to their end, and the constant answers of whoever has none."""

import os
import re
from datetime import timedelta

import pytest

from registry.domain.ids import CREDENTIAL, TENANT, is_id
from registry.domain.roles import ROLE_PERMISSIONS, Role
from registry.errors import CredentialRevoked, NotAuthenticated, NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.security.keys import Keys
from registry.storage import migrate
from registry.usecases.credentials.authenticating import KEY_SHAPE, authenticate
from registry.usecases.credentials.creating import Wanted, create_credential, create_first_credential
from registry.usecases.credentials.listing import list_credentials
from registry.usecases.credentials.revoking import revoke_credential
from tests.support.databases.registry_parts import DANA, FRANK, NOW, Clock, Location, environment

KEYS = Keys(b"p" * 32)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def create(sqlite, clock):
    def call(**wanted):
        return create_credential(
            Wanted(**({"role": Role.PLATFORM, "label": "Dana"} | wanted)),
            actor=FRANK,
            units=sqlite.units,
            environment=environment(clock),
            digests=KEYS,
        )

    return call


@pytest.fixture
def knock(sqlite):
    return lambda key, keys=KEYS: authenticate(key, units=sqlite.units, digests=keys)


def _events(sqlite):
    with sqlite.units.read() as unit:
        return [entry.act.event for entry in unit.ledger.entries()]


def test_a_new_key_opens_its_tenant(sqlite, create, knock):
    """A key of a new tenant has the shape of one, authenticates, and is in the ledger with its tenant."""
    created = create()
    assert KEY_SHAPE.fullmatch(created.key)
    assert knock(created.key) == created.credential
    assert is_id(created.credential.id, CREDENTIAL)
    assert is_id(created.credential.tenant_id, TENANT)
    assert created.credential.permissions == ROLE_PERMISSIONS[Role.PLATFORM]
    assert _events(sqlite) == [LedgerEvent.TENANT_CREATED, LedgerEvent.CREDENTIAL_CREATED]


def test_a_key_of_a_known_tenant_makes_no_other(sqlite, create):
    """A further key belongs to the tenant that was named."""
    created = create(tenant_id=DANA.tenant_id)
    assert created.credential.tenant_id == DANA.tenant_id
    assert _events(sqlite) == [LedgerEvent.CREDENTIAL_CREATED]


def test_an_unknown_tenant_gets_no_key(sqlite, create):
    """A key for a tenant that does not exist is refused and nothing is written."""
    with pytest.raises(NotFound):
        create(tenant_id="ten_nobody")
    assert list_credentials(actor=FRANK, units=sqlite.units) == ()
    assert _events(sqlite) == []


def test_permissions_are_never_more_than_the_roles(create):
    """Wanting more than a role holds grants the role's share of it only."""
    wanted = frozenset({Permission.CHECK_CREATE, Permission.CREDENTIAL_MANAGE})
    assert create(permissions=wanted).credential.permissions == {Permission.CHECK_CREATE}


def test_the_secret_is_stored_nowhere(sqlite, create):
    """Neither the secret nor its plain digest is in any file of the registry, and no printed form shows it."""
    created = create()
    assert created.key not in repr(created)
    sqlite.registry.purge_files()
    held = sqlite.registry.path.read_bytes()
    secret = KEY_SHAPE.fullmatch(created.key)[2]
    assert secret.encode() not in held
    assert KEYS.digest_secret(secret) in held


def test_two_keys_are_never_alike(create):
    """Prefixes, secrets and ids are drawn anew."""
    keys = [create() for _ in range(20)]
    assert len({created.key for created in keys}) == 20
    assert len({created.credential.prefix for created in keys}) == 20


def test_a_key_expires_after_the_time_it_is_valid_for(create, knock):
    """A key for an hour ends an hour after it was made."""
    credential = knock(create(valid_for=timedelta(hours=1)).key)
    assert credential.expires_at == NOW + timedelta(hours=1)
    with pytest.raises(CredentialRevoked):
        credential.actor(NOW + timedelta(hours=1))


def test_the_first_credential_is_made_once(empty_registry, clock):
    """A new registry gets one operator's key; asked again there is none, whoever asks."""
    around = {"units": empty_registry.units, "environment": environment(clock), "digests": KEYS}
    first = create_first_credential(**around)
    assert first.credential.permissions == frozenset(Permission)
    assert create_first_credential(**around) is None
    assert authenticate(first.key, units=empty_registry.units, digests=KEYS) == first.credential
    with empty_registry.units.read() as unit:
        acts = [entry.act for entry in unit.ledger.entries()]
    assert {act.credential_id for act in acts} == {first.credential.id}


@pytest.fixture
def empty_registry(tmp_path):
    (tmp_path / "new").mkdir()
    databases = Location.folder(tmp_path / "new").open()
    migrate.upgrade(databases.registry, databases.checks, os.urandom)
    yield databases
    databases.close()


def test_revoking_ends_a_key_and_is_told_once(sqlite, create, knock, clock):
    """A revoked key keeps its record and authenticates nobody; revoking it again changes nothing."""
    created = create()
    around = {"actor": FRANK, "units": sqlite.units, "environment": environment(clock)}
    revoke_credential(created.credential.id, **around)
    clock.advance(hours=1)
    revoke_credential(created.credential.id, **around)
    assert knock(created.key).revoked_at == NOW
    with pytest.raises(CredentialRevoked):
        knock(created.key).actor(NOW)
    assert _events(sqlite)[-2:] == [LedgerEvent.CREDENTIAL_CREATED, LedgerEvent.CREDENTIAL_REVOKED]


def test_an_unknown_credential_cannot_be_revoked(sqlite, clock):
    """Revoking what never was is not found."""
    with pytest.raises(NotFound):
        revoke_credential("crd_nobody", actor=FRANK, units=sqlite.units, environment=environment(clock))


def test_every_unknown_key_has_the_same_answer(create, knock):
    """A wrong secret under a known prefix and an unknown prefix cannot be told apart."""
    key = create().key
    answers = set()
    for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), "tdr_aaaaaaaa_" + key[-43:]):
        with pytest.raises(NotAuthenticated) as error:
            knock(wrong)
        answers.add((type(error.value), str(error.value), error.value.code))
    assert len(answers) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda key: "",
        lambda key: key + "\n",
        lambda key: " " + key,
        lambda key: key.upper(),
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key.replace("tdr_", "tdr-"),
        lambda key: key[:-1] + "é",
        lambda key: key[:-1] + "\0",
        lambda key: re.sub(r"_(.{8})_", r"_\1__", key),
        lambda key: "A" * 4_000_000,
    ],
)
def test_what_is_no_key_is_refused_without_a_question(create, change):
    """Anything but a key's one spelling is refused before the database is asked."""
    key = create().key

    class Untouched:
        def read(self):
            raise AssertionError("the database was asked")

    with pytest.raises(NotAuthenticated, match="malformed"):
        authenticate(change(key), units=Untouched(), digests=KEYS)


def test_another_pepper_opens_nothing(create, knock):
    """A key made under one pepper is not valid under another."""
    with pytest.raises(NotAuthenticated):
        knock(create().key, keys=Keys(b"q" * 32))
