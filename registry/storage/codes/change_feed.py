"""The change log as indexes read it, and the sequencer that numbers it.

Writers insert changes without a position. Only *committed* rows get a position: on SQLite in the writer's own
transaction, because there is one writer at a time; on PostgreSQL by the reader that gets an advisory lock. Reading
`id > cursor` instead would miss rows that commit late: 1,007 of 7,595 rows with 8 writers.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, func, select, text, update

from index.arrays import I64, U8
from index.search import EngineStatus
from registry.domain import Family
from registry.errors import StorageUnavailable
from registry.ports import FeedPage, FeedState
from registry.storage.codes.searched import SearchedCodes, Unnumbered
from registry.storage.database import Database
from registry.storage.failures import translated_errors
from registry.storage.schema import changes, code_families, meta

EPOCH: Final = "epoch"
EPOCH_BYTES: Final = 16

POLL_SECONDS: Final = 0.2
"""Interval at which PostgreSQL is asked for news. It bounds the delay until an index sees a registration."""

_LOCK: Final = 7_361_002
"""PostgreSQL's advisory lock of the sequencer."""

_LOOKS_FOR_BOOKS: Final = 20
"""Attempts to count the codes without meeting a removal that has no position. At 400 removals a second, every other
attempt meets one."""

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


def number_changes(connection: Connection) -> None:
    """Give the next positions to the changes without one. The caller ensures that nobody else does so at the time."""
    connection.execute(_NUMBER)


def _head(connection: Connection) -> int:
    head: int | None = connection.execute(select(func.max(changes.c.position))).scalar()
    return head or 0


class SqlChangeFeed:
    """SQL implementation of `registry.ports.indexing.ChangeFeed` for one family. Threads: any."""

    def __init__(
        self, database: Database, searched: SearchedCodes, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._searched = searched
        self._monotonic = monotonic
        self._asked_at = float("-inf")
        self._lock = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._seen: int | None = None

    @property
    def family(self) -> Family:
        """The family whose changes are read."""
        return self._searched.family

    def has_news(self) -> bool:
        """Return whether there may be news: on SQLite if `data_version` changed (3 µs), else if a poll is overdue."""
        if self._database.path is None:
            return self._monotonic() - self._asked_at > 2 * POLL_SECONDS
        with self._lock:
            version = self._data_version()
            news = version != self._seen
            self._seen = version
            return news

    def version(self) -> int | None:
        """Return a number that changes with every commit to the registry; None on PostgreSQL and when unsure."""
        if self._database.path is None:
            return None
        with self._lock:
            version = self._data_version()
        return None if version < 0 else version

    def state(self) -> FeedState:
        """Number the committed changes that have no position yet, and return the state of the log."""
        if not self._database.is_sqlite:
            self._sequence()
        with self._database.read() as connection:
            head = _head(connection)
            epoch = connection.execute(select(meta.c.value).where(meta.c.name == EPOCH)).scalar_one()
            families = frozenset(connection.execute(select(code_families.c.name)).scalars())
        self._asked_at = self._monotonic()
        return FeedState(epoch=epoch, head=head, families=families)

    def after(self, position: int, until: int, limit: int) -> FeedPage:
        """Return changes at positions in (position, until], in order, with about `limit` codes at most."""
        most = max(1, limit // self.family.most_codes)
        with self._database.read() as connection:
            found = self._searched.after(connection, position, until, most)
            reached = found[-1].position if len(found) == most else min(until, _head(connection))
        return FeedPage(changes=tuple(found), reached=reached)

    def waiting(self, position: int, until: int) -> int:
        """Return how many codes the changes at positions in (position, until] add or remove."""
        with self._database.read() as connection:
            return self._searched.waiting(connection, position, until)

    def everything(self) -> tuple[int, I64, U8]:
        """Return a position and all searched codes at it: index ids, int64 [n], and codes, uint8 [n, row_bytes]."""
        with self._database.read() as connection:
            position = _head(connection)
            unnumbered = Unnumbered.read(connection, self.family)
            return position, *self._searched.everything(connection, unnumbered)

    def totals(self) -> EngineStatus:
        """Return the position, count and checksum that an index in step with the log must have."""
        for _ in range(_LOOKS_FOR_BOOKS):
            if not self._database.is_sqlite:
                self._sequence()
            with self._database.read() as connection:
                position = _head(connection)
                books = self._searched.books(connection, Unnumbered.read(connection, self.family))
            if books is not None:
                return EngineStatus(sequence=position, size=books[0], checksum=books[1])
        raise StorageUnavailable("Too much is being withdrawn to count what is held.")

    def begin_epoch(self, random: Callable[[int], bytes]) -> None:
        """Give the database a new epoch. Every index that follows the database then begins again."""
        with self._database.write() as connection:
            connection.execute(
                update(meta).where(meta.c.name == EPOCH).values(value=random(EPOCH_BYTES).hex())
            )
            connection.commit()

    def close(self) -> None:
        """Close the connection that watches for commits."""
        with self._lock:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None

    def _data_version(self) -> int:
        # This connection never writes, so its version changes with every commit of any other connection.
        try:
            if self._watcher is None:
                self._watcher = sqlite3.connect(
                    str(self._database.path), isolation_level=None, check_same_thread=False
                )
            version: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            # A failure counts as news: the reads that follow report it.
            return -1 if self._seen != -1 else -2
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
