"""Failures of the database as one error, which says what happened and nothing of what was stored."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.errors import StorageFull, StorageUnavailable

_LOCKED: Final = "The database is locked: another transaction holds it for longer than is waited."
_FULL: Final = "The disk of the database is full."
_AWAY: Final = "The database cannot be reached."
_DISK: Final = "The disk of the database fails."
_DAMAGED: Final = "The file is damaged, or is no database."

_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: "The file of the database cannot be opened.",
    sqlite3.SQLITE_READONLY: "The database can only be read.",
}
"""What SQLite's primary result codes say."""

_POSTGRESQL: Final = {
    "55P03": _LOCKED,  # lock_not_available: lock_timeout has passed
    "40P01": "The database ended the transaction, which waited for itself.",  # deadlock_detected
    "53100": _FULL,  # disk_full
    "53300": "The database has no connection left.",  # too_many_connections
    "57P01": _AWAY,  # admin_shutdown
    "57P02": _AWAY,  # crash_shutdown
    "57P03": _AWAY,  # cannot_connect_now
    "58030": _DISK,  # io_error
    "25006": "The database can only be read.",  # read_only_sql_transaction
}
"""What PostgreSQL's SQLSTATEs say."""

_PRIMARY: Final = 0xFF
"""Bits of a SQLite result code that its extended codes share."""

_CONNECTION: Final = "08"
"""Class of the SQLSTATEs about the connection."""


def is_locked(error: sqlite3.Error) -> bool:
    """True if another connection to a SQLite file stands in the way, and waiting may help."""
    return _sqlite_said(error) == _LOCKED


def _sqlite_said(error: sqlite3.Error) -> str | None:
    """Return what SQLite's result code says. Errors that Python's module raises on its own have no code."""
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY)


def unavailable(error: BaseException) -> StorageUnavailable:
    """Return the error for a failure that SQLAlchemy or the driver raised.

    The driver's message contains statements and values, so only the kind of the error and its code are read.
    """
    if isinstance(error, PoolTimeout):
        return StorageUnavailable("No connection to the database became free in time.")
    kind = type(error).__name__
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        told = _sqlite_said(cause)
        code = getattr(cause, "sqlite_errorname", None)
    else:
        code = getattr(cause, "sqlstate", None)
        told = _POSTGRESQL.get(code or "")
        if (code or _CONNECTION).startswith(_CONNECTION) and kind == "OperationalError":
            told = _AWAY  # psycopg has no code if the server was not reached, or left
    # A full disk is `SQLITE_FULL`, and where SQLite extends its shared memory `SQLITE_IOERR`.
    is_full = isinstance(cause, sqlite3.Error) and told in {_FULL, _DISK}
    return (StorageFull if is_full else StorageUnavailable)(
        (told or f"The database failed: {kind}.") + (f" ({code})" if code else "")
    )


@contextmanager
def translated_errors() -> Iterator[None]:
    """Translate failures of the database into `StorageUnavailable`. Programming errors pass unchanged."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        raise unavailable(error) from None
