"""Signs of life of cases, and notices that one is missing, as rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, func, or_, select, update

from registry.domain import RetentionNotice, Silence
from registry.storage.schema import cases, retention_notices
from registry.storage.upserts import insert_into

_ONCE: Final = timedelta(days=1)
"""A sign of life is written at most once a day, so that reading a case seldom writes."""

_HEARD: Final = func.coalesce(cases.c.heard_at, cases.c.opened_at)
_NOTICES: Final = retention_notices.c
_FIRST: Final = select(func.min(_NOTICES.made_at)).where(_NOTICES.case_id == cases.c.id).scalar_subquery()
_STANDING: Final[Select[*tuple[Any, ...]]] = select(
    cases.c.id, cases.c.tenant_id, cases.c.heard_at, cases.c.opened_at, _FIRST.label("first")
).where(cases.c.withdrawn_at.is_(None))


class SqlRetention:
    """SQL implementation of `registry.ports.Retention`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hear(self, case_id: str, now: datetime) -> bool:
        """Note a sign of life, once a day, and delete the case's notices."""
        heard = self._connection.execute(
            update(cases)
            .where(cases.c.id == case_id, or_(cases.c.heard_at.is_(None), cases.c.heard_at <= now - _ONCE))
            .values(heard_at=now)
        )
        if not heard.rowcount:
            return False
        self.forget(case_id)
        return True

    def is_heard(self, case_id: str, now: datetime) -> bool:
        """Return whether a sign of life of the case was noted within a day."""
        query = select(cases.c.id).where(cases.c.id == case_id, cases.c.heard_at > now - _ONCE)
        return self._connection.execute(query).first() is not None

    def silent(self, before: datetime, after: str, limit: int) -> Sequence[Silence]:
        """Return standing cases without a sign of life since a time, by their ids."""
        query = _STANDING.where(before >= _HEARD, cases.c.id > after).order_by(cases.c.id).limit(limit)
        return tuple(map(_silence, self._connection.execute(query)))

    def silence(self, case_id: str) -> Silence | None:
        """Return the silence of a case as it is now; None if it is withdrawn."""
        row = self._connection.execute(_STANDING.where(cases.c.id == case_id)).one_or_none()
        return None if row is None else _silence(row)

    def add_notice(self, notice: RetentionNotice) -> bool:
        """Add a notice; return False if it was made before."""
        row = {
            "case_id": notice.case_id,
            "days": notice.days,
            "made_at": notice.made_at,
            "expires_at": notice.expires_at,
        }
        adding = insert_into(self._connection.dialect.name, retention_notices).values(row)
        added = adding.on_conflict_do_nothing().returning(_NOTICES.case_id)
        return self._connection.execute(added).first() is not None

    def notices(self, tenant_id: str) -> Sequence[RetentionNotice]:
        """Return the newest notice of each of a tenant's cases, the one that expires first first."""
        query = (
            select(retention_notices)
            .join(cases, cases.c.id == _NOTICES.case_id)
            .where(cases.c.tenant_id == tenant_id)
            .order_by(_NOTICES.expires_at, _NOTICES.case_id, _NOTICES.days.desc())
        )
        newest = {
            row.case_id: RetentionNotice(
                case_id=row.case_id, days=row.days, made_at=row.made_at, expires_at=row.expires_at
            )
            for row in self._connection.execute(query)
        }
        return tuple(newest.values())

    def forget(self, case_id: str) -> None:
        """Delete the notices of a case."""
        self._connection.execute(delete(retention_notices).where(_NOTICES.case_id == case_id))


def _silence(row: Row[*tuple[Any, ...]]) -> Silence:
    return Silence(
        case_id=row.id,
        tenant_id=row.tenant_id,
        heard_at=row.heard_at or row.opened_at,
        first_notice_at=row.first,
    )
