"""The tables of faces as the versions 0005 to 0014 had them, without consents."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint

from registry.storage.schema import tables
from registry.storage.schema.types import BIG_KEY, BYTES, ID, NAME, UtcDateTime

_METADATA = MetaData(naming_convention=tables.metadata.naming_convention)
Table("cases", _METADATA, Column("id", ID, primary_key=True))
Table("case_references", _METADATA, Column("key", BIG_KEY, primary_key=True))
_FACES = (
    Table(
        "face_keys",
        _METADATA,
        Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
        Column("number", Integer, nullable=False),
        Column("made_at", UtcDateTime, nullable=False, index=True),
        Column("sealed_key", BYTES, nullable=False),
    ),
    Table(
        "face_photos",
        _METADATA,
        Column(
            "reference_key",
            BIG_KEY,
            ForeignKey("case_references.key"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("engine", NAME, primary_key=True),
        Column("model_sha256", BYTES, nullable=False),
        Column("sealed", BYTES, nullable=False),
    ),
    Table(
        "face_templates",
        _METADATA,
        Column("key", BIG_KEY, primary_key=True),
        Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
        Column("engine", String(40), nullable=False),
        Column("model_sha256", BYTES, nullable=False),
        Column("photographs", Integer, nullable=False),
        Column("sealed", BYTES, nullable=False),
        UniqueConstraint("case_id", "engine"),
        sqlite_autoincrement=True,
    ),
)


def make_old_faces(connection):
    """Replaces the tables of faces by those of the older versions, without rows."""
    for name in ("face_photos", "face_templates", "face_keys", "consents"):
        connection.exec_driver_sql(f"DROP TABLE {name}")
    for table in _FACES:
        table.create(connection)
