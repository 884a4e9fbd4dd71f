"""Units of work on both databases: all of it or nothing, and failures as one error."""

import resource
import sqlite3
from contextlib import contextmanager

import pytest
from sqlalchemy import func, insert, select, text

from registry.domain.ledger import Act
from registry.errors import NotFound, StorageUnavailable
from registry.events import LedgerEvent
from registry.storage.database import Durability
from registry.storage.schema import tables
from tests.support.databases.registry_parts import ALICE, NOW, a_case, a_reference, digest, pdq


def _act():
    return Act(event=LedgerEvent.CASE_OPENED, tenant_id="ten_alice", credential_id="crd_alice", at=NOW)


def _do_everything(unit):
    case = a_case()
    unit.cases.add(case)
    unit.references.add(a_reference(case, pdq(1), digest(1)))
    unit.ledger.append(_act())
    return case


def _fail_after_everything(units):
    with units.write() as unit:
        _do_everything(unit)
        raise KeyError


def _counts(databases):
    watched = (tables.cases, tables.references, tables.codes, tables.changes, tables.ledger_entries)
    with databases.registry.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in watched]


def test_a_commit_keeps_all_of_it(databases, units):
    """Case, reference, codes, change and ledger entry are there after one commit."""
    with units.write() as unit:
        _do_everything(unit)
        unit.commit()
    assert _counts(databases) == [1, 1, 2, 1, 1]


def test_without_a_commit_nothing_is_kept(databases, units):
    """Leaving a unit without a commit undoes everything."""
    with units.write() as unit:
        _do_everything(unit)
    assert _counts(databases) == [0, 0, 0, 0, 0]


def test_an_error_undoes_everything(databases, units):
    """An error inside a unit comes out as itself and leaves nothing."""
    with pytest.raises(KeyError):
        _fail_after_everything(units)
    assert _counts(databases) == [0, 0, 0, 0, 0]


def test_nothing_is_seen_before_the_commit(databases, units):
    """Another reader sees nothing of a unit until its commit, and all of it after."""
    with units.write() as unit:
        _do_everything(unit)
        assert _counts(databases) == [0, 0, 0, 0, 0]
        unit.commit()
        assert _counts(databases) == [1, 1, 2, 1, 1]


def test_a_reading_unit_keeps_its_snapshot(units):
    """A reading unit does not see a commit made while it is open; the next unit does."""
    case = a_case()
    with units.read() as reading:
        assert reading.cases.unerased() == ()
        with units.write() as unit:
            unit.cases.add(case)
            unit.commit()
        with pytest.raises(NotFound):
            reading.cases.get(case.id, ALICE.tenant_id)
    with units.read() as reading:
        assert reading.cases.get(case.id, ALICE.tenant_id) == case


def test_a_connection_goes_back_clean(units, databases):
    """After a failed unit the next one works, more often than there are connections."""
    for _ in range(40):
        with pytest.raises(KeyError):
            _fail_after_everything(units)
    with units.write() as unit:
        _do_everything(unit)
        unit.commit()
    assert _counts(databases)[0] == 1


@pytest.mark.postgres
def test_a_reading_unit_cannot_write_on_postgresql(postgresql):
    """PostgreSQL refuses a write in a unit that was opened for reading."""
    with pytest.raises(StorageUnavailable), postgresql.units.read() as unit:
        unit.cases.add(a_case())


@pytest.mark.postgres
def test_a_lost_server_connection_is_unavailable_and_then_heals(postgresql):
    """A connection that the server ended is `StorageUnavailable` once at most, and nothing was written."""
    end_the_others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    def write_while_the_server_ends_it():
        with postgresql.units.write() as unit:
            _do_everything(unit)
            with postgresql.registry.engine.connect() as other:
                other.execute(end_the_others)
            unit.commit()

    with pytest.raises(StorageUnavailable):
        write_while_the_server_ends_it()
    assert _counts(postgresql) == [0, 0, 0, 0, 0]


def test_a_locked_database_is_unavailable(sqlite, monkeypatch):
    """Where another process holds the database longer than is waited, the answer is 503 and nothing is written."""
    monkeypatch.setattr("registry.storage.database.BUSY_TIMEOUT_MS", 10)
    patient = sqlite.another()
    holder = sqlite3.connect(sqlite.location.registry, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable) as error, patient.units.write() as unit:
        _do_everything(unit)
    holder.execute("ROLLBACK")
    holder.close()
    assert error.value.status == 503
    assert _counts(patient) == [0, 0, 0, 0, 0]
    patient.close()


def test_a_new_files_first_writer_is_waited_for(empty_sqlite, monkeypatch):
    """A process that opens a new file while another one makes it waits for its turn instead of failing."""
    maker = sqlite3.connect(empty_sqlite.location.registry, isolation_level=None)
    maker.execute("BEGIN IMMEDIATE")
    waits = []

    def finish(seconds):
        waits.append(seconds)
        maker.execute("COMMIT")

    monkeypatch.setattr("registry.storage.database.time.sleep", finish)
    empty_sqlite.registry.ping()
    maker.close()
    assert len(waits) == 1
    empty_sqlite.registry.require_durability(Durability.FULL)


def test_a_new_file_that_stays_locked_is_unavailable(empty_sqlite, monkeypatch):
    """Waiting for the journal mode ends, and the lock is told."""
    for bound in ("BUSY_TIMEOUT_MS", "PATIENCE_MS"):
        monkeypatch.setattr(f"registry.storage.database.{bound}", 10)
    maker = sqlite3.connect(empty_sqlite.location.registry, isolation_level=None)
    maker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="The database is locked"):
        empty_sqlite.registry.ping()
    maker.close()


@contextmanager
def _full_disk(path):
    """Lets no file of this process grow beyond the size that this one has now."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_unavailable_and_leaves_nothing_half_written(sqlite):
    """Where the disk takes no more, an act is refused with 503, nothing of it is left, and later acts succeed."""
    log = sqlite.registry.path.with_name("registry.sqlite-wal")

    def enrol():
        with sqlite.units.write() as unit:
            _do_everything(unit)
            unit.commit()

    enrol()
    with _full_disk(log), pytest.raises(StorageUnavailable, match="The disk of the database"):
        enrol()
    assert _counts(sqlite) == [1, 1, 2, 1, 1]
    enrol()
    assert _counts(sqlite) == [2, 2, 4, 2, 2]


def test_purging_empties_the_write_ahead_log(sqlite):
    """After purging, no deleted code can be read from the log, as it is empty."""
    log = sqlite.registry.path.with_name("registry.sqlite-wal")
    case = a_case()
    with sqlite.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq("erased")))
        unit.commit()
    assert pdq("erased").value in log.read_bytes()
    with sqlite.units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    sqlite.registry.purge_files()
    assert log.stat().st_size == 0
    assert pdq("erased").value not in sqlite.registry.path.read_bytes()


def test_purging_beside_a_reader_is_put_off(sqlite, monkeypatch):
    """A reader that still needs the log keeps it from being purged, which is told and not passed over."""
    monkeypatch.setattr("registry.storage.database.BUSY_TIMEOUT_MS", 10)
    patient = sqlite.another()
    with sqlite.units.read() as unit:
        unit.cases.unerased()
        with patient.units.write() as other:
            other.cases.add(a_case())
            other.commit()
        with pytest.raises(StorageUnavailable):
            patient.registry.purge_files()
    patient.registry.purge_files()
    patient.close()


def test_purging_onto_a_full_disk_is_unavailable(sqlite):
    """A log that cannot be written back is `StorageUnavailable`, not the driver's own error."""
    more_than_its_free_pages = "x" * 4_000_000
    with sqlite.registry.write() as connection:
        connection.execute(insert(tables.meta).values(name="filler", value=more_than_its_free_pages))
        connection.commit()
    with (
        _full_disk(sqlite.registry.path),
        pytest.raises(StorageUnavailable, match="The disk of the database"),
    ):
        sqlite.registry.purge_files()
    sqlite.registry.purge_files()


def test_readers_do_not_wait_for_a_writer(sqlite):
    """While a writer holds its turn, reading goes on."""
    reader = sqlite.another()
    with sqlite.units.write() as unit:
        _do_everything(unit)
        assert _counts(reader) == [0, 0, 0, 0, 0]
    reader.close()


def test_an_error_text_names_no_value(sqlite):
    """The database's message about a failed statement, with its values, does not reach the error."""
    sqlite.registry.engine.dispose()
    raw = sqlite3.connect(sqlite.location.registry, isolation_level=None)
    raw.execute("DROP TABLE codes")
    raw.close()

    def enrol_a_secret():
        case = a_case()
        with sqlite.units.write() as unit:
            unit.cases.add(case)
            unit.references.add(a_reference(case, pdq("a secret")))

    with pytest.raises(StorageUnavailable) as error:
        enrol_a_secret()
    assert "codes" not in str(error.value)
    assert pdq("a secret").value.hex() not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("durability", Durability)
def test_the_pragmas_are_in_force(sqlite, durability):
    """Every pooled connection has the pragmas of its durability, and the assertion at start-up agrees."""
    database = sqlite.registry if durability is Durability.FULL else sqlite.checks
    database.require_durability(durability)
    connections = [database.engine.connect() for _ in range(3)]
    for connection in connections:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in (
                "journal_mode",
                "synchronous",
                "secure_delete",
                "foreign_keys",
                "trusted_schema",
                "page_size",
            )
        }
        connection.close()
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2 if durability is Durability.FULL else 1,
            "secure_delete": 1,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "page_size": 8192,
        }


def test_too_little_durability_stops_the_start(sqlite):
    """A database that only waits for the process is refused where the disk is promised."""
    with pytest.raises(StorageUnavailable, match="synchronous is 1, not 2"):
        sqlite.checks.require_durability(Durability.FULL)


def test_a_database_file_is_its_owners_alone(empty_sqlite):
    """The database and its write-ahead log can be read by nobody else."""
    with empty_sqlite.registry.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.commit()
        files = list(empty_sqlite.registry.path.parent.glob("registry.sqlite*"))
    assert len(files) == 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
