"""What commands talk to: a registry behind a URL, or the one in a data folder, by the same methods."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Protocol

from index.boxes import Box
from index.errors import IndexingError
from index.fingerprint import Purpose
from index.verdict import Level
from registry.bootstrap import SURROUNDINGS, Container, Databases
from registry.cli.options import Target
from registry.client import BoxReply, CheckReply, EnrolReply, Problem, RegistryClient, WithdrawalReply
from registry.config import Settings
from registry.domain.reference import ReferenceKind
from registry.domain.roles import Actor, Role
from registry.errors import RegistryError, StorageUnavailable
from registry.security.logs import ServiceLog
from registry.security.pepper import write_private
from registry.usecases.check_upload import check_upload
from registry.usecases.create_credential import create_first_credential
from registry.usecases.describe_reference import draft_from_media
from registry.usecases.enrol import enrol
from registry.usecases.open_case import open_case
from registry.usecases.question import question_of
from registry.usecases.withdraw import withdraw

FIRST_CREDENTIAL: Final = "first-credential"
"""File of the data folder with the operator's first key, for its owner alone."""


class Backend(Protocol):
    """A registry. Threads: any. Every method raises `Problem`, and then nothing was written."""

    def enrol(
        self, media: bytes, *, case: str | None, kind: str, level: str | None, edits: bool = True
    ) -> EnrolReply:
        """Registers media in a case, or in a new one, to be found in edits too or in copies only."""
        ...

    def check(self, media: bytes) -> CheckReply:
        """Asks about an upload."""
        ...

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraws a case."""
        ...


class LocalBackend:
    """The registry in a data folder, as its operator; the same use cases, without HTTP."""

    def __init__(self, container: Container) -> None:
        self._parts = container
        self._actor = local_actor(container)

    def enrol(
        self, media: bytes, *, case: str | None, kind: str, level: str | None, edits: bool = True
    ) -> EnrolReply:
        """Registers media in a case, or in a new one, to be found in edits too or not; raises `Problem`."""
        parts = self._parts
        with _problems():
            draft = draft_from_media(media, ReferenceKind(kind), parts.fingerprints, edits=edits)
            if case is not None:
                enrolled = enrol(
                    case, draft, actor=self._actor, units=parts.units, surroundings=parts.surroundings
                )
            else:
                opened = open_case(
                    Level[level or "V0"],
                    draft,
                    actor=self._actor,
                    units=parts.units,
                    surroundings=parts.surroundings,
                )
                if opened.first is None:
                    raise AssertionError("a case opened with a draft has a reference")
                enrolled = opened.first
            return EnrolReply(
                outcome=enrolled.outcome.value,
                case=enrolled.case_id,
                reference=enrolled.reference.id,
                found_by=tuple(way.value for way in enrolled.reference.found_by),
                inner=tuple(map(_box, enrolled.inner)),
            )

    def check(self, media: bytes) -> CheckReply:
        """Asks about an upload; raises `Problem`."""
        parts = self._parts
        with _problems():
            fingerprint = parts.fingerprints.describe(media, Purpose.CHECK)
            check = check_upload(question_of(fingerprint), actor=self._actor, services=parts.check_services)
            return CheckReply(
                check_id=check.id,
                verdict=check.verdict.outcome.value,
                band=check.verdict.band.value,
                kinds=tuple(check.verdict.kinds),
                reasons=tuple(check.verdict.reasons),
                boxes=tuple(map(_box, check.verdict.boxes)),
            )

    def withdraw(self, case: str) -> WithdrawalReply:
        """Withdraws a case and finishes its erasure; raises `Problem`."""
        parts = self._parts
        with _problems():
            done = withdraw(case, actor=self._actor, units=parts.units, surroundings=parts.surroundings)
            parts.upkeep.once()
            with parts.units.read() as unit:
                erased = unit.cases.get(done.case.id, done.case.tenant_id)
        return WithdrawalReply(
            case=erased.id,
            withdrawn_at=_moment(erased.withdrawn_at) or "",
            erased_at=_moment(erased.erased_at),
        )


@contextmanager
def open_backend(target: Target, *, index: bool) -> Iterator[Backend]:
    """Opens the registry that the options name; `index` tells whether checks will be asked."""
    if target.url is not None:
        with RegistryClient(target.url, target.key or "") as client:
            yield client
        return
    with open_local(target.settings()) as container:
        if index:
            container.indexes.begin()
        yield LocalBackend(container)


@contextmanager
def open_local(settings: Settings) -> Iterator[Container]:
    """Opens the registry in a data folder; raises `StorageUnavailable` where there is none."""
    if settings.database_url is None and not (settings.data / "registry.sqlite").exists():
        raise StorageUnavailable(
            f"There is no registry in {settings.data}: set TAKEDOWN_DATA or --data, or run takedown db upgrade."
        )
    container = Container.build(settings, log=ServiceLog.silent(), decoders=os.cpu_count() or 1)
    try:
        yield container
    finally:
        container.close()


def prepare_data(settings: Settings) -> str | None:
    """Migrates the databases and makes the first credential; returns its key if it was made now.

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
    """Returns the operator whom the data folder belongs to: whoever can read it can do anything anyway."""
    _first_key(container)
    with container.units.read() as unit:
        operator = next(item for item in unit.credentials.all() if item.role is Role.OPERATOR)
    return Actor(tenant_id=operator.tenant_id, credential_id=operator.id, permissions=operator.permissions)


def _first_key(container: Container) -> str | None:
    created = create_first_credential(
        units=container.units, surroundings=SURROUNDINGS, pepper=container.pepper
    )
    if created is None:
        return None
    path = container.settings.data / FIRST_CREDENTIAL
    path.unlink(missing_ok=True)  # of a registry that is no longer there
    write_private(path, created.key.encode("ascii") + b"\n")
    return created.key


def _box(box: Box) -> BoxReply:
    return BoxReply(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except RegistryError as error:
        raise Problem(error.code, error.detail, error.status) from error
    except IndexingError as error:
        raise Problem(error.code, str(error)) from error
