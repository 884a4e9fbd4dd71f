"""References and codes as rows; every searched code that comes or goes is a row of the change log."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, literal, select, update

from index.hashing.codes import Algorithm, Code
from registry.domain.case import CaseState
from registry.domain.reference import Reference, ReferenceKind, StoredCode, View
from registry.storage.locks import lock_until_commit
from registry.storage.tables import cases, changes, codes, references
from registry.storage.types import UtcDateTime

_PAGE: Final = 5_000

Name = TypeVar("Name")


class SqlReferences:
    """Implements `registry.usecases.ports.References`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, reference: Reference) -> None:
        """Adds a reference with its codes."""
        self.add_many([reference])

    def add_many(self, added: Sequence[Reference]) -> None:
        """Adds references with their codes."""
        self._connection.execute(insert(references), [_reference_row(reference) for reference in added])
        keys = self._new_keys(added)
        rows = [_code_row(keys[reference.id], stored) for reference in added for stored in reference.codes]
        self._connection.execute(insert(codes), rows)
        new = select(references.c.key).where(_of_cases(added), references.c.key >= min(keys.values()))
        self._log(codes.c.reference_key.in_(new), added=True, at=added[-1].enrolled_at)

    def known(self, tenant_id: str, kind: ReferenceKind, wanted: Sequence[Code]) -> frozenset[bytes]:
        """Returns which of these codes' values, all of one algorithm, the tenant has in active cases as that kind."""
        found: set[bytes] = set()
        for page in batched({code.value for code in wanted}):
            query = (
                select(codes.c.value)
                .join(references, references.c.key == codes.c.reference_key)
                .join(cases, cases.c.id == references.c.case_id)
                .where(
                    codes.c.value.in_(page),
                    codes.c.algorithm == wanted[0].algorithm.value,
                    references.c.tenant_id == tenant_id,
                    references.c.kind == kind.value,
                    cases.c.state == CaseState.ACTIVE.value,
                )
            )
            found.update(bytes(value) for value in self._connection.execute(query).scalars())
        return frozenset(found)

    def of_case(self, case_id: str) -> tuple[Reference, ...]:
        """Returns the case's references in the order of enrolment."""
        query = (
            select(references)
            .where(references.c.case_id == case_id)
            .order_by(references.c.enrolled_at, references.c.key)
        )
        return self._whole(self._connection.execute(query).all())

    def find_equal(self, reference: Reference, *, in_case: str | None) -> Reference | None:
        """Returns the tenant's active reference of the same kind with the same media, or None."""
        algorithm = Algorithm.SHA256 if _values(reference, Algorithm.SHA256) else Algorithm.PDQ
        wanted = _values(reference, algorithm)
        lock_until_commit(self._connection, reference.tenant_id.encode("ascii"), *sorted(wanted))
        query = (
            select(references)
            .join(codes, codes.c.reference_key == references.c.key)
            .join(cases, cases.c.id == references.c.case_id)
            .where(
                codes.c.value.in_(wanted),
                codes.c.algorithm == algorithm.value,
                references.c.tenant_id == reference.tenant_id,
                references.c.kind == reference.kind.value,
                cases.c.state == CaseState.ACTIVE.value,
            )
            .order_by(references.c.enrolled_at, references.c.key)
            .limit(1)
        )
        if in_case is not None:
            query = query.where(references.c.case_id == in_case)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._whole([row])[0]

    def erase_codes(self, case_id: str, now: datetime) -> None:
        """Deletes all codes of a case, and lets every index know."""
        mine = select(references.c.key).where(references.c.case_id == case_id)
        logged = self._log(codes.c.reference_key.in_(mine), added=False, at=now)
        self._connection.execute(delete(codes).where(codes.c.reference_key.in_(mine)))
        self._connection.execute(
            update(references).where(references.c.case_id == case_id).values(flat_share=None)
        )
        if logged:
            last = select(changes.c.id).where(~changes.c.added).order_by(changes.c.id.desc()).limit(1)
            self._connection.execute(
                update(cases).where(cases.c.id == case_id).values(removal_id=last.scalar_subquery())
            )

    def _new_keys(self, added: Sequence[Reference]) -> dict[str, int]:
        # The newest of these cases, which this transaction has locked: no list of ten thousand names is needed.
        newest = (
            select(references.c.id, references.c.key)
            .where(_of_cases(added))
            .order_by(references.c.key.desc())
            .limit(len(added))
        )
        return {row.id: row.key for row in self._connection.execute(newest)}

    def _log(self, which: ColumnElement[bool], *, added: bool, at: datetime) -> int:
        searched = select(self._position(), codes.c.id, literal(added), literal(at, UtcDateTime)).where(
            which, codes.c.searched
        )
        return self._connection.execute(
            insert(changes).from_select(
                ["position", "code_id", "added", "changed_at"], searched.order_by(codes.c.id)
            )
        ).rowcount

    def _position(self) -> ColumnElement[int | None]:
        """Numbers at once where there is one writer at a time; elsewhere the sequencer does (`change_feed`)."""
        if self._connection.dialect.name != "sqlite":
            return literal(None)
        head = select(func.coalesce(func.max(changes.c.position), 0)).scalar_subquery()
        position: ColumnElement[int | None] = head + func.row_number().over(order_by=codes.c.id)
        return position

    def _whole(self, rows: Iterable[Row[Any]]) -> tuple[Reference, ...]:
        held: dict[int, list[StoredCode]] = {}
        found = list(rows)
        for page in batched(row.key for row in found):
            query = select(codes).where(codes.c.reference_key.in_(page)).order_by(codes.c.id)
            for code in self._connection.execute(query):
                held.setdefault(code.reference_key, []).append(_stored(code))
        return tuple(_reference(row, held.get(row.key, [])) for row in found)


def batched(names: Iterable[Name]) -> Iterator[list[Name]]:
    """Yields pages of names that fit one statement: SQLite's own limit is 32,766 variables."""
    everything = list(names)
    for start in range(0, len(everything), _PAGE):
        yield everything[start : start + _PAGE]


def _of_cases(added: Sequence[Reference]) -> ColumnElement[bool]:
    return references.c.case_id.in_({reference.case_id for reference in added})


def _reference_row(reference: Reference) -> dict[str, Any]:
    return {
        "id": reference.id,
        "case_id": reference.case_id,
        "tenant_id": reference.tenant_id,
        "kind": reference.kind.value,
        "enrolled_at": reference.enrolled_at,
        "flat_share": reference.flat_share,
    }


def _code_row(reference_key: int, stored: StoredCode) -> dict[str, Any]:
    return {
        "reference_key": reference_key,
        "algorithm": stored.code.algorithm.value,
        "view": stored.view.value,
        "version": stored.version,
        "value": stored.code.value,
        "quality": stored.code.quality,
        "searched": stored.is_searched,
    }


def _values(reference: Reference, algorithm: Algorithm) -> list[bytes]:
    return [stored.code.value for stored in reference.codes if stored.code.algorithm is algorithm]


def _reference(row: Row[Any], held: Iterable[StoredCode]) -> Reference:
    return Reference(
        id=row.id,
        case_id=row.case_id,
        tenant_id=row.tenant_id,
        kind=ReferenceKind(row.kind),
        enrolled_at=row.enrolled_at,
        flat_share=row.flat_share,
        codes=tuple(held),
    )


def _stored(row: Row[Any]) -> StoredCode:
    code = Code(algorithm=Algorithm(row.algorithm), value=bytes(row.value), quality=row.quality)
    return StoredCode(code=code, view=View(row.view), version=row.version)
