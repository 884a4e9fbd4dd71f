"""Both databases, each test with its own: SQLite as files, PostgreSQL on a private server."""

from collections.abc import Iterator

import pytest

from registry.domain.case import withdraw
from tests.support.databases.postgres_server import NoServerProgram, PostgresServer, running_server
from tests.support.databases.registry_parts import NOW, Databases, Location, migrated

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    try:
        with running_server() as server:
            yield server
    except NoServerProgram:
        pytest.skip("no PostgreSQL server program (initdb, pg_ctl, postgres) on this machine")


@pytest.fixture(scope="session")
def postgres_template(postgres_server) -> str:
    """A migrated database with the standing people, to be copied."""
    name = postgres_server.create()
    url = postgres_server.url(name)
    migrated(Location(kind="postgresql", registry=url, checks=url))
    return name


@pytest.fixture
def postgresql(postgres_server, postgres_template) -> Iterator[Databases]:
    name = postgres_server.create(postgres_template)
    url = postgres_server.url(name)
    databases = Location(kind="postgresql", registry=url, checks=url).open()
    yield databases
    databases.close()
    postgres_server.drop(name)


@pytest.fixture
def empty_sqlite(tmp_path) -> Iterator[Databases]:
    (tmp_path / "empty").mkdir()
    databases = Location.folder(tmp_path / "empty").open()
    yield databases
    databases.close()


@pytest.fixture
def empty_postgresql(postgres_server) -> Iterator[Databases]:
    name = postgres_server.create()
    url = postgres_server.url(name)
    databases = Location(kind="postgresql", registry=url, checks=url).open()
    yield databases
    databases.close()
    postgres_server.drop(name)


@pytest.fixture(params=KINDS)
def databases(request) -> Databases:
    """Migrated databases, of one kind and then of the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=KINDS)
def empty_databases(request) -> Databases:
    """Databases without any schema, of one kind and then of the other."""
    return request.getfixturevalue(f"empty_{request.param}")


@pytest.fixture
def units(databases):
    return databases.units


@pytest.fixture
def erase(units):
    """Erases the codes of a case, withdrawn in the same transaction."""

    def remove(case):
        with units.write() as unit:
            unit.cases.save(withdraw(case, NOW))
            unit.references.erase_codes(case.id, NOW)
            unit.commit()

    return remove
