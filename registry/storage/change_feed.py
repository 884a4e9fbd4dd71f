"""The change log as indexes read it, and the sequencer that numbers it (design.md section 10).

Writers insert changes without a position. Numbers are given to *committed* rows only: on SQLite in the writer's own
transaction, as there is one writer at a time; on PostgreSQL by whichever reader wins an advisory lock. Reading
`id > cursor` instead would miss rows that commit late: 1,007 of 7,595 under 8 writers.
"""

import gc
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Select, and_, func, select, text, update

from index.search.engine import CODE_BYTES, I64, U8, EngineStatus, id_checksum
from registry.errors import StorageUnavailable
from registry.storage.database import Database, translated_errors
from registry.storage.tables import changes, codes, meta
from registry.usecases.ports import FeedChange, FeedState

EPOCH: Final = "epoch"
EPOCH_BYTES: Final = 16

POLL_SECONDS: Final = 0.2
"""How often PostgreSQL is asked for news; the bound on how late an index learns of a registration."""

_LOCK: Final = 7_361_002
"""PostgreSQL's advisory lock of the sequencer."""

_PAGE: Final = 5_000

_SEARCHED_IDS: Final = select(codes.c.id).where(codes.c.searched)

_NUMBER: Final = text(
    """
    UPDATE changes SET position = numbered.position
    FROM (
        SELECT id, (SELECT coalesce(max(position), 0) FROM changes) + row_number() OVER (ORDER BY id) AS position
        FROM changes WHERE position IS NULL
    ) AS numbered
    WHERE changes.id = numbered.id
    """
)


def _pages(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """Yields the driver's own tuples: five times as fast as SQLAlchemy's rows, where a million are read.

    Half of that comes from keeping the cycle collector from looking through each page again. The transaction must
    have begun. PostgreSQL gets a cursor with a name: its driver would fetch everything at once otherwise.
    """
    statement = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor() if connection.dialect.name == "sqlite" else driver.cursor(name="pages")
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        cursor.execute(statement)
        while page := cursor.fetchmany(_PAGE):
            yield page
    except connection.dialect.loaded_dbapi.Error as error:  # the driver's own: SQLAlchemy did not see it
        raise StorageUnavailable(f"The database failed: {type(error).__name__}.") from None
    finally:
        if was_enabled:
            gc.enable()
        cursor.close()


def number_changes(connection: Connection) -> None:
    """Gives the changes without a position the next ones; the caller keeps others from doing the same."""
    connection.execute(_NUMBER)


def _unnumbered(connection: Connection) -> tuple[I64, I64]:
    """Returns the codes that committed changes without a position added, and those that such changes removed.

    PostgreSQL has some while others write; the codes at the last position are without the first, with the second.
    """
    query = select(changes.c.code_id, changes.c.added).where(changes.c.position.is_(None))
    rows = connection.execute(query).all()
    late = [row.code_id for row in rows if row.added]
    gone = [row.code_id for row in rows if not row.added]
    return np.array(late, np.int64), np.array(gone, np.int64)


class SqlChangeFeed:
    """Implements `registry.usecases.ports.ChangeFeed`. Threads: any."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._asked_at = float("-inf")
        self._lock = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._seen: int | None = None

    def has_news(self) -> bool:
        """Asks SQLite's `data_version` (3 us); PostgreSQL is polled by `state`, so news is what is overdue."""
        if self._database.path is None:
            return self._monotonic() - self._asked_at > 2 * POLL_SECONDS
        with self._lock:
            version = self._data_version()
            news = version != self._seen
            self._seen = version
            return news

    def version(self) -> int | None:
        """Returns a number that moves with every commit to the registry; None on PostgreSQL, and when unsure."""
        if self._database.path is None:
            return None
        with self._lock:
            version = self._data_version()
        return None if version < 0 else version

    def state(self) -> FeedState:
        """Numbers what waits to be numbered, and tells where the log stands."""
        if not self._database.is_sqlite:
            self._sequence()
        with self._database.read() as connection:
            head = connection.execute(select(func.max(changes.c.position))).scalar()
            epoch = connection.execute(select(meta.c.value).where(meta.c.name == EPOCH)).scalar_one()
        self._asked_at = self._monotonic()
        return FeedState(epoch=epoch, head=head or 0)

    def after(self, position: int, limit: int) -> tuple[FeedChange, ...]:
        """Returns up to `limit` changes after a position, in order."""
        query = (
            select(changes.c.position, changes.c.code_id, codes.c.value)
            .join_from(changes, codes, and_(codes.c.id == changes.c.code_id, changes.c.added), isouter=True)
            .where(changes.c.position > position)
            .order_by(changes.c.position)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(
                FeedChange(
                    position=row.position,
                    code_id=row.code_id,
                    value=None if row.value is None else bytes(row.value),
                )
                for row in connection.execute(query)
            )

    def everything(self) -> tuple[int, I64, U8]:
        """Returns the position, and ids int64 [n] and codes uint8 [n, 32] of all searched codes at it."""
        query = select(codes.c.id, codes.c.value).where(codes.c.searched).order_by(codes.c.id)
        ids: list[I64] = [np.empty(0, np.int64)]
        values: list[bytes] = []
        with self._database.read() as connection:
            position = connection.execute(select(func.max(changes.c.position))).scalar() or 0
            late, _ = _unnumbered(connection)
            for page in _pages(connection, query):
                page_ids, page_values = zip(*page, strict=True)
                ids.append(np.array(page_ids, np.int64))
                values.append(b"".join(page_values))
        all_ids = np.concatenate(ids)
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(all_ids), CODE_BYTES)
        if not len(late):
            return position, all_ids, held
        keep = ~np.isin(all_ids, late)
        return position, all_ids[keep], held[keep]

    def totals(self) -> EngineStatus:
        """Returns position, count and checksum that an index in step has."""
        if not self._database.is_sqlite:
            self._sequence()
        with self._database.read() as connection:
            position = connection.execute(select(func.max(changes.c.position))).scalar() or 0
            late, gone = _unnumbered(connection)
            pages = [np.array(page, np.int64)[:, 0] for page in _pages(connection, _SEARCHED_IDS)]
            ids: I64 = np.concatenate([np.empty(0, np.int64), *pages])
        if len(late) or len(gone):
            ids = np.setdiff1d(np.union1d(ids, gone), late)
        return EngineStatus(sequence=position, size=len(ids), checksum=id_checksum(ids))

    def begin_epoch(self, random: Callable[[int], bytes]) -> None:
        """Gives the database a new epoch: every index that follows it begins again."""
        with self._database.write() as connection:
            connection.execute(
                update(meta).where(meta.c.name == EPOCH).values(value=random(EPOCH_BYTES).hex())
            )
            connection.commit()

    def close(self) -> None:
        """Closes the connection that watches."""
        with self._lock:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None

    def _data_version(self) -> int:
        # A connection of its own, which never writes: the version then moves with every commit of any other.
        try:
            if self._watcher is None:
                self._watcher = sqlite3.connect(
                    str(self._database.path), isolation_level=None, check_same_thread=False
                )
            version: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            return -1 if self._seen != -1 else -2  # unsure is news; the reads that follow tell what is wrong
        return version

    def _sequence(self) -> None:
        waiting = select(changes.c.id).where(changes.c.position.is_(None)).limit(1)
        with translated_errors(), self._database.engine.connect() as connection:
            if connection.execute(waiting).first() is None:
                return
            won = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar()
            if won:
                number_changes(connection)
                connection.commit()
