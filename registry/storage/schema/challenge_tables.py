"""The tables of challenges, decisions and strikes, in the registry's schema.

A withdrawal deletes the challenges of its case with their decisions (`registry.usecases.cases.withdrawing`). Strikes
and
disputed checks name no case.
"""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, UniqueConstraint

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BIG_KEY, ID, NAME, UtcDateTime

challenges: Final = Table(
    "challenges",
    metadata,
    Column("number", BIG_KEY, primary_key=True),  # in the order in which challenges were made
    Column("id", ID, nullable=False, unique=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("case_tenant_id", ID, nullable=False),
    Column("reference_id", ID),  # NULL for the whole case
    Column("tenant_id", ID, nullable=False),
    Column("credential_id", ID, nullable=False),
    Column("party_id", ID, nullable=False, index=True),
    Column("reason", NAME, nullable=False),
    Column("is_by_check", Boolean, nullable=False),
    Column("is_effective", Boolean, nullable=False),
    Column("state", NAME, nullable=False),
    Column("challenged_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    sqlite_autoincrement=True,
)
Index("ix_challenges_case_tenant_id_number", challenges.c.case_tenant_id, challenges.c.number)

challenge_decisions: Final = Table(
    "challenge_decisions",
    metadata,
    Column("number", BIG_KEY, primary_key=True),
    Column("challenge_id", ID, nullable=False),
    Column("credential_id", ID, nullable=False),
    Column("outcome", NAME, nullable=False),
    Column("is_bad_faith", Boolean, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    UniqueConstraint("challenge_id", "credential_id"),
    sqlite_autoincrement=True,
)
"""What people have stated about challenges. Two who agree decide."""

check_challenges: Final = Table(
    "check_challenges",
    metadata,
    Column("check_id", ID, primary_key=True),
    Column("tenant_id", ID, nullable=False, index=True),
    Column("credential_id", ID, nullable=False),
    Column("reason", NAME, nullable=False),
    Column("challenged_at", UtcDateTime, nullable=False),
)
"""The checks that platforms dispute. A row is the same whether the check matched something or not."""

strikes: Final = Table(
    "strikes",
    metadata,
    Column("number", BIG_KEY, primary_key=True),
    Column("party_id", ID, nullable=False, index=True),  # a key, a tenant, or a person's own case
    Column("suspends", NAME, nullable=False),
    Column("challenge_id", ID, nullable=False),
    Column("struck_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
