"""Tables by which the registry judges references: feedback, quarantines, and pictures known to be benign."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BYTES, ID, NAME, UtcDateTime

reference_votes: Final = Table(
    "reference_votes",
    metadata,
    Column("reference_id", ID, ForeignKey("case_references.id"), primary_key=True),
    Column("tenant_id", ID, primary_key=True),
    Column("source", BYTES, primary_key=True),  # `registry.storage.rows.checks.source_of`; empty if not known
    Column("confirmed", Integer, nullable=False),
    Column("mistaken", Integer, nullable=False),
)
"""Platforms' feedback about tight matches of a reference. Removed by a withdrawal, and when a person clears it."""

quarantines: Final = Table(
    "quarantines",
    metadata,
    Column("reference_id", ID, ForeignKey("case_references.id"), primary_key=True),
    Column("reason", NAME, nullable=False),
    Column("quarantined_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime),
)
"""The last quarantine of each reference that ever had one. Removed by a withdrawal."""
Index("ix_quarantines_cleared_at", quarantines.c.cleared_at)

benign_pictures: Final = Table(
    "benign_pictures",
    metadata,
    Column("id", ID, primary_key=True),
    Column("label", String(80), nullable=False),
    Column("pdqs", BYTES, nullable=False),
    Column("sha256", BYTES, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)
"""The operator's list of benign pictures, which belong to no case."""
