"""Authentication of a request's key, from the first read to the last commit."""

import threading
from datetime import timedelta

import pytest

from registry.domain.roles import Role
from registry.errors import CredentialRevoked, NotAuthenticated
from registry.security.authenticator import Authenticator
from registry.security.keys import Keys
from registry.usecases.credentials.creating import Wanted, create_credential
from registry.usecases.credentials.revoking import revoke_credential
from tests.support.databases.registry_parts import FRANK, Clock, environment

KEYS = Keys(b"p" * 32)


class _Counted:
    """Units that count how often the database was asked."""

    def __init__(self, units):
        self.units = units
        self.asked = 0

    def read(self):
        self.asked += 1
        return self.units.read()


class _Setting:
    """An authenticator over one process's connections; keys are made and revoked over another's."""

    def __init__(self, databases, version=None):
        self.clock = Clock()
        self.other = databases.another()
        self.feed = databases.feed()
        self.units = _Counted(databases.units)
        self.authenticator = Authenticator(
            units=self.units, digests=KEYS, now=self.clock, version=version or self.feed.version
        )

    def create(self, valid_for=None):
        wanted = Wanted(role=Role.PLATFORM, label="Dana", valid_for=valid_for)
        return create_credential(
            wanted,
            actor=FRANK,
            units=self.other.units,
            environment=environment(self.clock),
            digests=KEYS,
        )

    def revoke(self, created):
        revoke_credential(
            created.credential.id,
            actor=FRANK,
            units=self.other.units,
            environment=environment(self.clock),
        )

    def knock(self, created):
        return self.authenticator.actor(f"Bearer {created.key}")

    def close(self):
        self.feed.close()
        self.other.close()


@pytest.fixture
def setting(sqlite):
    setting = _Setting(sqlite)
    yield setting
    setting.close()


def test_a_key_speaks_for_its_tenant(setting):
    """A valid key is its credential's tenant, id and permissions."""
    created = setting.create()
    actor = setting.knock(created)
    assert (actor.tenant_id, actor.credential_id) == (
        created.credential.tenant_id,
        created.credential.id,
    )
    assert actor.permissions == created.credential.permissions


@pytest.mark.parametrize("header", [None, "", "Bearer", "bearer x", "Basic x", "Bearer  x", "Bearer x y"])
def test_what_is_no_bearer_key_is_refused(setting, header):
    """A header that is absent, of another scheme or without a key is not authenticated."""
    with pytest.raises(NotAuthenticated):
        setting.authenticator.actor(header)


def test_the_schemes_case_does_not_matter(setting):
    """`bearer` and `BEARER` are the scheme too (RFC 9110)."""
    created = setting.create()
    for scheme in ("bearer", "BEARER"):
        assert setting.authenticator.actor(f"{scheme} {created.key}").tenant_id


def test_a_known_key_costs_one_question(setting):
    """While nothing is committed, a key is looked up once."""
    created = setting.create()
    actors = {setting.knock(created) for _ in range(10)}
    assert len(actors) == 1
    assert setting.units.asked == 1


def test_any_commit_of_another_process_is_looked_at(setting):
    """After a commit anywhere the key is looked up again."""
    created = setting.create()
    setting.knock(created)
    setting.create()
    setting.knock(created)
    assert setting.units.asked == 2


def test_a_revocation_holds_from_its_commit(setting):
    """A key that another process revoked is refused at the very next request, though it was remembered."""
    created = setting.create()
    setting.knock(created)
    setting.revoke(created)
    with pytest.raises(CredentialRevoked):
        setting.knock(created)


def test_a_remembered_key_still_expires(setting):
    """A key ends at its expiry, though nothing was committed since it was remembered."""
    created = setting.create(valid_for=timedelta(minutes=1))
    setting.knock(created)
    setting.clock.advance(seconds=59, microseconds=999_999)
    setting.knock(created)
    setting.clock.advance(microseconds=1)
    with pytest.raises(CredentialRevoked):
        setting.knock(created)


def test_a_wrong_key_is_not_remembered(setting):
    """A refused key is asked about again each time, and fills no memory."""
    created = setting.create()
    wrong = created.key[:-1] + ("A" if created.key[-1] != "A" else "B")
    for _ in range(3):
        with pytest.raises(NotAuthenticated):
            setting.authenticator.actor(f"Bearer {wrong}")
    assert setting.units.asked == 3
    assert setting.authenticator._remembered == {}


def test_no_secret_is_remembered(setting):
    """The cache holds a digest of the key, not the key."""
    created = setting.create()
    setting.knock(created)
    assert created.key not in repr(setting.authenticator._remembered)
    assert len(setting.authenticator._remembered) == 1


def test_without_a_version_every_request_asks(sqlite):
    """Where nobody can tell whether something was committed, nothing is remembered."""
    setting = _Setting(sqlite, version=lambda: None)
    created = setting.create()
    setting.knock(created)
    setting.knock(created)
    assert setting.units.asked == 2
    setting.revoke(created)
    with pytest.raises(CredentialRevoked):
        setting.knock(created)
    setting.close()


def test_a_read_that_began_before_a_revocation_is_not_cached_after_it(setting):
    """A key that was looked up while it was being revoked is not remembered as valid."""
    created = setting.create()
    read = setting.units.units.read

    def and_then_revoked():
        unit = read()
        setting.units.units.read = read
        return _Revoking(unit, lambda: setting.revoke(created))

    class _Revoking:
        def __init__(self, unit, then):
            self.unit, self.then = unit, then

        def __enter__(self):
            return self.unit.__enter__()

        def __exit__(self, *error):
            self.unit.__exit__(*error)
            self.then()

    setting.units.units.read = and_then_revoked
    setting.knock(created)
    with pytest.raises(CredentialRevoked):
        setting.knock(created)


def test_the_memory_is_bounded(setting, monkeypatch):
    """More keys than are remembered still work."""
    monkeypatch.setattr("registry.security.authenticator._MAX_REMEMBERED", 2)
    keys = [setting.create() for _ in range(4)]
    assert len({setting.knock(created).credential_id for created in keys}) == 4
    assert len(setting.authenticator._remembered) == 2


def test_threads_never_use_a_revoked_key(setting):
    """While keys are revoked one after the other, no thread that asks afterwards gets through."""
    keys = [setting.create() for _ in range(20)]
    revoked, ended, wrong, answered = [], threading.Event(), [], []

    def knock():
        while not ended.is_set():
            gone = len(revoked)
            for number, created in enumerate(keys):
                try:
                    setting.knock(created)
                except CredentialRevoked:
                    continue
                answered.append(number)
                if number < gone:
                    wrong.append(number)

    threads = [threading.Thread(target=knock) for _ in range(4)]
    for thread in threads:
        thread.start()
    for created in keys:
        setting.revoke(created)
        revoked.append(created)
    ended.set()
    for thread in threads:
        thread.join()
    assert wrong == []
