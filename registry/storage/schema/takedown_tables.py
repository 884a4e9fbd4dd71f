"""The tables of takedown requests. Ids, states and times are in the clear; what a request says of people is sealed."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BYTES, ID, NAME, UtcDateTime

takedowns: Final = Table(
    "takedowns",
    metadata,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("tenant_id", ID, ForeignKey("tenants.id"), nullable=False),
    Column("platform_id", ID, ForeignKey("tenants.id")),  # NULL for a platform without a key here
    Column("profile", NAME, nullable=False),
    Column("profile_version", NAME, nullable=False),
    Column("language", NAME, nullable=False),
    Column("state", NAME, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_by", ID, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("extensions", Integer, nullable=False),
    Column("paused_at", UtcDateTime),
    Column("missed_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("executed_at", UtcDateTime),
    Column("block_ends_at", UtcDateTime),
    Column("appeal_ends_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
)
for _owner in (takedowns.c.tenant_id, takedowns.c.platform_id):
    Index(f"ix_takedowns_{_owner.name}_opened_at_id", _owner, takedowns.c.opened_at, takedowns.c.id)
    Index(f"ix_takedowns_{_owner.name}_due_at_id", _owner, takedowns.c.due_at, takedowns.c.id)
Index("ix_takedowns_opened_by_opened_at", takedowns.c.opened_by, takedowns.c.opened_at)
Index("ix_takedowns_state_due_at", takedowns.c.state, takedowns.c.due_at)
Index("ix_takedowns_profile_ended_at", takedowns.c.profile, takedowns.c.ended_at)

takedown_events: Final = Table(
    "takedown_events",
    metadata,
    Column("takedown_id", ID, ForeignKey("takedowns.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, in the order of events
    Column("event", NAME, nullable=False),
    Column("reason", NAME, nullable=False),
    Column("state", NAME, nullable=False),  # after the event
    Column("at", UtcDateTime, nullable=False),
    Column("tenant_id", ID),  # NULL for the registry itself
    Column("credential_id", ID),
)
"""What happened to each request. Rows are only ever added."""

takedown_keys: Final = Table(
    "takedown_keys",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("sealed_key", BYTES, nullable=False),
)
"""One key for each case with requests, sealed by the deployment's key. Without it no content of the case opens."""

takedown_contents: Final = Table(
    "takedown_contents",
    metadata,
    Column("takedown_id", ID, ForeignKey("takedowns.id"), primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("sealed", BYTES, nullable=False),
)
"""The address and the elements of each request, sealed by the key of its case."""
