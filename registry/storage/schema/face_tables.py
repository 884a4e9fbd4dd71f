"""The tables of faces in the registry's schema: a key for each subject, and rows that it seals (`sealed_faces`)."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, Table, UniqueConstraint

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BIG_KEY, BYTES, ID, NAME, UtcDateTime

face_keys: Final = Table(
    "face_keys",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
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
    Column("model_sha256", BYTES, nullable=False),
    Column("sealed", BYTES, nullable=False),
)
"""The face of each photograph. Templates are computed from these rows, which are never searched."""

face_templates: Final = Table(
    "face_templates",
    metadata,
    Column("key", BIG_KEY, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("engine", NAME, nullable=False),
    Column("model_sha256", BYTES, nullable=False),
    Column("photographs", Integer, nullable=False),  # number of photographs in the mean
    Column("sealed", BYTES, nullable=False),
    UniqueConstraint("case_id", "engine"),
    sqlite_autoincrement=True,  # keys are never used again: a new mean of the same case is a new row
)
"""One template for each case and engine. It is searched, and the change log names it by `key`."""
