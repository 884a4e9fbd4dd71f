"""The schema of answered checks. On SQLite it has a database file of its own.

It is written at every upload, so it must not wait for the disk, and must not signal a change of the registry's rows to
every index. A power cut may lose the checks of the last moments, because nobody's protection depends on them.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Index, Integer, MetaData, String, Table, false, text

from registry.storage.schema import tables
from registry.storage.schema.types import BIG_KEY, BYTES, ID, NAME, UtcDateTime

metadata: Final = MetaData(naming_convention=tables.metadata.naming_convention)

checks: Final = Table(
    "checks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("tenant_id", ID, nullable=False),
    Column("outcome", NAME, nullable=False),
    Column("band", NAME, nullable=False),
    Column("kinds", String(200), nullable=False),
    Column("reasons", String(400), nullable=False),
    # As "0 7 32 64;…": left, top, right and bottom of each box in steps of `index.verdict.boxes.STEPS`. The default
    # stays, so that the column is added in place to a table with a row for every upload.
    Column("boxes", String(200), nullable=False, server_default=text("''")),
    # As "0 12;…": start and end of each segment in steps of `index.verdict.segments.STEP_MS`. The default stays too.
    Column("segments", String(1000), nullable=False, server_default=text("''")),
    # Altered regions, as boxes are. The default stays too.
    Column("altered", String(200), nullable=False, server_default=text("''")),
    Column("policy_version", NAME, nullable=False),
    Column("as_of", BIG_KEY, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

Index("ix_checks_tenant_id_checked_at_id", checks.c.tenant_id, checks.c.checked_at, checks.c.id)

check_labels: Final = Table(
    "check_labels",
    metadata,
    Column("check_id", ID, primary_key=True),
    Column("label", NAME, primary_key=True),
    sqlite_with_rowid=False,
)
"""The tenant's own labels of checks."""
Index("ix_check_labels_label", check_labels.c.label)

matches: Final = Table(
    "check_matches",
    metadata,
    Column("check_id", ID, primary_key=True),
    Column("reference_id", ID, primary_key=True),
    # Whose upload it was, in a form that differs for each reference (`registry.storage.rows.checks.source_of`).
    Column("source", BYTES),
    # The time of a check whose match is tight, NULL for others.
    Column("tight_at", UtcDateTime),
    sqlite_with_rowid=False,
)
Index("ix_check_matches_reference_id", matches.c.reference_id)
Index(
    "ix_check_matches_tight_at",
    matches.c.tight_at,
    sqlite_where=text("tight_at IS NOT NULL"),
    postgresql_where=text("tight_at IS NOT NULL"),
)

probes: Final = Table(
    "probes",
    metadata,
    Column("tenant_id", ID, primary_key=True),
    Column("reference_id", ID, primary_key=True),
    Column("probe_hmac", BYTES, primary_key=True),
    Column("asked_on", Date, nullable=False, index=True),
    Column("uploader_hmac", BYTES),
    Column("is_held", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)
"""Different questions near references as keyed digests, kept for `registry.storage.rows.days.WINDOW_DAYS` days."""
Index("ix_probes_tenant_id_uploader_hmac", probes.c.tenant_id, probes.c.uploader_hmac)
Index("ix_probes_tenant_id_is_held", probes.c.tenant_id, probes.c.is_held)

people_told: Final = Table(
    "people_told",
    metadata,
    Column("tenant_id", ID, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("uploader_hmac", BYTES, primary_key=True),
    Column("told_on", Date, nullable=False, index=True),
    Column("is_told", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""Registered people whom an uploader's uploads showed, told or held, kept as long. Without an uploader: no bytes."""
Index("ix_people_told_tenant_id_uploader_hmac", people_told.c.tenant_id, people_told.c.uploader_hmac)
Index("ix_people_told_case_id", people_told.c.case_id)

face_uploads: Final = Table(
    "face_uploads",
    metadata,
    Column("tenant_id", ID, primary_key=True),
    Column("seen_on", Date, primary_key=True),
    Column("uploads", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Numbers of uploads with a comparable face, kept as long."""

explanations: Final = Table(
    "explanations",
    metadata,
    Column("check_id", ID, primary_key=True),
    Column("tenant_id", ID, nullable=False),
    Column("credential_id", ID, nullable=False),
    Column("explained_on", Date, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Checks that were explained, each with the key that was told last, kept for as many days as probes."""
Index("ix_explanations_tenant_id", explanations.c.tenant_id)

acknowledgements: Final = tables.acknowledgement_table(metadata, "check_acknowledgements")
