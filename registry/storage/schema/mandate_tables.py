"""The table of mandates in the registry's schema."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, SmallInteger, String, Table, text

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BYTES, ID, NAME, UtcDateTime

mandates: Final = Table(
    "mandates",
    metadata,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("tenant_id", ID, nullable=False),
    Column("proposed_by", ID, nullable=False),
    Column("kinds", String(200), nullable=False),  # separated by blanks
    Column("platforms", String(2000), nullable=False),  # host names, separated by blanks
    Column("takedown_notices", Boolean, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("state", NAME, nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("starts_at", UtcDateTime),
    Column("confirmed_by", ID),
    Column("ended_at", UtcDateTime),
    Column("reminded_days", SmallInteger),
    Column("secret_hmac", BYTES),  # of the subject's secret
)
"""Mandates of agents. The rows of a case are deleted when it is withdrawn; the ledger keeps that they were there."""

_CONFIRMED: Final = text("state = 'confirmed'")
Index(
    "ix_mandates_confirmed",
    mandates.c.expires_at,
    sqlite_where=_CONFIRMED,
    postgresql_where=_CONFIRMED,
)
