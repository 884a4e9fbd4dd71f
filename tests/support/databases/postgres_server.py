"""A private, throw-away PostgreSQL server for one test session, or the one that `REGISTRY_TEST_POSTGRES_URI` names."""

import itertools
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

URI_SETTING = "REGISTRY_TEST_POSTGRES_URI"
_UNPRIVILEGED = ("postgres", "nobody")  # the server refuses to run as root
_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30
_SETTINGS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB "
    "-c max_connections=200 -c listen_addresses= -c autovacuum=off"
)


class NoServerProgram(Exception):
    """This machine has no PostgreSQL server program."""


class PostgresServer:
    """Makes and drops databases on one server."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._made: list[str] = []

    def url(self, name: str) -> str:
        """Returns the address of one of its databases."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def create(self, template: str | None = None) -> str:
        """Creates a database, empty or as the template is, and returns its name."""
        name = f"takedown_{self._run}_{next(self._numbers)}"
        # Copying files takes 0.04 s; logging every block of the copy, the default since version 15, 0.34 s.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY FILE_COPY")
        self._made.append(name)
        return name

    def drop(self, name: str) -> None:
        """Drops a database, whoever is still connected."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._made.remove(name)

    def drop_all(self) -> None:
        """Drops what is left."""
        for name in list(self._made):
            self.drop(name)

    def _execute(self, statement: str) -> None:
        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Runs a server until the block ends; raises `NoServerProgram`."""
    given = os.environ.get(URI_SETTING)
    if given:
        server = PostgresServer(make_url(given))
        try:
            yield server
        finally:
            server.drop_all()
        return
    programs = _programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="takedown-pg-", dir=_place()))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        _call(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
            user,
        )
        control = [programs / "pg_ctl", "-D", data, "-w"]
        _call([*control, "-l", folder / "log", "-o", f"-k {folder} {_SETTINGS}", "start"], user)
        try:
            yield PostgresServer(
                URL.create(
                    "postgresql", username="postgres", database="postgres", query={"host": str(folder)}
                )
            )
        finally:
            _call([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path | None:
    """Returns memory where there is enough of it: a database is made in 0.02 s instead of 0.04 to 0.6 s.

    It is never below pytest's own folder, which only root may enter.
    """
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
        return _MEMORY
    return None


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    raise NoServerProgram


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in known)


def _call(command: list[object], user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # not a pipe: the server would keep it open
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(str(command[0])).name} ended with {done.returncode}")
