"""Cases as rows."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from index.verdict import Level
from registry.domain.case import Case, CaseState
from registry.errors import NotFound
from registry.storage.tables import cases


class SqlCases:
    """Implements `registry.usecases.ports.Cases`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, case: Case) -> None:
        """Adds a new case."""
        self._connection.execute(
            insert(cases).values(
                id=case.id,
                tenant_id=case.tenant_id,
                level=int(case.level),
                state=case.state.value,
                opened_at=case.opened_at,
                withdrawn_at=case.withdrawn_at,
                erased_at=case.erased_at,
            )
        )

    def get(self, case_id: str, tenant_id: str, *, for_update: bool = False) -> Case:
        """Returns the tenant's case; raises `NotFound`."""
        query = select(cases).where(cases.c.id == case_id, cases.c.tenant_id == tenant_id)
        row = self._connection.execute(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise NotFound
        return _case(row)

    def save(self, case: Case) -> None:
        """Writes state and times of a case that exists."""
        self._connection.execute(
            update(cases)
            .where(cases.c.id == case.id)
            .values(state=case.state.value, withdrawn_at=case.withdrawn_at, erased_at=case.erased_at)
        )

    def unerased(self) -> tuple[Case, ...]:
        """Returns the withdrawn cases whose erasure is not finished, oldest first."""
        query = (
            select(cases)
            .where(cases.c.withdrawn_at.is_not(None), cases.c.erased_at.is_(None))
            .order_by(cases.c.withdrawn_at, cases.c.id)
        )
        return tuple(_case(row) for row in self._connection.execute(query))


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id,
        tenant_id=row.tenant_id,
        level=Level(row.level),
        state=CaseState(row.state),
        opened_at=row.opened_at,
        withdrawn_at=row.withdrawn_at,
        erased_at=row.erased_at,
    )
