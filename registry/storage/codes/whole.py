"""Whole codes: the PDQ of a picture is searched; the other codes of a reference support a match."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Select, and_, bindparam, delete, insert, literal, or_, select

from index.arrays import I64, U8
from index.hashing import Algorithm, Code
from index.search import CODE_BYTES
from index.verdict import Level, ReferenceKind
from registry.domain import Candidate, CodeCandidate, ExactCandidate, Family, StoredCode
from registry.ports import FeedChange, SearchedEngine, SubjectSealing
from registry.storage.codes.change_log import LoggedRows
from registry.storage.codes.family import Added, Writing, keys_of_case
from registry.storage.codes.searched import SearchedCodes, Unnumbered, between, books_of, count_changes
from registry.storage.pages import batched, pages
from registry.storage.schema import active_references, changes, codes

_second = codes.alias("second")
_rows = (
    select(
        codes.c.id.label("code_id"),
        codes.c.algorithm,
        codes.c.value,
        codes.c.quality,
        active_references.c.key.label("reference_key"),
        active_references.c.id.label("reference_id"),
        active_references.c.case_id,
        active_references.c.kind,
        active_references.c.flat_share,
        active_references.c.level,
        active_references.c.is_disputed,
        _second.c.value.label("second"),
    )
    .join_from(codes, active_references, active_references.c.key == codes.c.reference_key)
    .join(
        _second,
        and_(
            _second.c.reference_key == active_references.c.key,
            _second.c.algorithm == Algorithm.DHASH128.value,
        ),
        isouter=True,
    )
)
_by_id = codes.c.id.in_(bindparam("ids", expanding=True))
_by_digest = and_(codes.c.value == bindparam("digest"), codes.c.algorithm == Algorithm.SHA256.value)
# Most searches propose one code: this takes half the time of a list.
_BY_ONE: Final = _rows.where(codes.c.id == bindparam("id"))
_BY_ID: Final = _rows.where(_by_id)
_BY_DIGEST: Final = _rows.where(_by_digest)
_BY_EITHER: Final = _rows.where(or_(_by_id, _by_digest))


class WholeFamily:
    """Implementation of `registry.storage.codes.family.CodeFamily` for whole codes. The log names a code by its id."""

    confirming = (_BY_ONE, _BY_ID, _BY_DIGEST, _BY_EITHER)
    logged = LoggedRows(key=codes.c.id, family=literal(Family.WHOLE.value), only=codes.c.searched)

    def add(self, writing: Writing, added: Added) -> None:
        """Store all codes of new references. Only PDQ is searched and logged."""
        rows = [
            _code_row(key, stored)
            for key, reference in added.by_key.items()
            for stored in reference.draft.codes
        ]
        writing.connection.execute(insert(codes), rows)
        writing.log.add(self.logged, codes.c.reference_key.in_(added.keys), Family.WHOLE)

    def erase(self, writing: Writing, case_id: str) -> None:
        """Log the removal of a case's codes, and delete them."""
        which = codes.c.reference_key.in_(keys_of_case(case_id))
        writing.log.remove(self.logged, which)
        writing.connection.execute(delete(codes).where(which))

    def confirm(
        self, connection: Connection, code_ids: Sequence[int], sha256: bytes | None
    ) -> list[Candidate]:
        """Return the active references that have one of these codes or this exact digest."""
        return [
            one
            for query, values in _reads(code_ids, sha256)
            for row in connection.execute(query, values)
            if (one := _candidate(row)) is not None
        ]

    def searched(
        self,
        sealing: SubjectSealing,  # noqa: ARG002 - these rows are not sealed
        engines: Sequence[SearchedEngine],  # noqa: ARG002 - these rows are not faces
    ) -> tuple[SearchedCodes, ...]:
        """Return the source of the index."""
        return (SearchedWhole(),)


WHOLE: Final = WholeFamily()


class SearchedWhole:
    """The source of the index of whole codes. One row is one code, and its id is the index id."""

    family = Family.WHOLE

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Return changes, additions with their code."""
        query = (
            select(changes.c.position, changes.c.code_id, codes.c.value)
            .join_from(changes, codes, and_(codes.c.id == changes.c.code_id, changes.c.added), isouter=True)
            .where(between(self.family, position, until))
            .order_by(changes.c.position)
            .limit(limit)
        )
        return [
            FeedChange(
                position=row.position,
                code_id=row.code_id,
                value=None if row.value is None else bytes(row.value),
            )
            for row in connection.execute(query)
        ]

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Return the number of changes."""
        return count_changes(connection, self.family, position, until)

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Read all rows."""
        query = select(codes.c.id, codes.c.value).where(codes.c.searched).order_by(codes.c.id)
        ids: list[I64] = [np.empty(0, np.int64)]
        values: list[bytes] = []
        for page in pages(connection, query):
            page_ids, page_values = zip(*page, strict=True)
            ids.append(np.array(page_ids, np.int64))
            values.append(b"".join(page_values))
        all_ids = np.concatenate(ids)
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(all_ids), CODE_BYTES)
        if not len(unnumbered.late):
            return all_ids, held
        keep = ~np.isin(all_ids, unnumbered.late)
        return all_ids[keep], held[keep]

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Read all ids."""
        return books_of(connection, select(codes.c.id).where(codes.c.searched), unnumbered)


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


def _reads(code_ids: Sequence[int], sha256: bytes | None) -> Iterator[tuple[Select[Any], dict[str, Any]]]:
    """Yield the confirming queries with their parameters: one query, unless the ids fill several pages."""
    for page in batched(code_ids) if code_ids else ([],):
        yield _read(page, sha256)
        sha256 = None


def _read(code_ids: list[int], sha256: bytes | None) -> tuple[Select[Any], dict[str, Any]]:
    if not code_ids:
        return _BY_DIGEST, {"digest": sha256}
    if sha256 is not None:
        return _BY_EITHER, {"ids": code_ids, "digest": sha256}
    if len(code_ids) == 1:
        return _BY_ONE, {"id": code_ids[0]}
    return _BY_ID, {"ids": code_ids}


def _candidate(row: Any) -> Candidate | None:
    """Return the candidate of a row, or None for a code that is neither searched nor an exact digest."""
    kind, level, is_disputed = ReferenceKind(row.kind), Level(row.level), bool(row.is_disputed)
    match Algorithm(row.algorithm):
        case Algorithm.SHA256:
            return ExactCandidate(
                reference_id=row.reference_id,
                case_id=row.case_id,
                number=row.reference_key,
                kind=kind,
                level=level,
                is_disputed=is_disputed,
            )
        case Algorithm.PDQ:
            dhash = row.second
            return CodeCandidate(
                reference_id=row.reference_id,
                case_id=row.case_id,
                number=row.reference_key,
                kind=kind,
                level=level,
                is_disputed=is_disputed,
                flat_share=row.flat_share,
                code_id=row.code_id,
                key=row.reference_key,
                pdq=Code(algorithm=Algorithm.PDQ, value=bytes(row.value), quality=row.quality),
                dhash=None if dhash is None else Code(algorithm=Algorithm.DHASH128, value=bytes(dhash)),
            )
        case _:
            return None
