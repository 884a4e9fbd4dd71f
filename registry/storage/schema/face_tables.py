"""The tables of faces, in the registry's schema: a key for each subject, and what it seals (`sealed_faces`)."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, Table, UniqueConstraint

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BIG_KEY, BYTES, ID, NAME, UtcDateTime

face_keys: Final = Table(
    "face_keys",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, nullable=False),  # from 1: what one key sealed is refused under the next
    Column("made_at", UtcDateTime, nullable=False, index=True),
    Column("sealed_key", BYTES, nullable=False),
)
"""One key for each case with likenesses, sealed with the deployment's: without its row nothing of them opens again."""

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
"""The face of each photograph: what means are made of, and never searched."""

face_templates: Final = Table(
    "face_templates",
    metadata,
    Column("key", BIG_KEY, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("engine", NAME, nullable=False),
    Column("model_sha256", BYTES, nullable=False),
    Column("photographs", Integer, nullable=False),  # how many it is the mean of
    Column("sealed", BYTES, nullable=False),
    UniqueConstraint("case_id", "engine"),
    sqlite_autoincrement=True,  # a template's key is never used again: another mean of the same case is another row
)
"""One template for each case and engine: what is searched, and what the change log names by `key`."""
