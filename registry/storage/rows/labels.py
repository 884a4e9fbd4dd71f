"""Labels of cases as rows."""

from sqlalchemy import Connection, delete, select

from registry.storage.schema import case_labels
from registry.storage.upserts import insert_into


class SqlCaseLabels:
    """SQL implementation of `registry.ports.CaseLabels`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, case_id: str, label: str) -> None:
        """Add a label; one that is there stays."""
        row = insert_into(self._connection.dialect.name, case_labels).values(case_id=case_id, label=label)
        self._connection.execute(row.on_conflict_do_nothing())

    def remove(self, case_id: str, label: str) -> None:
        """Remove a label, if it is there."""
        named = (case_labels.c.case_id == case_id, case_labels.c.label == label)
        self._connection.execute(delete(case_labels).where(*named))

    def of_case(self, case_id: str) -> tuple[str, ...]:
        """Return the labels of a case in their order."""
        query = select(case_labels.c.label).where(case_labels.c.case_id == case_id)
        return tuple(self._connection.execute(query.order_by(case_labels.c.label)).scalars())

    def forget(self, case_id: str) -> None:
        """Remove all labels of a case that is withdrawn."""
        self._connection.execute(delete(case_labels).where(case_labels.c.case_id == case_id))
