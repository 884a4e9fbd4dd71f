"""Tables of cases without an account."""

from typing import Final

from sqlalchemy import Column, ForeignKey, SmallInteger, Table

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BYTES, ID, UtcDateTime

claim_accesses: Final = Table(
    "claim_accesses",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("secret_salt", BYTES, nullable=False),
    Column("secret_tag", SmallInteger, nullable=False),
    Column("secret_digest", BYTES, nullable=False),
    Column("recovery_salt", BYTES, nullable=False),
    Column("recovery_tag", SmallInteger, nullable=False),
    Column("recovery_digest", BYTES, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
"""What is kept of secrets and recovery words (`registry.security.claim_proofs`). A row stays after the erasure, so that
the claimant can read that her case is erased; it says nothing about her or her media."""

claim_contacts: Final = Table(
    "claim_contacts",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("sealed_key", BYTES, nullable=False),
    Column("sealed", BYTES, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)
"""Contacts, each sealed by a key of its own. The withdrawal's transaction deletes the row, and its key with it."""
