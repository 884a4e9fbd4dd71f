"""Backends of commands: a registry behind a URL, or a registry in a data folder, with the same methods."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from registry.bootstrap import ENVIRONMENT, Container, Databases
from registry.cli.bar import Told
from registry.cli.disputes import Disputes
from registry.cli.local_backend import LocalBackend
from registry.cli.media import MediaFile
from registry.cli.options import Target
from registry.client import (
    CaseReply,
    CheckReply,
    ConfirmedReply,
    ConsentReply,
    EnrolReply,
    ListedCheckReply,
    MandateReply,
    Problem,
    RegistryClient,
    RevokedReply,
    VerifyReply,
    WithdrawalReply,
)
from registry.config import Settings
from registry.domain import Actor, Role
from registry.errors import StorageUnavailable
from registry.security import ServiceLog, write_private
from registry.usecases.credentials import create_first_credential

FIRST_CREDENTIAL: Final = "first-credential"
"""File of the data folder with the operator's first key, readable by its owner only."""


class MandateBackend(Protocol):
    """The mandates of a registry. Threads: any. Every method raises `Problem`, and then nothing was written."""

    def mandates(self, case: str) -> tuple[MandateReply, ...]:
        """List the mandates of a case."""
        ...

    def expiring_mandates(self, before: str) -> tuple[MandateReply, ...]:
        """List the mandates in force that expire before a time in ISO 8601."""
        ...

    def propose_mandate(
        self,
        case: str,
        *,
        kinds: Sequence[str],
        until: str,
        time_zone: str,
        platforms: Sequence[str],
        takedown_notices: bool,
    ) -> MandateReply:
        """Propose a mandate until the end of a day."""
        ...

    def confirm_mandate(self, mandate: str, language: str) -> ConfirmedReply:
        """Confirm a mandate, and return the subject's secret."""
        ...

    def revoke_mandate(self, mandate: str) -> RevokedReply:
        """Revoke a mandate as the agent."""
        ...


class Backend(Protocol):
    """A registry. Threads: any. Every method raises `Problem`, and then nothing was written.

    Exceptions of the progress callback `told` end the work and propagate.
    """

    @property
    def disputes(self) -> Disputes:
        """Challenges, decisions, and the standing of cases."""
        ...

    @property
    def mandates(self) -> MandateBackend:
        """The mandates."""
        ...

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
        """Register media in an existing or a new case, to be found in copies, and with `edits` in edits too."""
        ...

    def check(self, media: MediaFile, *, context: str = "general", told: Told | None = None) -> CheckReply:
        """Check an upload."""
        ...

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraw a case."""
        ...

    def cases(self, *, label: str | None = None) -> Iterator[CaseReply]:
        """Yield the tenant's cases, oldest first, all or those with a label."""
        ...

    def checks(self, *, verdict: str | None = None, label: str | None = None) -> Iterator[ListedCheckReply]:
        """Yield the tenant's checks, the newest first, all or those with a verdict and a label."""
        ...

    def case(self, case: str) -> CaseReply:
        """Read a case."""
        ...

    def export(self, case: str) -> dict[str, Any]:
        """Return all that is held about a case, as the JSON document of the HTTP interface."""
        ...

    def consents(self, case: str) -> tuple[ConsentReply, ...]:
        """List the consents of a case."""
        ...

    def withdraw_consent(self, case: str, purpose: str) -> tuple[str, ...]:
        """Withdraw a consent, and return the purposes that ended."""
        ...

    def erasure(self, case: str) -> dict[str, Any]:
        """Return the receipt that a case is erased, as the JSON document of the HTTP interface."""
        ...

    def verify(self, case: str, *, level: str, evidence: str) -> VerifyReply:
        """State how far a case is verified, and the kind of evidence that was seen."""
        ...

    def cases_below(self, tenant: str, level: str) -> Iterator[str]:
        """Yield the ids of a tenant's cases below a level; only for the operator of a data folder."""
        ...


class RemoteBackend:
    """A registry behind a URL."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client

    @property
    def disputes(self) -> Disputes:
        """Challenges, decisions, and the standing of cases."""
        return self._client.disputes

    @property
    def mandates(self) -> MandateBackend:
        """The mandates."""
        return self._client

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
        """Register media in an existing or a new case, with `edits` also to be found in edits; raise `Problem`."""
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
        """Check an upload; raise `Problem`."""
        return self._client.check(media.file, context=context, told=told)

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraw a case; raise `Problem`."""
        return self._client.withdraw(case)

    def cases(self, *, label: str | None = None) -> Iterator[CaseReply]:
        """Yield the tenant's cases, oldest first, all or those with a label; raise `Problem`."""
        return self._client.cases(label=label)

    def checks(self, *, verdict: str | None = None, label: str | None = None) -> Iterator[ListedCheckReply]:
        """Yield the tenant's checks, the newest first; raise `Problem`."""
        return self._client.checks(verdict=verdict, label=label)

    def case(self, case: str) -> CaseReply:
        """Read a case; raise `Problem`."""
        return self._client.case(case)

    def export(self, case: str) -> dict[str, Any]:
        """Return all that is held about a case; raise `Problem`."""
        return self._client.export(case)

    def consents(self, case: str) -> tuple[ConsentReply, ...]:
        """List the consents of a case; raise `Problem`."""
        return self._client.consents(case)

    def withdraw_consent(self, case: str, purpose: str) -> tuple[str, ...]:
        """Withdraw a consent; raise `Problem`."""
        return self._client.withdraw_consent(case, purpose)

    def erasure(self, case: str) -> dict[str, Any]:
        """Return the receipt that a case is erased; raise `Problem`."""
        return self._client.erasure(case)

    def verify(self, case: str, *, level: str, evidence: str) -> VerifyReply:
        """State how far a case is verified; raise `Problem`."""
        return self._client.verify(case, level=level, evidence=evidence)

    def cases_below(self, tenant: str, level: str) -> Iterator[str]:
        """Raise `Problem`: no key reaches the cases of other tenants over HTTP."""
        raise Problem(
            "not-permitted", f"All cases of {tenant} below {level} are listed in the data folder only."
        )


@contextmanager
def open_backend(target: Target, *, index: bool, by_key: bool = False) -> Iterator[Backend]:
    """Open the registry that the options name.

    Args:
        target: the options.
        index: whether checks will be made.
        by_key: whether a key, if there is one, acts in a data folder too, in place of its operator.
    """
    if target.url is not None:
        with RegistryClient(target.url, target.key or "") as client:
            yield RemoteBackend(client)
        return
    with open_local(target.settings()) as container:
        if index:
            container.indexes.begin()
        actor = container.authenticator.actor(f"Bearer {target.key}") if by_key and target.key else None
        yield LocalBackend(container, actor or local_actor(container))


@contextmanager
def open_local(
    settings: Settings, log: ServiceLog | None = None, *, accept_revived: bool = False
) -> Iterator[Container]:
    """Open the registry in a data folder, without a log by default; raise `StorageUnavailable` if there is none."""
    if settings.database_url is None and not (settings.data / "registry.sqlite").exists():
        raise StorageUnavailable(
            f"There is no registry in {settings.data}: set TAKEDOWN_DATA or --data, or run takedown db upgrade."
        )
    container = Container.build(
        settings,
        log=log or ServiceLog.silent(),
        decoders=os.cpu_count() or 1,
        accept_revived=accept_revived,
    )
    try:
        yield container
    finally:
        container.close()


def prepare_data(settings: Settings, *, accept_revived: bool = False) -> str | None:
    """Migrate the databases and create the first credential. Return its key if it was created now.

    Args:
        settings: the settings.
        accept_revived: whether to begin a new withdrawal journal where the old one does not fit.

    Raises:
        JournalUnfit: the withdrawal journal does not fit.
        StorageUnavailable: the database is locked, full or away.
    """
    databases = Databases.open(settings)
    try:
        databases.upgrade()
    finally:
        databases.close()
    with open_local(settings, accept_revived=accept_revived) as container:
        return _first_key(container)


def local_actor(container: Container) -> Actor:
    """Return the operator of the data folder. Read access to the folder already gives full control."""
    _first_key(container)
    with container.units.read() as unit:
        operator = next(item for item in unit.credentials.all() if item.role is Role.OPERATOR)
    return Actor(tenant_id=operator.tenant_id, credential_id=operator.id, permissions=operator.permissions)


def _first_key(container: Container) -> str | None:
    created = create_first_credential(units=container.units, environment=ENVIRONMENT, digests=container.keys)
    if created is None:
        return None
    path = container.settings.data / FIRST_CREDENTIAL
    path.unlink(missing_ok=True)  # left from a registry that no longer exists
    write_private(path, created.key.encode("ascii") + b"\n")
    return created.key
