"""What commands talk to: a registry behind a URL, or the one in a data folder, by the same methods."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from registry.bootstrap import ENVIRONMENT, Container, Databases
from registry.cli.bar import Told
from registry.cli.local_backend import LocalBackend
from registry.cli.media import MediaFile
from registry.cli.options import Target
from registry.client import CheckReply, EnrolReply, RegistryClient, WithdrawalReply
from registry.config import Settings
from registry.domain import Actor, Role
from registry.errors import StorageUnavailable
from registry.security import ServiceLog, write_private
from registry.usecases.credentials import create_first_credential

FIRST_CREDENTIAL: Final = "first-credential"
"""File of the data folder with the operator's first key, for its owner alone."""


class Backend(Protocol):
    """A registry. Threads: any. Every method raises `Problem`, and then nothing was written.

    What is told of a clip may raise: that ends the work, and passes through.
    """

    def enrol(
        self,
        media: MediaFile,
        *,
        case: str | None,
        kind: str,
        level: str | None,
        edits: bool = True,
        exclude: str = "",
        consent: bool = False,
        told: Told | None = None,
    ) -> EnrolReply:
        """Register media in a case, or in a new one, to be found in edits too or in copies only."""
        ...

    def check(self, media: MediaFile, *, context: str = "general", told: Told | None = None) -> CheckReply:
        """Ask about an upload."""
        ...

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraw a case."""
        ...


class RemoteBackend:
    """A registry behind a URL."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client

    def enrol(
        self,
        media: MediaFile,
        *,
        case: str | None,
        kind: str,
        level: str | None,
        edits: bool = True,
        exclude: str = "",
        consent: bool = False,
        told: Told | None = None,
    ) -> EnrolReply:
        """Register media in a case, or in a new one, to be found in edits too or not; raise `Problem`."""
        return self._client.enrol(
            media.file,
            case=case,
            kind=kind,
            level=level,
            edits=edits,
            exclude=exclude,
            consent=consent,
            told=told,
        )

    def check(self, media: MediaFile, *, context: str = "general", told: Told | None = None) -> CheckReply:
        """Ask about an upload; raise `Problem`."""
        return self._client.check(media.file, context=context, told=told)

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraw a case; raise `Problem`."""
        return self._client.withdraw(case)


@contextmanager
def open_backend(target: Target, *, index: bool) -> Iterator[Backend]:
    """Open the registry that the options name; `index` tells whether checks will be asked."""
    if target.url is not None:
        with RegistryClient(target.url, target.key or "") as client:
            yield RemoteBackend(client)
        return
    with open_local(target.settings()) as container:
        if index:
            container.indexes.begin()
        yield LocalBackend(container, local_actor(container))


@contextmanager
def open_local(settings: Settings, log: ServiceLog | None = None) -> Iterator[Container]:
    """Open the registry in a data folder, silently by default; raise `StorageUnavailable` where there is none."""
    if settings.database_url is None and not (settings.data / "registry.sqlite").exists():
        raise StorageUnavailable(
            f"There is no registry in {settings.data}: set TAKEDOWN_DATA or --data, or run takedown db upgrade."
        )
    container = Container.build(settings, log=log or ServiceLog.silent(), decoders=os.cpu_count() or 1)
    try:
        yield container
    finally:
        container.close()


def prepare_data(settings: Settings) -> str | None:
    """Migrate the databases and make the first credential; return its key if it was made now.

    Raises:
        StorageUnavailable: the database is locked, full or away.
    """
    databases = Databases.open(settings)
    try:
        databases.upgrade()
    finally:
        databases.close()
    with open_local(settings) as container:
        return _first_key(container)


def local_actor(container: Container) -> Actor:
    """Return the operator whom the data folder belongs to: whoever can read it can do anything anyway."""
    _first_key(container)
    with container.units.read() as unit:
        operator = next(item for item in unit.credentials.all() if item.role is Role.OPERATOR)
    return Actor(tenant_id=operator.tenant_id, credential_id=operator.id, permissions=operator.permissions)


def _first_key(container: Container) -> str | None:
    created = create_first_credential(units=container.units, environment=ENVIRONMENT, digests=container.keys)
    if created is None:
        return None
    path = container.settings.data / FIRST_CREDENTIAL
    path.unlink(missing_ok=True)  # of a registry that is no longer there
    write_private(path, created.key.encode("ascii") + b"\n")
    return created.key
