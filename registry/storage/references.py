"""References and codes as rows; every searched code that comes or goes is a row of the change log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from index.hashing.codes import Algorithm, Code
from registry.domain.case import CaseState
from registry.domain.reference import Reference, ReferenceKind, StoredCode, View
from registry.storage.tables import cases, changes, codes, references


class SqlReferences:
    """Implements `registry.usecases.ports.References`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, reference: Reference) -> None:
        """Adds a reference with its codes."""
        self._connection.execute(
            insert(references).values(
                id=reference.id,
                case_id=reference.case_id,
                tenant_id=reference.tenant_id,
                kind=reference.kind.value,
                enrolled_at=reference.enrolled_at,
                flat_share=reference.flat_share,
            )
        )
        for stored in reference.codes:
            added = self._connection.execute(
                insert(codes).values(
                    reference_id=reference.id,
                    algorithm=stored.code.algorithm.value,
                    view=stored.view.value,
                    version=stored.version,
                    value=stored.code.value,
                    quality=stored.code.quality,
                    searched=stored.is_searched,
                )
            )
            if stored.is_searched:
                key = added.inserted_primary_key
                assert key is not None  # noqa: S101  an insert of one row has a key
                self._log([key[0]], added=True, at=reference.enrolled_at)

    def of_case(self, case_id: str) -> tuple[Reference, ...]:
        """Returns the case's references in the order of enrolment."""
        query = (
            select(references)
            .where(references.c.case_id == case_id)
            .order_by(references.c.enrolled_at, references.c.id)
        )
        return self._whole(self._connection.execute(query).all())

    def find_equal(self, reference: Reference, *, in_case: str | None) -> Reference | None:
        """Returns the tenant's active reference of the same kind with the same media, or None."""
        algorithm = Algorithm.SHA256 if _values(reference, Algorithm.SHA256) else Algorithm.PDQ
        wanted = _values(reference, algorithm)
        query = (
            select(references)
            .join(codes, codes.c.reference_id == references.c.id)
            .join(cases, cases.c.id == references.c.case_id)
            .where(
                codes.c.value.in_(wanted),
                codes.c.algorithm == algorithm.value,
                references.c.tenant_id == reference.tenant_id,
                references.c.kind == reference.kind.value,
                cases.c.state == CaseState.ACTIVE.value,
            )
            .order_by(references.c.enrolled_at, references.c.id)
            .limit(1)
        )
        if in_case is not None:
            query = query.where(references.c.case_id == in_case)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._whole([row])[0]

    def erase_codes(self, case_id: str, now: datetime) -> None:
        """Deletes all codes of a case, and lets every index know."""
        mine = select(references.c.id).where(references.c.case_id == case_id)
        searched = self._connection.execute(
            select(codes.c.id).where(codes.c.reference_id.in_(mine), codes.c.searched).order_by(codes.c.id)
        ).scalars()
        self._log(searched.all(), added=False, at=now)
        self._connection.execute(delete(codes).where(codes.c.reference_id.in_(mine)))
        self._connection.execute(
            update(references).where(references.c.case_id == case_id).values(flat_share=None)
        )

    def _log(self, code_ids: Iterable[int], *, added: bool, at: datetime) -> None:
        rows = [{"code_id": code_id, "added": added, "changed_at": at} for code_id in code_ids]
        if rows:
            self._connection.execute(insert(changes), rows)

    def _whole(self, rows: Iterable[Row[Any]]) -> tuple[Reference, ...]:
        found = list(rows)
        query = select(codes).where(codes.c.reference_id.in_([row.id for row in found])).order_by(codes.c.id)
        held: dict[str, list[StoredCode]] = {row.id: [] for row in found}
        for code in self._connection.execute(query):
            held[code.reference_id].append(_stored(code))
        return tuple(
            Reference(
                id=row.id,
                case_id=row.case_id,
                tenant_id=row.tenant_id,
                kind=ReferenceKind(row.kind),
                enrolled_at=row.enrolled_at,
                flat_share=row.flat_share,
                codes=tuple(held[row.id]),
            )
            for row in found
        )


def _values(reference: Reference, algorithm: Algorithm) -> list[bytes]:
    return [stored.code.value for stored in reference.codes if stored.code.algorithm is algorithm]


def _stored(row: Row[Any]) -> StoredCode:
    code = Code(algorithm=Algorithm(row.algorithm), value=bytes(row.value), quality=row.quality)
    return StoredCode(code=code, view=View(row.view), version=row.version)
