"""Lists of a tenant's checks, and labels of checks, as rows of the database of checks."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, and_, delete, or_, select

from registry.domain import Check, require_room
from registry.errors import NotFound
from registry.ports import CheckFilter, CheckPlace
from registry.storage.database import Database
from registry.storage.rows.checks import check_of
from registry.storage.schema import check_labels, checks
from registry.storage.upserts import insert_into


class SqlCheckLists:
    """SQL implementation of `registry.ports.CheckLists`. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_tenant(
        self, tenant_id: str, wanted: CheckFilter, *, after: CheckPlace | None, limit: int
    ) -> tuple[tuple[Check, tuple[str, ...]], ...]:
        """Return checks with their labels, the newest first, at most `limit`."""
        query = _filtered(tenant_id, wanted)
        if after is not None:
            at, last = after.checked_at, after.check_id
            query = query.where(
                or_(checks.c.checked_at < at, and_(checks.c.checked_at == at, checks.c.id < last))
            )
        query = query.order_by(checks.c.checked_at.desc(), checks.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            found = [check_of(row, ()) for row in connection.execute(query)]
            labels = _labels_of(connection, [check.id for check in found])
        return tuple((check, labels.get(check.id, ())) for check in found)

    def add_label(self, check_id: str, tenant_id: str, label: str) -> tuple[str, ...]:
        """Add a label to the tenant's check and return all; raise `NotFound` or `LabelRefused`."""
        with self._database.write() as connection:
            _lock(connection, check_id, tenant_id)
            require_room(_labels_of(connection, [check_id]).get(check_id, ()), label)
            row = insert_into(connection.dialect.name, check_labels).values(check_id=check_id, label=label)
            connection.execute(row.on_conflict_do_nothing())
            left = _labels_of(connection, [check_id]).get(check_id, ())
            connection.commit()
        return left

    def remove_label(self, check_id: str, tenant_id: str, label: str) -> tuple[str, ...]:
        """Remove a label of the tenant's check, if it is there, and return the others; raise `NotFound`."""
        named = (check_labels.c.check_id == check_id, check_labels.c.label == label)
        with self._database.write() as connection:
            _lock(connection, check_id, tenant_id)
            connection.execute(delete(check_labels).where(*named))
            left = _labels_of(connection, [check_id]).get(check_id, ())
            connection.commit()
        return left


def _filtered(tenant_id: str, wanted: CheckFilter) -> Select[tuple[object, ...]]:
    query = select(checks).where(checks.c.tenant_id == tenant_id)
    if wanted.outcome is not None:
        query = query.where(checks.c.outcome == wanted.outcome.value)
    if wanted.label is not None:
        labelled = select(check_labels.c.check_id).where(check_labels.c.label == wanted.label)
        query = query.where(checks.c.id.in_(labelled))
    if wanted.since is not None:
        query = query.where(checks.c.checked_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(checks.c.checked_at < wanted.until)
    return query


def _labels_of(connection: Connection, check_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    query = select(check_labels).where(check_labels.c.check_id.in_(check_ids))
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(query.order_by(check_labels.c.label)):
        found[row.check_id] = (*found.get(row.check_id, ()), row.label)
    return found


def _lock(connection: Connection, check_id: str, tenant_id: str) -> None:
    """Lock the tenant's check, so that its labels are counted one after the other; raise `NotFound`."""
    query = select(checks.c.id).where(checks.c.id == check_id, checks.c.tenant_id == tenant_id)
    if connection.execute(query.with_for_update()).one_or_none() is None:
        raise NotFound
