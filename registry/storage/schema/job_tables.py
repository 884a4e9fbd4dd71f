"""The table of jobs. It is in the registry's schema, because an acknowledged job must survive a power cut."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, SmallInteger, String, Table, text

from registry.storage.schema.tables import metadata
from registry.storage.schema.types import BYTES, ID, NAME, UtcDateTime

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("tenant_id", ID, ForeignKey("tenants.id"), nullable=False),
    Column("credential_id", ID, nullable=False),
    Column("permissions", String(1000), nullable=False),
    Column("kind", NAME, nullable=False),
    # The request
    Column("asked_case_id", ID),
    Column("reference_kind", NAME),
    Column("level", SmallInteger),
    Column("edits", Boolean, nullable=False),
    Column("exclude", String(2000), nullable=False),  # as "0 5500;…": start and end in milliseconds
    Column("context", NAME, nullable=False, server_default="general"),
    Column("uploader_hmac", BYTES),
    Column("consent_language", NAME),
    Column("consent_way", NAME),
    # The spooled upload
    Column("spool_name", ID, nullable=False),
    Column("machine_id", ID, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sealed_key", BYTES),  # NULL once the job has ended
    # The state
    Column("state", NAME, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("seen_ms", BigInteger, nullable=False),
    Column("announced_ms", BigInteger),
    # The result
    Column("result_id", ID),
    Column("case_id", ID),
    Column("outcome", NAME),
    Column("problem_code", NAME),
    Column("problem_detail", String(300)),
    Column("receipt", BYTES),
)
_LIVE: Final = text("sealed_key IS NOT NULL")
Index("ix_jobs_live_of_tenants", jobs.c.tenant_id, sqlite_where=_LIVE, postgresql_where=_LIVE)
Index("ix_jobs_live_of_keys", jobs.c.credential_id, sqlite_where=_LIVE, postgresql_where=_LIVE)
"""The jobs that have not ended, which quotas count."""

Index("ix_jobs_machine_id_state_next_at", jobs.c.machine_id, jobs.c.state, jobs.c.next_at)
