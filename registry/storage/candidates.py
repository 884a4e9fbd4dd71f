"""The confirmation read of a check: what the index proposed, as committed and active rows (style rule R2)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, or_, select

from index.hashing.codes import Algorithm, Code
from index.verdict import Level, ReferenceKind
from registry.domain.candidate import Candidate
from registry.domain.case import CaseState
from registry.storage.database import Database
from registry.storage.tables import cases, codes, references

_PAGE: Final = 5_000
"""Codes confirmed by one statement: below SQLite's limit on variables."""

_second = codes.alias("second")
_rows = (
    select(
        codes.c.id.label("code_id"),
        codes.c.algorithm,
        codes.c.value,
        codes.c.quality,
        references.c.id.label("reference_id"),
        references.c.kind,
        references.c.flat_share,
        cases.c.level,
        _second.c.value.label("second"),
    )
    .join_from(codes, references, references.c.key == codes.c.reference_key)
    .join(cases, cases.c.id == references.c.case_id)
    .join(
        _second,
        and_(_second.c.reference_key == references.c.key, _second.c.algorithm == Algorithm.DHASH128.value),
        isouter=True,
    )
    .where(cases.c.state == CaseState.ACTIVE.value)
)
_by_id = codes.c.id.in_(bindparam("ids", expanding=True))
_by_digest = and_(codes.c.value == bindparam("digest"), codes.c.algorithm == Algorithm.SHA256.value)
_BY_ONE: Final = _rows.where(codes.c.id == bindparam("id"))  # most proposals: half the time of a list
_BY_ID: Final = _rows.where(_by_id)
_BY_DIGEST: Final = _rows.where(_by_digest)
_BY_EITHER: Final = _rows.where(or_(_by_id, _by_digest))


class SqlCandidates:
    """Implements `registry.usecases.ports.Candidates`. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Returns the active references behind the codes, and those with this exact digest."""
        if not code_ids and sha256 is None:
            return ()
        with self._database.read() as connection:
            found = []
            for page in _pages(code_ids):
                query, values = _read(page, sha256)
                found += [_candidate(row) for row in connection.execute(query, values)]
                sha256 = None
            return tuple(found)


def _pages(code_ids: Sequence[int]) -> list[list[int]]:
    return [list(code_ids[start : start + _PAGE]) for start in range(0, len(code_ids), _PAGE)] or [[]]


def _read(code_ids: list[int], sha256: bytes | None) -> tuple[Select[Any], dict[str, Any]]:
    if not code_ids:
        return _BY_DIGEST, {"digest": sha256}
    if sha256 is not None:
        return _BY_EITHER, {"ids": code_ids, "digest": sha256}
    if len(code_ids) == 1:
        return _BY_ONE, {"id": code_ids[0]}
    return _BY_ID, {"ids": code_ids}


def _candidate(row: Any) -> Candidate:
    algorithm = Algorithm(row.algorithm)
    second = None
    if row.second is not None:
        second = Code(algorithm=Algorithm.DHASH128, value=bytes(row.second))
    pdq = None
    if algorithm is Algorithm.PDQ:
        pdq = Code(algorithm=algorithm, value=bytes(row.value), quality=row.quality)
    return Candidate(
        reference_id=row.reference_id,
        kind=ReferenceKind(row.kind),
        level=Level(row.level),
        flat_share=row.flat_share,
        code_id=None if algorithm is Algorithm.SHA256 else row.code_id,
        pdq=pdq,
        second=second,
    )
