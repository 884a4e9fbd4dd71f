"""Face templates: one sealed row for each case and engine, with the mean of the case's photographs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, and_, bindparam, func, select

from index.arrays import I64, U8
from index.verdict import MIN_LIKENESS_LEVEL, Level, ReferenceKind
from registry.domain import FaceCandidate, Family, StoredLikeness
from registry.ports import FeedChange, SearchedEngine, SubjectSealing
from registry.storage.codes.case_faces import LOGGED_TEMPLATES, SqlFaces
from registry.storage.codes.family import Added, Writing
from registry.storage.codes.sealed_faces import CaseKey, Place, vector_of
from registry.storage.codes.searched import SearchedCodes, Unnumbered, between, books_of, count_changes
from registry.storage.pages import batched, pages
from registry.storage.schema import active_references, changes, face_keys, face_templates, references

_of_case = references.alias("of_case")
_first = (
    select(func.min(_of_case.c.key))
    .where(_of_case.c.case_id == face_templates.c.case_id, _of_case.c.kind == ReferenceKind.LIKENESS.value)
    .scalar_subquery()
)

_CONFIRMING: Final = (
    select(
        face_templates.c.key,
        face_templates.c.case_id,
        active_references.c.key.label("reference_key"),
        active_references.c.id.label("reference_id"),
        active_references.c.kind,
        active_references.c.level,
        active_references.c.is_disputed,
        face_templates.c.engine,
        face_templates.c.model_sha256,
        face_templates.c.photographs,
        face_templates.c.sealed,
        face_keys.c.number,
        face_keys.c.sealed_key,
    )
    .join_from(face_templates, active_references, active_references.c.key == _first)
    .join(face_keys, face_keys.c.case_id == face_templates.c.case_id)
    .where(
        face_templates.c.key.in_(bindparam("keys", expanding=True)),
        face_templates.c.engine == bindparam("engine"),
        # Photographs wait in a case until somebody else has verified whose they are.
        active_references.c.level >= int(MIN_LIKENESS_LEVEL),
    )
)
"""Query of one engine's templates by their keys, each with the first likeness of its case."""


_COUNTS: Final = select(face_templates.c.engine, func.count().label("templates")).group_by(
    face_templates.c.engine
)


_SEALED: Final = (
    face_templates.c.case_id,
    face_templates.c.photographs,
    face_templates.c.sealed,
    face_keys.c.number,
    face_keys.c.sealed_key,
)


class FaceFamilies:
    """Implementation of `registry.storage.codes.family.CodeFamily` for the families of all face engines."""

    confirming = (_CONFIRMING,)

    def add(self, writing: Writing, added: Added) -> None:
        """Store the photographs of new likenesses, and renew and log the templates of their cases."""
        likenesses: dict[str, dict[int, StoredLikeness]] = {}
        for key, reference in added.by_key.items():
            if reference.draft.likeness is not None:
                likenesses.setdefault(reference.case_id, {})[key] = reference.draft.likeness
        faces = SqlFaces(writing.connection, writing.sealing)
        for case_id, of_case in likenesses.items():
            faces.add(case_id, of_case, writing.log)

    def erase(self, writing: Writing, case_id: str) -> None:
        """Log the removal of a case's templates, and delete them with the case's photographs and key."""
        writing.log.remove(LOGGED_TEMPLATES, face_templates.c.case_id == case_id)
        SqlFaces(writing.connection, writing.sealing).erase(case_id)

    def read(self, connection: Connection, keys: Sequence[int], family: Family) -> list[Any]:
        """Return the templates of a family with these keys whose cases are active."""
        rows: list[Any] = []
        for page in batched(keys):
            rows += connection.execute(_CONFIRMING, {"keys": page, "engine": family.engine_id}).all()
        return rows

    def candidates(
        self, rows: Iterable[Any], family: Family, sealing: SubjectSealing
    ) -> tuple[FaceCandidate, ...]:
        """Return the candidates of rows that were read; raise `SealBroken`."""
        return tuple(_candidate(row, family, sealing) for row in rows)

    def counts(self, connection: Connection) -> Mapping[str, int]:
        """Return the number of templates by engine id."""
        return {row.engine: row.templates for row in connection.execute(_COUNTS)}

    def searched(
        self, sealing: SubjectSealing, engines: Sequence[SearchedEngine]
    ) -> tuple[SearchedCodes, ...]:
        """Return the source of each engine's index."""
        return tuple(SearchedTemplates(engine.family, engine.model_sha256, sealing) for engine in engines)


FACES: Final = FaceFamilies()


class SearchedTemplates:
    """The source of the index of one engine's templates. One row is one template, and its key is the index id.

    A template that another model made under the same engine id does not open (`SealBroken`), because vectors of two
    models must not be compared.
    """

    def __init__(self, family: Family, model_sha256: bytes, sealing: SubjectSealing) -> None:
        """Take the family of an engine's templates, and the digest of the model that makes its vectors, 32 bytes."""
        self.family = family
        self._engine = family.engine_id or ""
        self._model_sha256 = model_sha256
        self._sealing = sealing
        self._held = face_templates.c.engine == self._engine

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Return changes, additions with their template."""
        stands = and_(face_templates.c.key == changes.c.code_id, self._held, changes.c.added)
        query = (
            select(changes.c.position, changes.c.code_id, *_SEALED)
            .join_from(changes, face_templates, stands, isouter=True)
            .join(face_keys, face_keys.c.case_id == face_templates.c.case_id, isouter=True)
            .where(between(self.family, position, until))
            .order_by(changes.c.position)
            .limit(limit)
        )
        return [
            FeedChange(position=at, code_id=key, value=None if row[0] is None else self._opened(*row))
            for at, key, *row in connection.execute(query)
        ]

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Return the number of changes."""
        return count_changes(connection, self.family, position, until)

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Open all rows, page by page."""
        query = (
            select(face_templates.c.key, *_SEALED)
            .join_from(face_templates, face_keys, face_keys.c.case_id == face_templates.c.case_id)
            .where(self._held)
            .order_by(face_templates.c.key)
        )
        late = set(unnumbered.late.tolist())
        ids: list[int] = []
        values: list[bytes] = []
        for page in pages(connection, query):
            standing = [row for row in page if row[0] not in late]
            ids += [row[0] for row in standing]
            values += [self._opened(*row[1:]) for row in standing]
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(ids), self.family.row_bytes)
        return np.array(ids, np.int64), held

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Read all ids. Nothing is opened."""
        return books_of(connection, select(face_templates.c.key).where(self._held), unnumbered)

    def _opened(self, case_id: str, photographs: int, sealed: bytes, number: int, sealed_key: Any) -> bytes:
        """Return a template as an index takes it, float32 [dimension] as bytes; raise `SealBroken`."""
        key = CaseKey.open(case_id, number, sealed_key, self._sealing)
        place = Place.template(self._engine, self._model_sha256, photographs)
        return vector_of(key.unseal(sealed, place), self.family.row_bytes).tobytes()


def _candidate(row: Any, family: Family, sealing: SubjectSealing) -> FaceCandidate:
    """Return the candidate of a row that was read; raise `SealBroken`."""
    key = CaseKey.open(row.case_id, row.number, row.sealed_key, sealing)
    place = Place.template(row.engine, row.model_sha256, row.photographs)
    return FaceCandidate(
        key=row.key,
        case_id=row.case_id,
        number=row.reference_key,
        reference_id=row.reference_id,
        kind=ReferenceKind(row.kind),
        level=Level(row.level),
        is_disputed=bool(row.is_disputed),
        photographs=row.photographs,
        template=vector_of(key.unseal(row.sealed, place), family.row_bytes),
    )
