"""The sources of indexes: the searched codes of one family, read from the database."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from index.arrays import I64, U8
from index.search import id_checksum
from registry.domain import Family
from registry.ports import FeedChange
from registry.storage.pages import pages
from registry.storage.schema import changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnumbered:
    """Committed changes of a family that have no position yet. PostgreSQL has some while others write.

    The codes at the last position are those in the tables, without `late` and with `gone`.

    Attributes:
        late: ids that the log names as added, int64 [n].
        gone: ids that the log names as removed and not added again, int64 [n].
    """

    late: I64
    gone: I64

    @classmethod
    def read(cls, connection: Connection, family: Family) -> Self:
        """Read the changes of a family."""
        query = select(changes.c.code_id, changes.c.added).where(
            changes.c.position.is_(None), changes.c.family == family.value
        )
        rows = connection.execute(query).all()
        late = np.array([row.code_id for row in rows if row.added], np.int64)
        gone = np.array([row.code_id for row in rows if not row.added], np.int64)
        return cls(late=late, gone=np.setdiff1d(gone, late))


class SearchedCodes(Protocol):
    """The searched codes of one family. Threads: any. The transaction is the caller's.

    Errors: `SealBroken` if a sealed row does not open.
    """

    @property
    def family(self) -> Family:
        """The family."""
        ...

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Return up to `limit` changes of the family at positions in (position, until], in order."""
        ...

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Return how many codes these changes add or remove."""
        ...

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Return index ids, int64 [n], and codes, uint8 [n, row_bytes], of all codes at the last position."""
        ...

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Return number and checksum of the index ids, or None if removed codes can no longer be counted."""
        ...


def count_changes(connection: Connection, family: Family, position: int, until: int) -> int:
    """Return how many changes of the family have positions in (position, until]."""
    query = select(func.count()).select_from(changes).where(between(family, position, until))
    return int(connection.execute(query).scalar_one())


def books_of(connection: Connection, query: Select[int], unnumbered: Unnumbered) -> tuple[int, int]:
    """Return number and checksum of the ids at the last position, for a family whose log names index ids.

    Args:
        connection: the caller's transaction.
        query: reads the ids of all rows.
        unnumbered: changes without a position.
    """
    read = [np.array(page, np.int64)[:, 0] for page in pages(connection, query)]
    ids: I64 = np.concatenate([np.empty(0, np.int64), *read])
    if len(unnumbered.late) or len(unnumbered.gone):
        ids = np.setdiff1d(np.union1d(ids, unnumbered.gone), unnumbered.late)
    return len(ids), id_checksum(ids)


def between(family: Family, position: int, until: int) -> ColumnElement[bool]:
    """Return the condition on changes of the family at positions in (position, until]."""
    return and_(changes.c.family == family.value, changes.c.position > position, changes.c.position <= until)
