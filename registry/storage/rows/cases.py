"""Cases as rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, ScalarSelect, and_, func, insert, or_, select, true, tuple_, update

from index.verdict import Level
from registry.domain import Case, CaseState
from registry.errors import NotFound
from registry.storage.pages import batched
from registry.storage.schema import case_labels, cases, changes, code_families, index_machines

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Time without a report after which a machine counts as removed. `IndexKeeper` reports every hour."""

_NO_MACHINE: Final = 2**62
"""Position after all others, used if there are no machines with index files: then no file holds removed codes."""


class SqlCases:
    """SQL implementation of `registry.ports.Cases`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, case: Case) -> None:
        """Add a new case."""
        self._connection.execute(
            insert(cases).values(
                id=case.id,
                tenant_id=case.tenant_id,
                level=int(case.level),
                state=case.state.value,
                opened_at=case.opened_at,
                opened_by=case.opened_by,
                claimed_level=int(case.claimed_level),
                verified_by=case.verified_by,
                suspended_at=case.suspended_at,
                withdrawn_at=case.withdrawn_at,
                erased_at=case.erased_at,
            )
        )

    def get(self, case_id: str, tenant_id: str, *, for_update: bool = False) -> Case:
        """Return the tenant's case; raise `NotFound`."""
        query = select(cases).where(cases.c.id == case_id, cases.c.tenant_id == tenant_id)
        row = self._connection.execute(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise NotFound
        return _case(row)

    def of_any_tenant(self, case_id: str) -> Case:
        """Return a case of whichever tenant, locked; raise `NotFound`."""
        row = self._connection.execute(
            select(cases).where(cases.c.id == case_id).with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound
        return _case(row)

    def of_tenant(
        self, tenant_id: str, *, after: str | None, limit: int, label: str | None = None
    ) -> tuple[Case, ...]:
        """Return a tenant's cases in the order of their opening, from the one that follows `after` on."""
        query = select(cases).where(cases.c.tenant_id == tenant_id)
        if label is not None:
            labelled = select(case_labels.c.case_id).where(case_labels.c.label == label)
            query = query.where(cases.c.id.in_(labelled))
        if after is not None:
            last = select(cases.c.opened_at, cases.c.id).where(cases.c.id == after)
            query = query.where(tuple_(cases.c.opened_at, cases.c.id) > last.scalar_subquery())
        query = query.order_by(cases.c.opened_at, cases.c.id).limit(limit)
        return tuple(_case(row) for row in self._connection.execute(query))

    def save(self, case: Case) -> None:
        """Write state, levels and times of an existing case."""
        self._connection.execute(
            update(cases)
            .where(cases.c.id == case.id)
            .values(
                state=case.state.value,
                level=int(case.level),
                claimed_level=int(case.claimed_level),
                verified_by=case.verified_by,
                suspended_at=case.suspended_at,
                withdrawn_at=case.withdrawn_at,
                erased_at=case.erased_at,
            )
        )

    def withdrawn_since(self, at: datetime) -> tuple[Case, ...]:
        """Return the cases that were withdrawn at a time or later, oldest first."""
        query = select(cases).where(cases.c.withdrawn_at.is_not(None), cases.c.withdrawn_at >= at)
        ordered = query.order_by(cases.c.withdrawn_at, cases.c.id)
        return tuple(_case(row) for row in self._connection.execute(ordered))

    def any(self) -> bool:
        """Return whether there is any case."""
        return self._connection.execute(select(cases.c.id).limit(1)).first() is not None

    def unerased(self) -> tuple[Case, ...]:
        """Return the withdrawn cases whose erasure is not finished, oldest first."""
        query = (
            select(cases)
            .where(cases.c.withdrawn_at.is_not(None), cases.c.erased_at.is_(None))
            .order_by(cases.c.withdrawn_at, cases.c.id)
        )
        return tuple(_case(row) for row in self._connection.execute(query))

    def gone_from_files(self, waiting: Sequence[Case], now: datetime) -> tuple[Case, ...]:
        """Return the cases whose codes are erased from the index files of all families on all machines.

        A machine without a report for `FORGOTTEN_AFTER` counts as removed and is ignored. A machine that has not
        reported about a family yet may have files of it, so all cases wait for it.
        """
        erased = _erased_position(now)
        gone: set[str] = set()
        for page in batched(case.id for case in waiting):
            query = (
                select(cases.c.id)
                .join(changes, changes.c.id == cases.c.removal_id, isouter=True)
                .where(
                    cases.c.id.in_(page),
                    or_(
                        cases.c.removal_id.is_(None), changes.c.position <= func.coalesce(erased, _NO_MACHINE)
                    ),
                )
            )
            gone.update(self._connection.execute(query).scalars())
        return tuple(case for case in waiting if case.id in gone)


def _erased_position(now: datetime) -> ScalarSelect[int]:
    """Return the query of the lowest erased position of all present machines and stored families.

    The result is NULL if there are no machines.
    """
    there = (
        select(index_machines.c.id)
        .where(index_machines.c.seen_at > now - FORGOTTEN_AFTER)
        .distinct()
        .subquery("there")
    )
    told = and_(index_machines.c.id == there.c.id, index_machines.c.family == code_families.c.name)
    return (
        select(func.min(func.coalesce(index_machines.c.erased_position, 0)))
        .select_from(there.join(code_families, true()).join(index_machines, told, isouter=True))
        .scalar_subquery()
    )


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id,
        tenant_id=row.tenant_id,
        level=Level(row.level),
        state=CaseState(row.state),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        claimed_level=Level(row.claimed_level),
        verified_by=row.verified_by,
        suspended_at=row.suspended_at,
        withdrawn_at=row.withdrawn_at,
        erased_at=row.erased_at,
    )
