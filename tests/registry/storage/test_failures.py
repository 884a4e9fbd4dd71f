"""The text of a database's failure: what happened, and nothing of what was asked or stored."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.errors import StorageUnavailable
from registry.storage.failures import translated_errors, unavailable

SECRET = "alice@example.org"


def _of_sqlite(code, name):
    error = sqlite3.OperationalError(SECRET)
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


def _told(cause, kind=OperationalError):
    """Returns the text for a statement with parameters that failed for this cause."""
    with pytest.raises(StorageUnavailable) as error, translated_errors():
        raise kind("SELECT :secret", {"secret": SECRET}, cause)
    assert error.value.__cause__ is None
    assert SECRET not in str(error.value)
    assert "SELECT" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("code", "name", "text"),
    [
        (sqlite3.SQLITE_BUSY, "SQLITE_BUSY", "The database is locked"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "SQLITE_BUSY_SNAPSHOT", "The database is locked"),
        (sqlite3.SQLITE_FULL, "SQLITE_FULL", "The disk of the database is full"),
        (sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC", "The disk of the database fails"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "SQLITE_CORRUPT_INDEX", "The file is damaged"),
        (sqlite3.SQLITE_NOTADB, "SQLITE_NOTADB", "The file is damaged"),
        (sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN", "cannot be opened"),
        (sqlite3.SQLITE_READONLY, "SQLITE_READONLY", "can only be read"),
        (sqlite3.SQLITE_ERROR, "SQLITE_ERROR", "The database failed: OperationalError"),
    ],
)
def test_sqlite_failures_are_told_by_their_code(code, name, text):
    """The result code of SQLite, extended or not, says what happened; its name stands behind."""
    told = _told(_of_sqlite(code, name))
    assert text in told
    assert told.endswith(f"({name})")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (psycopg.errors.LockNotAvailable, "The database is locked"),
        (psycopg.errors.DiskFull, "The disk of the database is full"),
        (psycopg.errors.TooManyConnections, "no connection left"),
        (psycopg.errors.AdminShutdown, "cannot be reached"),
        (psycopg.errors.ConnectionFailure, "cannot be reached"),
        (psycopg.errors.ReadOnlySqlTransaction, "can only be read"),
        (psycopg.errors.QueryCanceled, "The database failed: OperationalError"),
    ],
)
def test_postgresql_failures_are_told_by_their_sqlstate(error, text):
    """The SQLSTATE says what happened, and stands behind."""
    told = _told(error(SECRET))
    assert text in told
    assert told.endswith(f"({error.sqlstate})")


def test_failures_without_a_code_are_told_by_their_kind():
    """A server that was not reached has no code, as little as errors of Python's modules."""
    assert _told(psycopg.OperationalError(SECRET)) == "The database cannot be reached."
    assert _told(sqlite3.ProgrammingError(SECRET)) == "The database failed: OperationalError."
    assert _told(psycopg.InterfaceError(SECRET), InterfaceError) == "The database failed: InterfaceError."
    assert str(unavailable(PoolTimeout(SECRET))) == "No connection to the database became free in time."


def test_errors_of_the_driver_itself_are_read_too():
    """An error that SQLAlchemy has not wrapped is told in the same way."""
    assert "is full" in str(unavailable(_of_sqlite(sqlite3.SQLITE_FULL, "SQLITE_FULL")))
    assert "is locked" in str(unavailable(psycopg.errors.LockNotAvailable(SECRET)))
