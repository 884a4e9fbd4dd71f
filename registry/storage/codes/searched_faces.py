"""What the index of one engine's face templates is fed from: means out of their seals."""

from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, and_, func, select

from index.arrays import I64, U8
from registry.domain import Family
from registry.ports import FeedChange, SubjectSealing
from registry.storage.codes.sealed_faces import CaseKey, Place, vector_of
from registry.storage.codes.searched_codes import Unnumbered, between, books_of
from registry.storage.pages import pages
from registry.storage.schema import changes, face_keys, face_templates

_SEALED: Final = (
    face_templates.c.case_id,
    face_templates.c.photographs,
    face_templates.c.sealed,
    face_keys.c.number,
    face_keys.c.sealed_key,
)


class FaceTemplates:
    """Implements `registry.storage.codes.searched_codes.SearchedCodes`: a row a template, whose key is its index id.

    A template that another model made under the same engine's id opens for nobody: `SealBroken`, as vectors of two
    models must not be compared.
    """

    def __init__(self, family: Family, model_sha256: bytes, sealing: SubjectSealing) -> None:
        """Takes the family of an engine's templates, and the digest of what makes its vectors, 32 bytes."""
        self.family = family
        self._engine = family.engine_id or ""
        self._model_sha256 = model_sha256
        self._sealing = sealing
        self._held = face_templates.c.engine == self._engine

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Returns changes with the template that each brings."""
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
        """Counts the changes."""
        query = select(func.count()).select_from(changes).where(between(self.family, position, until))
        return int(connection.execute(query).scalar_one())

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Opens all rows, a page at a time."""
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
        """Reads all ids, and opens nothing."""
        return books_of(connection, select(face_templates.c.key).where(self._held), unnumbered)

    def _opened(self, case_id: str, photographs: int, sealed: bytes, number: int, sealed_key: Any) -> bytes:
        """Returns a template as an engine takes it, float32 [dimension] as bytes; raises `SealBroken`."""
        key = CaseKey.open(case_id, number, sealed_key, self._sealing)
        place = Place.template(self._engine, self._model_sha256, photographs)
        return vector_of(key.unseal(sealed, place), self.family.row_bytes).tobytes()
