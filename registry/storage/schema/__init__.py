"""The database schema: tables and column types."""

from registry.storage.schema import check_tables, tables
from registry.storage.schema.active import active_references
from registry.storage.schema.challenge_tables import (
    challenge_decisions,
    challenges,
    check_challenges,
    strikes,
)
from registry.storage.schema.check_tables import (
    checks,
    explanations,
    face_uploads,
    matches,
    people_told,
    probes,
)
from registry.storage.schema.claim_tables import claim_accesses, claim_contacts
from registry.storage.schema.face_tables import consents, face_keys, face_photos, face_templates
from registry.storage.schema.job_tables import jobs
from registry.storage.schema.judged_tables import benign_pictures, quarantines, reference_votes
from registry.storage.schema.mandate_tables import mandates
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
    erasures,
    index_machines,
    ledger_checkpoints,
    ledger_entries,
    ledger_tiles,
    meta,
    quotas,
    references,
    tenants,
    verifications,
    withdrawal_journals,
)
from registry.storage.schema.takedown_tables import (
    takedown_contents,
    takedown_events,
    takedown_keys,
    takedowns,
)
from registry.storage.schema.types import UtcDateTime

__all__ = [
    "UtcDateTime",
    "active_references",
    "anchored_windows",
    "benign_pictures",
    "case_links",
    "case_uses",
    "cases",
    "challenge_decisions",
    "challenges",
    "changes",
    "check_challenges",
    "check_tables",
    "checks",
    "claim_accesses",
    "claim_contacts",
    "clip_frames",
    "clips",
    "code_families",
    "codes",
    "consents",
    "credentials",
    "decisions",
    "erasures",
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
    "mandates",
    "matches",
    "meta",
    "people_told",
    "probes",
    "quarantines",
    "quotas",
    "reference_votes",
    "references",
    "strikes",
    "tables",
    "takedown_contents",
    "takedown_events",
    "takedown_keys",
    "takedowns",
    "tenants",
    "verifications",
    "withdrawal_journals",
]
