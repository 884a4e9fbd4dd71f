"""A service in the test process, and people with keys for it."""

import io
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from index.verdict.vocabulary import Level
from registry.bootstrap.container import Container
from registry.bootstrap.databases import ENVIRONMENT, Databases
from registry.config import Settings
from registry.domain.roles import Actor, Role
from registry.permissions import Permission
from registry.ports import Environment
from registry.security.logs import ServiceLog
from registry.usecases.cases.expiring import ExpiryReason, expire_within
from registry.usecases.credentials.creating import Created, Wanted, create_credential, create_first_credential
from registry.usecases.credentials.revoking import revoke_credential
from registry.web.app import create_app
from registry.web.context import EXTENSION
from tests.support.usecases.verifying import raise_level

PROBLEM = "application/problem+json"
BY_CODES = frozenset({Permission.CHECK_CODES})
EXPLAINS = frozenset({Permission.CHECK_EXPLAIN})
PLENTY = 10**9  # requests a minute: no test but those of the limits meets one
DEADLINE_SECONDS = 20.0

_file_names = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a key, or with something else in its place."""

    app: Flask
    key: str | None = field(repr=False)
    tenant_id: str = ""
    credential_id: str = ""

    def ask(self, method: str, path: str, **request: Any) -> TestResponse:
        """Sends a request of a client of its own, so that threads can share a person."""
        headers = dict(request.pop("headers", {}))
        if isinstance(request.get("data"), dict):
            boundary = request.pop("boundary", "api-tests-boundary")
            request["data"] = multipart(request["data"], boundary)
            request["content_type"] = f"multipart/form-data; boundary={boundary}"
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        return self.app.test_client().open(path, method=method, headers=headers, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        """Reads."""
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> TestResponse:
        """Acts."""
        return self.ask("POST", path, **request)

    def send(
        self, path: str, media: bytes, headers: dict[str, str] | None = None, **fields: str
    ) -> TestResponse:
        """Posts a file with fields beside it."""
        data = {**fields, "media": upload(media)}
        return self.post(path, data=data, headers=headers or {})

    def opens(self, media: bytes | None = None, **fields: str) -> dict[str, Any]:
        """Opens a case that must open, and returns the answer."""
        answer = (
            self.post("/v1/cases", json=fields) if media is None else self.send("/v1/cases", media, **fields)
        )
        assert answer.status_code == 201, answer.text
        return self.verified(answer.json, fields.get("level"))

    def verified(self, case: dict[str, Any], level: str | None) -> dict[str, Any]:
        """Has others of the tenant verify a case, and returns the answer about it with the level in effect now."""
        if level is None:
            return case
        parts = self.app.extensions[EXTENSION]
        actor = Actor(tenant_id=self.tenant_id, credential_id=self.credential_id, permissions=frozenset())
        raise_level(case["case"], Level[level], actor=actor, units=parts.units, environment=parts.environment)
        return {**case, "level": level}

    def checks(self, media: bytes | None = None, codes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Asks about an upload that must be answered, and returns the answer."""
        answer = (
            self.post("/v1/checks", json={"codes": codes})
            if media is None
            else self.send("/v1/checks", media)
        )
        assert answer.status_code == 201, answer.text
        return answer.json

    def explains(self, check: dict[str, Any]) -> dict[str, Any]:
        """Reads the explanation of a check."""
        answer = self.get(f"/v1/checks/{check['check_id']}/explanation")
        assert answer.status_code == HTTPStatus.OK, answer.text
        explained: dict[str, Any] = answer.json
        return explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A container, its application, and what it logs."""

    container: Container
    app: Flask
    operator: Person
    log: io.StringIO

    def expire(self, tenant_id: str, case_id: str) -> None:
        """Expires a case, as a clock does."""
        parts = self.container
        with parts.units.write() as unit:
            case = unit.cases.get(case_id, tenant_id, for_update=True)
            expire_within(unit, case, ExpiryReason.MANDATE_ENDED, environment=parts.environment)
            unit.commit()

    def newcomer(
        self,
        role: Role,
        *,
        tenant_id: str | None = None,
        permissions: frozenset[Permission] | None = None,
        allowed: frozenset[Permission] = frozenset(),
        valid_for: timedelta | None = None,
        label: str = "somebody",
    ) -> Person:
        """Gives somebody a key, of a new tenant unless one is named."""
        parts = self.container
        wanted = Wanted(
            role=role,
            label=label,
            tenant_id=tenant_id,
            permissions=permissions,
            allowed=allowed,
            valid_for=valid_for,
        )
        actor = _actor(self)
        created = create_credential(
            wanted, actor=actor, units=parts.units, environment=parts.environment, digests=parts.keys
        )
        return _person(self.app, created)

    def revoke(self, person: Person) -> None:
        """Ends somebody's key."""
        parts = self.container
        revoke_credential(
            person.credential_id, actor=_actor(self), units=parts.units, environment=parts.environment
        )

    def with_key(self, key: str | None) -> Person:
        """Somebody who sends this in place of a key, or nothing."""
        return Person(app=self.app, key=key)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Returns every row of every table of both databases: equal ones mean that nothing was written.

        It waits for the background work, which erases what other tests have withdrawn.
        """
        until(self._is_at_rest)
        return {
            f"{database}.{table}": rows
            for database in ("registry", "checks")
            for table, rows in _tables(self.container.settings.data / f"{database}.sqlite")
        }

    def _is_at_rest(self) -> bool:
        with closing(sqlite3.connect(self.container.settings.data / "registry.sqlite")) as connection:
            waiting = "SELECT 1 FROM cases WHERE withdrawn_at IS NOT NULL AND erased_at IS NULL"
            first = "SELECT 1 FROM ledger_checkpoints"  # made soon after the start, and then once a day
            return connection.execute(waiting).fetchone() is None and (
                self.container.upkeep._thread.ident is None
                or connection.execute(first).fetchone() is not None
            )

    def count(self, table: str) -> int:
        """Counts the rows of one table."""
        return next(len(rows) for name, rows in self.rows().items() if name.endswith(f".{table}"))


def upload(media: bytes) -> tuple[bytes, str]:
    """Makes a multipart file whose name says nothing."""
    return media, f"{next(_file_names)}.bin"


def multipart(fields: dict[str, Any], boundary: str) -> bytes:
    """Writes a multipart body of texts, of (bytes, file name), and of lists of either.

    Werkzeug's own client spools large files to the disk, and leaves them open.
    """
    parts = []
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            content, file_name = value if isinstance(value, tuple) else (value.encode(), None)
            named = "" if file_name is None else f'; filename="{file_name}"'
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


@contextmanager
def built(data: Path, *, environment: Environment = ENVIRONMENT, **settings: Any) -> Iterator[Service]:
    """Builds a service whose background work has not begun; closing it needs it to have."""
    limits = dict.fromkeys(
        (
            "checks_per_minute",
            "writes_per_minute",
            "reads_per_minute",
            "failures_per_minute",
            "claims_per_address",
            "claims_per_hour",
            "claim_failures_per_minute",
            "claim_requests_per_minute",
        ),
        PLENTY,
    )
    chosen = Settings(
        data=data, **{"workers": 1, "reserve_mib": 0, "claimant_cases": 10_000, **limits, **settings}
    )
    databases = Databases.open(chosen)
    databases.upgrade()
    databases.close()
    log = io.StringIO()
    container = Container.build(chosen, environment=environment, log=ServiceLog(log), decoders=1)
    first = create_first_credential(units=container.units, environment=environment, digests=container.keys)
    assert first is not None
    app = create_app(container)
    service = Service(container=container, app=app, operator=_person(app, first), log=log)
    try:
        yield service
    finally:
        if container.upkeep._thread.ident is None:
            container.start()
        container.close()


@contextmanager
def running(data: Path, **settings: Any) -> Iterator[Service]:
    """Runs a service that answers checks."""
    with built(data, **settings) as service:
        service.container.start()
        until(lambda: service.with_key(None).get("/readyz").status_code == 200)
        until(
            lambda: service.count("index_machines") == len(service.container.feeds)
        )  # nothing is written by itself any more
        yield service


def until(holds: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Asks again and again, and fails where it does not hold before the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        pause.wait(0.01)


def assert_problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Passes a problem document of the one shape, and returns it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == PROBLEM
    document = answer.json
    assert set(document) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert (document["code"], document["status"]) == (code, status)
    assert document["type"] == f"urn:takedown-registry:problem:{code}"
    assert document["title"]
    assert document["detail"]
    for fault in document.get("errors", []):
        assert set(fault) == {"pointer", "detail", "code"}
        assert all(isinstance(text, str) for text in fault.values())
    if status in {429, 503}:
        assert int(answer.headers["Retry-After"]) >= 1
    return document


def _person(app: Flask, created: Created) -> Person:
    credential = created.credential
    return Person(app=app, key=created.key, tenant_id=credential.tenant_id, credential_id=credential.id)


def _actor(service: Service) -> Any:
    return service.container.authenticator.actor(f"Bearer {service.operator.key}")


def _tables(path: Path) -> list[tuple[str, list[tuple[Any, ...]]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [
            (name, sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr))
            for (name,) in names.fetchall()
        ]
