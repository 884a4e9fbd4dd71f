"""Helpers to read many rows fast, and to name many rows in one statement."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select

from registry.storage.failures import unavailable

MAX_NAMES: Final = 5_000
"""Names in one statement, and rows fetched at once. SQLite accepts at most 32,766 parameters in a statement."""

Name = TypeVar("Name")


def pages(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """Yield the driver's own tuples, page by page. For a million rows this is 5 times as fast as SQLAlchemy's rows.

    Half of the gain comes from disabling the cycle collector, which would scan each page again. The transaction must
    have begun. On PostgreSQL a named cursor is used, because the driver would otherwise fetch all rows at once.

    Raises:
        StorageUnavailable: the database failed.
    """
    statement = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor() if connection.dialect.name == "sqlite" else driver.cursor(name="pages")
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        cursor.execute(statement)
        while page := cursor.fetchmany(MAX_NAMES):
            yield page
    except connection.dialect.loaded_dbapi.Error as error:
        # An exception of the driver, which SQLAlchemy does not translate here.
        raise unavailable(error) from None
    finally:
        if was_enabled:
            gc.enable()
        cursor.close()


def batched(names: Iterable[Name]) -> Iterator[list[Name]]:
    """Yield the names in lists of at most `MAX_NAMES`, each for one statement."""
    everything = list(names)
    for start in range(0, len(everything), MAX_NAMES):
        yield everything[start : start + MAX_NAMES]
