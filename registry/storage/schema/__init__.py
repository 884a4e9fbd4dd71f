"""The database schema: tables and column types."""

from registry.storage.schema import check_tables, tables
from registry.storage.schema.active import active_references
from registry.storage.schema.check_tables import (
    checks,
    explanations,
    face_uploads,
    matches,
    people_told,
    probes,
)
from registry.storage.schema.face_tables import face_keys, face_photos, face_templates
from registry.storage.schema.job_tables import jobs
from registry.storage.schema.tables import (
    anchored_windows,
    case_links,
    case_uses,
    cases,
    changes,
    clip_frames,
    clips,
    code_families,
    codes,
    credentials,
    decisions,
    index_machines,
    ledger_checkpoints,
    ledger_entries,
    ledger_tiles,
    meta,
    quotas,
    references,
    tenants,
    verifications,
)
from registry.storage.schema.types import UtcDateTime

__all__ = [
    "UtcDateTime",
    "active_references",
    "anchored_windows",
    "case_links",
    "case_uses",
    "cases",
    "changes",
    "check_tables",
    "checks",
    "clip_frames",
    "clips",
    "code_families",
    "codes",
    "credentials",
    "decisions",
    "explanations",
    "face_keys",
    "face_photos",
    "face_templates",
    "face_uploads",
    "index_machines",
    "jobs",
    "ledger_checkpoints",
    "ledger_entries",
    "ledger_tiles",
    "matches",
    "meta",
    "people_told",
    "probes",
    "quotas",
    "references",
    "tables",
    "tenants",
    "verifications",
]
