"""Verification records as rows. They are only ever added."""

from sqlalchemy import Connection, insert, select

from index.verdict import Level
from registry.domain import EvidenceKind, Verification
from registry.storage.schema import verifications


class SqlVerifications:
    """SQL implementation of `registry.ports.Verifications`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, record: Verification) -> None:
        """Add a record."""
        self._connection.execute(
            insert(verifications).values(
                id=record.id,
                case_id=record.case_id,
                credential_id=record.credential_id,
                level=int(record.level),
                evidence=record.evidence.value,
                recorded_at=record.recorded_at,
            )
        )

    def of_case(self, case_id: str) -> tuple[Verification, ...]:
        """Return the records of a case, oldest first."""
        query = select(verifications).where(verifications.c.case_id == case_id)
        return tuple(
            Verification(
                id=row.id,
                case_id=row.case_id,
                credential_id=row.credential_id,
                level=Level(row.level),
                evidence=EvidenceKind(row.evidence),
                recorded_at=row.recorded_at,
            )
            for row in self._connection.execute(query.order_by(verifications.c.number))
        )
