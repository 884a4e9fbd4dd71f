"""Engines and transactions: SQLite with the pragmas that durability requires, or PostgreSQL.

A transaction states at its start whether it writes. On SQLite, a writing transaction starts with `BEGIN IMMEDIATE`, so
it waits for its turn instead of failing in the middle (0 busy errors instead of 5,055 in 11,459 transactions).
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from registry.errors import StorageUnavailable
from registry.storage.failures import is_locked, translated_errors, unavailable

BUSY_TIMEOUT_MS: Final = 5_000
"""Time for which a transaction waits for its turn on SQLite, and for a lock on PostgreSQL. A commit takes milliseconds;
a longer wait means a failing disk."""

PATIENCE_MS: Final = 60_000
"""Time for which migrations wait for their turn, and connections for a new file's journal mode. Four processes that
migrate a new database take more than 5 s on a busy machine. Nothing is answered meanwhile, so no request waits."""

_WAL_RETRY_S: Final = 0.01

PAGE_BYTES: Final = 8_192
"""Page size of a new database. The sealed windows of one picture take 2.3 kB, so 4 KiB would hold only one row."""

CACHE_KIB: Final = 32 * 1024
"""Page cache of a SQLite connection. It is allocated as needed, and only bulk enrolment needs it all."""

POOL_SIZE: Final = 16
"""Connections that a process keeps: a few more than it has request threads."""

POOL_TIMEOUT_S: Final = 5.0

_WRITES: Final = "registry_writes"
_PATIENT: Final = "registry_patient"


class Durability(Enum):
    """The event for which a commit waits."""

    FULL = "FULL"
    """The data is on the disk: an acknowledged act survives a power cut."""
    PROCESS = "NORMAL"
    """The operating system has the data: it survives a crash of the process. A power cut may lose the last commits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database with its connections. Make it after forking.

    Attributes:
        path: the SQLite file, or None on PostgreSQL.
    """

    engine: Engine
    path: Path | None

    @classmethod
    def sqlite(cls, path: Path, durability: Durability) -> Self:
        """Open a SQLite file, and make it if it is absent. Only its owner can read it."""
        path.touch(mode=0o600)
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None  # `BEGIN` is issued explicitly
            _enter_wal(connection)
            for pragma in (
                f"synchronous={durability.value}",
                f"cache_size=-{CACHE_KIB}",
                "secure_delete=ON",
                "foreign_keys=ON",
                "trusted_schema=OFF",
            ):
                connection.execute(f"PRAGMA {pragma}").close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            if options.get(_PATIENT, False):
                _begin_patiently(connection)
                return
            statement = "BEGIN IMMEDIATE" if options.get(_WRITES, False) else "BEGIN"
            # Through SQLAlchemy it would take 15 times as long, three times in each check.
            driver: Any = connection.connection.dbapi_connection
            try:
                driver.execute(statement).close()
            except sqlite3.Error as error:
                raise OperationalError(statement, None, error) from error

        return cls(engine=engine, path=path)

    @classmethod
    def postgresql(cls, url: str, durability: Durability) -> Self:
        """Open a PostgreSQL database with psycopg 3."""
        commit = "on" if durability is Durability.FULL else "off"
        if find_spec("psycopg") is None:
            raise StorageUnavailable("PostgreSQL needs the extra: pip install takedown-registry[postgres].")
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,
            connect_args={
                "options": f"-c synchronous_commit={commit} -c lock_timeout={BUSY_TIMEOUT_MS} -c timezone=UTC",
                "connect_timeout": 5,
            },
        )
        return cls(engine=engine, path=None)

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded database, SQLite."""
        return self.path is not None

    @contextmanager
    def write(self, *, patient: bool = False) -> Iterator[Connection]:
        """Open a writing transaction. It is rolled back unless `connection.commit()` is called.

        A patient one waits for its turn on SQLite for `PATIENCE_MS` instead of `BUSY_TIMEOUT_MS`.
        """
        with translated_errors(), self.engine.connect() as connection:
            yield connection.execution_options(**{_WRITES: True, _PATIENT: patient})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads. All its reads see one snapshot."""
        with translated_errors(), self.engine.connect() as connection:
            if self.is_sqlite:
                yield connection
            else:
                yield connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )

    def require_durability(self, durability: Durability) -> None:
        """Raise `StorageUnavailable` unless the settings that make commits survive a power cut are active."""
        if not self.is_sqlite:
            return
        wanted = {"journal_mode": "wal", "synchronous": 2 if durability is Durability.FULL else 1}
        with self.read() as connection:
            for pragma, value in {**wanted, "secure_delete": 1, "foreign_keys": 1}.items():
                found: Any = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
                if found != value:
                    raise StorageUnavailable(f"SQLite's {pragma} is {found}, not {value}.")

    def purge_files(self) -> None:
        """Empty SQLite's write-ahead log. Deleted codes stay readable there until then.

        PostgreSQL keeps deleted rows until its next VACUUM, and log files by its own settings (docs/operations.md).

        Raises:
            StorageUnavailable: a reader or writer prevents it; call again later.
        """
        if not self.is_sqlite:
            return
        with translated_errors():
            raw = self.engine.raw_connection()
            try:
                busy = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as error:
                # An exception of the driver, which SQLAlchemy does not translate here.
                raise unavailable(error) from None
            finally:
                raw.close()
        if busy:
            raise StorageUnavailable("The write-ahead log is in use.")

    def rewrite_files(self) -> bool:
        """Rewrite all tables on PostgreSQL, so that no file of the database holds deleted rows, and switch its log.

        1. Every table, and the statistics of its columns' values, is written anew; each is locked meanwhile.
        2. A checkpoint after that lets the server drop the log's old segments. Return False if this role may not order
           one: the server makes one by itself.

        SQLite overwrites deleted rows by itself; there only the log is emptied.

        Raises:
            StorageUnavailable: the database cannot be reached, or a table is in use for too long.
        """
        if self.is_sqlite:
            self.purge_files()
            return True
        with translated_errors(), self.engine.connect() as connection:
            own = connection.execution_options(isolation_level="AUTOCOMMIT")
            own.execute(text("SET lock_timeout = 0"))
            own.execute(text("VACUUM (FULL, ANALYZE)"))  # 1.
            own.execute(text("VACUUM (FULL) pg_catalog.pg_statistic"))
            for statement in ("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"):  # 2.
                try:
                    own.execute(text(statement))
                except ProgrammingError:
                    return False
            own.invalidate()  # it has another time limit than the pool's connections
        return True

    def ping(self) -> None:
        """Raise `StorageUnavailable` unless the database answers."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()


def _begin_patiently(connection: Connection) -> None:
    """Begin a writing transaction on SQLite, and leave the connection as hasty as it was."""
    connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MS}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Set page size and journal mode, and wait for other processes that open the same new file.

    SQLite does not wait here on its own. While another connection writes to a file that is not in WAL mode yet,
    SQLite reports `database is locked` at once (in about a quarter of the runs of four processes that started
    together).
    """
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}").close()
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}").close()  # no effect on a file that has pages already
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return
