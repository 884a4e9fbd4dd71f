"""Consents as rows. A row is added, and later withdrawn; it is never deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, null, select, update

from registry.domain import Consent, ConsentPurpose, ConsentStated, ConsentWay, Language
from registry.storage.pages import batched
from registry.storage.schema import cases, consents


class SqlConsents:
    """SQL implementation of `registry.ports.Consents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, consent: Consent) -> None:
        """Add a consent. The first one in force of a likeness lets faces of its case be stored."""
        lets_faces = consent.purpose is ConsentPurpose.LIKENESS and not self._lets_faces(consent.case_id)
        self._connection.execute(
            insert(consents).values(
                id=consent.id,
                case_id=consent.case_id,
                purpose=consent.purpose.value,
                text=consent.text,
                language=consent.stated.language.value,
                way=consent.stated.way.value,
                given_at=consent.given_at,
                recorded_by=consent.recorded_by,
                faces_of_case=consent.case_id if lets_faces else None,
            )
        )

    def of_case(self, case_id: str) -> tuple[Consent, ...]:
        """Return the consents of a case, oldest first."""
        query = select(consents).where(consents.c.case_id == case_id).order_by(consents.c.number)
        return tuple(_consent(row) for row in self._connection.execute(query))

    def withdraw(self, case_id: str, purposes: Sequence[ConsentPurpose], at: datetime) -> int:
        """End all consents of a case for these purposes, and return their number."""
        ended = self._connection.execute(
            update(consents)
            .where(
                consents.c.case_id == case_id,
                consents.c.purpose.in_([purpose.value for purpose in purposes]),
                consents.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=at, faces_of_case=null())
        )
        return ended.rowcount

    def withdrawn_likenesses(self, since: datetime) -> tuple[tuple[str, datetime], ...]:
        """Return the standing cases whose consent to a likeness ended at a time or later, and when."""
        query = (
            select(consents.c.case_id, consents.c.withdrawn_at)
            .join(cases, cases.c.id == consents.c.case_id)
            .where(
                consents.c.purpose == ConsentPurpose.LIKENESS.value,
                consents.c.withdrawn_at >= since,
                cases.c.withdrawn_at.is_(None),
            )
            .distinct()
        )
        return tuple((row.case_id, row.withdrawn_at) for row in self._connection.execute(query))

    def unerased(self) -> tuple[tuple[str, str], ...]:
        """Return case and tenant of standing cases whose likeness was withdrawn, until `save_erased`."""
        query = (
            select(cases.c.id, cases.c.tenant_id)
            .where(
                cases.c.withdrawn_at.is_(None),
                exists().where(
                    consents.c.case_id == cases.c.id,
                    consents.c.purpose == ConsentPurpose.LIKENESS.value,
                    consents.c.withdrawn_at.is_not(None),
                    consents.c.erased_at.is_(None),
                ),
            )
            .order_by(cases.c.id)
        )
        return tuple((row.id, row.tenant_id) for row in self._connection.execute(query))

    def save_erased(self, case_ids: Sequence[str], before: datetime, at: datetime) -> None:
        """Note that what was withdrawn by `before` left no trace in files."""
        for page in batched(case_ids):
            self._connection.execute(
                update(consents)
                .where(
                    consents.c.case_id.in_(page),
                    consents.c.withdrawn_at <= before,
                    consents.c.erased_at.is_(None),
                )
                .values(erased_at=at)
            )

    def _lets_faces(self, case_id: str) -> bool:
        query = select(consents.c.id).where(consents.c.faces_of_case == case_id)
        return self._connection.execute(query).first() is not None


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        id=row.id,
        case_id=row.case_id,
        purpose=ConsentPurpose(row.purpose),
        text=row.text,
        stated=ConsentStated(language=Language(row.language), way=ConsentWay(row.way)),
        given_at=row.given_at,
        recorded_by=row.recorded_by,
        withdrawn_at=row.withdrawn_at,
    )
