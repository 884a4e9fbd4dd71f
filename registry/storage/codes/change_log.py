"""The change log for writers, who extend it within the transaction of the change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, func, insert, literal, select, true

from registry.domain import Family
from registry.storage.schema import UtcDateTime, changes, code_families
from registry.storage.upserts import insert_into

_COLUMNS: Final = ["position", "family", "code_id", "added", "changed_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRows:
    """The names of a family's rows in the change log.

    Attributes:
        key: the column by which the log names a row.
        family: the family's name: a literal, or computed from the row.
        only: the condition that selects searched rows; other rows are not logged.
    """

    key: Column[int]
    family: ColumnElement[str]
    only: ColumnElement[bool] = true()  # noqa: RUF009 - a constant of SQL


class ChangeLog:
    """The additions and removals of one transaction, all with the same time.

    Attributes:
        at: the time.
        last_removal: id of the last removal that this transaction logged, or None. It must be this transaction's own
            entry, because a higher id of another transaction may get a lower position.
    """

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self.at = at
        self.last_removal: int | None = None

    def add(self, rows: LoggedRows, which: ColumnElement[bool], family: Family) -> None:
        """Log the addition of these rows, all of one family, and note that the family has codes."""
        logged = insert(changes).from_select(_COLUMNS, self._entries(rows, which, added=True))
        counted = {
            "preserve_rowcount": True
        }  # psycopg loses the row count with the cursor: it is -1, also for no rows
        if self._connection.execute(logged, execution_options=counted).rowcount:
            self._note(family)

    def remove(self, rows: LoggedRows, which: ColumnElement[bool]) -> None:
        """Log the removal of these rows. Call it before they are deleted."""
        logged = insert(changes).from_select(_COLUMNS, self._entries(rows, which, added=False))
        ids = self._connection.execute(logged.returning(changes.c.id)).scalars()
        self.last_removal = max(ids, default=self.last_removal)

    def _entries(
        self, rows: LoggedRows, which: ColumnElement[bool], *, added: bool
    ) -> Select[*tuple[Any, ...]]:
        at = literal(self.at, UtcDateTime)
        entry = select(self._position(rows.key), rows.family, rows.key, literal(added), at)
        return entry.where(which, rows.only).order_by(rows.key)

    def _position(self, key: ColumnElement[int]) -> ColumnElement[int | None]:
        """Number the changes at once on SQLite, which has one writer at a time. Elsewhere `change_feed` does it."""
        if self._connection.dialect.name != "sqlite":
            return literal(None)
        head = select(func.coalesce(func.max(changes.c.position), 0)).scalar_subquery()
        position: ColumnElement[int | None] = head + func.row_number().over(order_by=key)
        return position

    def _note(self, family: Family) -> None:
        name = code_families.c.name
        if self._connection.execute(select(name).where(name == family.value)).first() is not None:
            return
        adding = insert_into(self._connection.dialect.name, code_families).values(name=family.value)
        self._connection.execute(adding.on_conflict_do_nothing())
