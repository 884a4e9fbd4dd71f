"""The reads that confirm face templates, and count them; `candidates` runs them."""

from typing import Any, Final

from sqlalchemy import bindparam, func, select

from index.verdict import Level, ReferenceKind
from registry.domain import FaceCandidate, Family
from registry.ports import SubjectSealing
from registry.storage.codes.sealed_faces import CaseKey, Place, vector_of
from registry.storage.schema import active_references, face_keys, face_templates, references

_of_case = references.alias("of_case")
_first = (
    select(func.min(_of_case.c.key))
    .where(_of_case.c.case_id == face_templates.c.case_id, _of_case.c.kind == ReferenceKind.LIKENESS.value)
    .scalar_subquery()
)

TEMPLATES: Final = (
    select(
        face_templates.c.key,
        face_templates.c.case_id,
        active_references.c.id.label("reference_id"),
        active_references.c.kind,
        active_references.c.level,
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
    )
)
"""Templates of one engine by their keys, each with its case's first likeness."""

TEMPLATE_COUNTS: Final = select(face_templates.c.engine, func.count().label("templates")).group_by(
    face_templates.c.engine
)


def face_candidate(row: Any, family: Family, sealing: SubjectSealing) -> FaceCandidate:
    """Reads a row of `TEMPLATES`, and opens it; raises `SealBroken`."""
    key = CaseKey.open(row.case_id, row.number, row.sealed_key, sealing)
    place = Place.template(row.engine, row.model_sha256, row.photographs)
    return FaceCandidate(
        key=row.key,
        case_id=row.case_id,
        reference_id=row.reference_id,
        kind=ReferenceKind(row.kind),
        level=Level(row.level),
        photographs=row.photographs,
        template=vector_of(key.unseal(row.sealed, place), family.row_bytes),
    )
