"""The withdrawal journals as rows: how long each was when it was last seen, so that an older copy is noticed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from registry.domain import JournalPlace
from registry.storage.schema import withdrawal_journals
from registry.storage.upserts import insert_into


class SqlJournals:
    """SQL implementation of `registry.ports.Journals`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def places(self) -> Sequence[JournalPlace]:
        """Return the place up to which each journal was seen."""
        rows = self._connection.execute(select(withdrawal_journals).order_by(withdrawal_journals.c.id))
        return tuple(
            JournalPlace(journal_id=row.id, lines=row.lines, digest=bytes(row.digest)) for row in rows
        )

    def save(self, place: JournalPlace, at: datetime) -> None:
        """Remember a place, unless a later one of the same journal is remembered."""
        row = {"id": place.journal_id, "lines": place.lines, "digest": place.digest, "seen_at": at}
        adding = insert_into(self._connection.dialect.name, withdrawal_journals).values(row)
        self._connection.execute(
            adding.on_conflict_do_update(
                index_elements=["id"], set_=row, where=withdrawal_journals.c.lines < place.lines
            )
        )

    def forget(self) -> None:
        """Forget all journals."""
        self._connection.execute(delete(withdrawal_journals))
