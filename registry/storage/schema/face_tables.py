"""The tables of faces in the registry's schema: a key for each subject, and rows that it seals (`sealed_faces`).

No face without a consent: the key, photographs and templates of a case refer to the row of `consents` that lets faces
of the case be stored, and a withdrawal of the consent takes that away. Both databases refuse an insertion without it,
and its withdrawal before the faces are deleted.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, UniqueConstraint

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BIG_KEY, BYTES, ID, NAME, UtcDateTime

consents: Final = Table(
    "consents",
    metadata,
    Column("number", BIG_KEY, primary_key=True),  # in the order in which they were recorded
    Column("id", ID, nullable=False, unique=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("purpose", NAME, nullable=False),
    Column("text", NAME, nullable=False),  # version of the text that the subject was shown
    Column("language", NAME, nullable=False),
    Column("way", NAME, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("recorded_by", ID),
    Column("withdrawn_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    # The case, in the one row that lets faces of it be stored.
    Column("faces_of_case", ID, unique=True),
    CheckConstraint(
        "faces_of_case IS NULL OR (faces_of_case = case_id AND purpose = 'likeness' AND withdrawn_at IS NULL)",
        name="ck_consents_faces_of_case",
    ),
    sqlite_autoincrement=True,
)
"""Consents. They hold ids, names from our own enums and times, and stay when the case is erased."""

face_keys: Final = Table(
    "face_keys",
    metadata,
    Column("case_id", ID, ForeignKey("consents.faces_of_case"), primary_key=True),
    # From 1: values that one key sealed do not open under the next.
    Column("number", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False, index=True),
    Column("sealed_key", BYTES, nullable=False),
)
"""One key for each case with likenesses, sealed by the deployment's key. Without this row no face of the case opens."""

face_photos: Final = Table(
    "face_photos",
    metadata,
    Column(
        "reference_key", BIG_KEY, ForeignKey("case_references.key"), primary_key=True, autoincrement=False
    ),
    Column("engine", NAME, primary_key=True),
    Column("case_id", ID, ForeignKey("consents.faces_of_case"), nullable=False, index=True),
    Column("model_sha256", BYTES, nullable=False),
    Column("sealed", BYTES, nullable=False),
)
"""The face of each photograph. Templates are computed from these rows, which are never searched."""

face_templates: Final = Table(
    "face_templates",
    metadata,
    Column("key", BIG_KEY, primary_key=True),
    Column("case_id", ID, ForeignKey("consents.faces_of_case"), nullable=False),
    Column("engine", NAME, nullable=False),
    Column("model_sha256", BYTES, nullable=False),
    Column("photographs", Integer, nullable=False),  # number of photographs in the mean
    Column("sealed", BYTES, nullable=False),
    UniqueConstraint("case_id", "engine"),
    sqlite_autoincrement=True,  # keys are never used again: a new mean of the same case is a new row
)
"""One template for each case and engine. It is searched, and the change log names it by `key`."""
