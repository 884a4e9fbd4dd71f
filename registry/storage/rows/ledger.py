"""The ledger as rows: one chain over all tenants. Its end is locked from an append to the commit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, text

from registry.domain import GENESIS, Act, LedgerEntry, link
from registry.events import LedgerEvent
from registry.storage.pages import MAX_NAMES
from registry.storage.schema import ledger_entries

_LOCK: Final = 7_361_001
"""PostgreSQL's advisory lock of the chain's end. SQLite needs none, because there is one writer at a time."""

_BEFORE_ALL: Final = -(1 << 63)
"""Number below all possible ones, so that an entry smuggled in before the first is also read and does not fit."""

_UNREADABLE: Final = LedgerEntry(
    number=0,  # no entry has this number
    act=Act(
        event=LedgerEvent.CASE_OPENED, tenant_id="", credential_id="", at=datetime.min.replace(tzinfo=UTC)
    ),
    digest=b"",
)


class SqlLedger:
    """SQL implementation of `registry.ports.Ledger`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, act: Act) -> LedgerEntry:
        """Append an act."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        last = self._connection.execute(
            select(ledger_entries.c.number, ledger_entries.c.digest)
            .order_by(ledger_entries.c.number.desc())
            .limit(1)
        ).one_or_none()
        entry = link(1, act, GENESIS) if last is None else link(last.number + 1, act, bytes(last.digest))
        self._connection.execute(
            insert(ledger_entries).values(
                number=entry.number,
                event=act.event.value,
                tenant_id=act.tenant_id,
                credential_id=act.credential_id,
                at=act.at,
                case_id=act.case_id,
                reference_id=act.reference_id,
                check_id=act.check_id,
                detail=act.detail,
                digest=entry.digest,
            )
        )
        return entry

    def entries(self, after: int = 0) -> Iterator[LedgerEntry]:
        """Yield all entries after a number in order, page by page.

        For an unreadable entry, yield an entry that fits no chain, and stop.
        """
        last = after or _BEFORE_ALL
        while True:
            before = last
            query = select(ledger_entries).where(ledger_entries.c.number > last)
            rows = self._connection.execute(query.order_by(ledger_entries.c.number).limit(MAX_NAMES))
            try:
                for row in rows:
                    yield _entry(row)
                    last = row.number
            except ValueError:  # the row was altered: its event or time is not valid
                yield _UNREADABLE
                return
            if last == before:
                return

    def entry(self, number: int) -> LedgerEntry | None:
        """Return the entry with a number."""
        return self._one(ledger_entries.c.number == number)

    def find(self, digest: bytes) -> LedgerEntry | None:
        """Return the entry with a digest."""
        return self._one(ledger_entries.c.digest == digest)

    def of_case(self, case_id: str) -> tuple[LedgerEntry, ...]:
        """Return the entries that name a case, oldest first."""
        query = select(ledger_entries).where(ledger_entries.c.case_id == case_id)
        return tuple(_entry(row) for row in self._connection.execute(query.order_by(ledger_entries.c.number)))

    def _one(self, condition: ColumnElement[bool]) -> LedgerEntry | None:
        row = self._connection.execute(
            select(ledger_entries).where(condition).order_by(ledger_entries.c.number).limit(1)
        ).one_or_none()
        return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> LedgerEntry:
    act = Act(
        event=LedgerEvent(row.event),
        tenant_id=row.tenant_id,
        credential_id=row.credential_id,
        at=row.at,
        case_id=row.case_id,
        reference_id=row.reference_id,
        check_id=row.check_id,
        detail=row.detail,
    )
    return LedgerEntry(number=row.number, act=act, digest=bytes(row.digest))
