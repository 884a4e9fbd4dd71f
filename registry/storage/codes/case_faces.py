"""Faces of cases as rows: photographs, their means as templates, and the keys that seal both.

The change log and the index know a template only by its key. A new mean is therefore a new row under a new key, never a
change of the old row. Templates are renewed in the transaction that adds the reference.

Every transaction that adds, withdraws or reseals first locks the row of the case's key. No photograph is therefore
sealed by a key that is being replaced, and there are no deadlocks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    literal,
    select,
    update,
)

from registry.domain import FACES_PREFIX, FacePhoto, Family, StoredLikeness, mean_template, require_agreeing
from registry.ports import SubjectSealing
from registry.storage.codes.change_log import ChangeLog, LoggedRows
from registry.storage.codes.sealed_faces import FIRST_NUMBER, CaseKey, Place, make_key, vector_of
from registry.storage.schema import face_keys, face_photos, face_templates

_PHOTO_ROW: Final = and_(
    face_photos.c.reference_key == bindparam("reference"), face_photos.c.engine == bindparam("by")
)
_TEMPLATE_ROW: Final = face_templates.c.key == bindparam("template")

LOGGED_TEMPLATES: Final = LoggedRows(
    key=face_templates.c.key, family=literal(FACES_PREFIX) + face_templates.c.engine
)


class SqlFaces:
    """The faces of cases; SQL implementation of `registry.ports.templates.Templates`."""

    def __init__(self, connection: Connection, sealing: SubjectSealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, case_id: str, added: Mapping[int, StoredLikeness], log: ChangeLog) -> None:
        """Add a case's photographs by their references' keys, and renew and log the case's templates.

        Raises:
            FaceDisagrees, Refused: the photographs do not show one person.
            SealBroken: a stored row does not open.
        """
        key = self._key(case_id) or self._new_key(case_id, log.at)
        photos = {reference: likeness.photos for reference, likeness in added.items()}
        rows = [_photo_row(key, reference, photo) for reference, of in photos.items() for photo in of]
        self._connection.execute(insert(face_photos), rows)
        made_by = {photo.engine: photo for of in photos.values() for photo in of}
        for _, photo in sorted(made_by.items()):
            self._renew(key, photo, log, frozenset(photos))

    def erase(self, case_id: str) -> None:
        """Delete all stored face data of a case. The caller has logged the removal of its templates."""
        self._connection.execute(delete(face_keys).where(face_keys.c.case_id == case_id))
        self._connection.execute(delete(face_photos).where(_of_case(case_id)))
        self._connection.execute(delete(face_templates).where(face_templates.c.case_id == case_id))

    def engines(self, reference_keys: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return, by reference key, the sorted ids of the engines that described the face. Pass one page of keys."""
        query = select(face_photos.c.reference_key, face_photos.c.engine)
        found: dict[int, tuple[str, ...]] = {}
        query = query.where(face_photos.c.reference_key.in_(reference_keys)).order_by(face_photos.c.engine)
        for row in self._connection.execute(query):
            found[row.reference_key] = (*found.get(row.reference_key, ()), row.engine)
        return found

    def cases_with_keys(self, made_before: datetime, after: str, limit: int) -> Sequence[str]:
        """Return the first `limit` case ids after `after`, in order, whose keys were made before `made_before`."""
        query = select(face_keys.c.case_id).where(
            face_keys.c.made_at < made_before, face_keys.c.case_id > after
        )
        return self._connection.execute(query.order_by(face_keys.c.case_id).limit(limit)).scalars().all()

    def reseal(self, case_id: str, made_before: datetime, now: datetime) -> bool:
        """Seal all faces of a case under a new key. Return False if the case has no key made before `made_before`."""
        old = self._key(case_id, face_keys.c.made_at < made_before)
        if old is None:
            return False
        number = old.number + 1
        sealed_key = make_key(case_id, number, self._sealing)
        new = CaseKey.open(case_id, number, sealed_key, self._sealing)
        photos = self._connection.execute(select(face_photos).where(_of_case(case_id))).all()
        templates = self._connection.execute(
            select(face_templates).where(face_templates.c.case_id == case_id)
        ).all()
        self._write(
            update(face_photos).where(_PHOTO_ROW),
            [
                {"reference": row.reference_key, "by": row.engine, "sealed": old.reseal(*_photo(row), new)}
                for row in photos
            ],
        )
        self._write(
            update(face_templates).where(_TEMPLATE_ROW),
            [{"template": row.key, "sealed": old.reseal(*_template(row), new)} for row in templates],
        )
        self._connection.execute(
            update(face_keys)
            .where(face_keys.c.case_id == case_id)
            .values(number=number, made_at=now, sealed_key=sealed_key)
        )
        return True

    def _renew(self, key: CaseKey, newest: FacePhoto, log: ChangeLog, added: frozenset[int]) -> None:
        """Replace the case's template of an engine with the mean of the vectors that its present model made.

        `added` are the keys of the new references, whose photographs have to show the person of the others.
        """
        engine, model = newest.engine, newest.model_sha256
        mine = and_(face_photos.c.engine == engine, face_photos.c.model_sha256 == model)
        rows = self._connection.execute(select(face_photos).where(mine, _of_case(key.case_id))).all()
        vectors = [vector_of(key.unseal(*_photo(row)), newest.vector.nbytes) for row in rows]
        if newest.agrees_from is not None:
            is_new = [row.reference_key in added for row in rows]
            require_agreeing(
                [vector for vector, new in zip(vectors, is_new, strict=True) if not new],
                [vector for vector, new in zip(vectors, is_new, strict=True) if new],
                newest.agrees_from,
            )
        mean = mean_template(np.stack(vectors))
        old = and_(face_templates.c.case_id == key.case_id, face_templates.c.engine == engine)
        log.remove(LOGGED_TEMPLATES, old)
        self._connection.execute(delete(face_templates).where(old))
        row = {
            "case_id": key.case_id,
            "engine": engine,
            "model_sha256": model,
            "photographs": len(rows),
            "sealed": key.seal(mean, Place.template(engine, model, len(rows))),
        }
        self._connection.execute(insert(face_templates).values(row))
        log.add(LOGGED_TEMPLATES, old, Family.faces(engine, len(mean)))

    def _key(self, case_id: str, *which: ColumnElement[bool]) -> CaseKey | None:
        query = select(face_keys).where(face_keys.c.case_id == case_id, *which).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else CaseKey.open(case_id, row.number, row.sealed_key, self._sealing)

    def _new_key(self, case_id: str, at: datetime) -> CaseKey:
        sealed_key = make_key(case_id, FIRST_NUMBER, self._sealing)
        row = {"case_id": case_id, "number": FIRST_NUMBER, "made_at": at, "sealed_key": sealed_key}
        self._connection.execute(insert(face_keys).values(row))
        return CaseKey.open(case_id, FIRST_NUMBER, sealed_key, self._sealing)

    def _write(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)


def _of_case(case_id: str) -> ColumnElement[bool]:
    return face_photos.c.case_id == case_id


def _photo_row(key: CaseKey, reference_key: int, photo: FacePhoto) -> dict[str, Any]:
    place = Place.photo(photo.engine, photo.model_sha256, reference_key)
    return {
        "reference_key": reference_key,
        "engine": photo.engine,
        "case_id": key.case_id,
        "model_sha256": photo.model_sha256,
        "sealed": key.seal(photo.vector, place),
    }


def _photo(row: Row[Any]) -> tuple[bytes, Place]:
    return row.sealed, Place.photo(row.engine, row.model_sha256, row.reference_key)


def _template(row: Row[Any]) -> tuple[bytes, Place]:
    return row.sealed, Place.template(row.engine, row.model_sha256, row.photographs)
