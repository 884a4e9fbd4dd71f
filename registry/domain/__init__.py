"""The registry's own words as types and state machines: pure values, no input or output."""

from registry.domain import ids
from registry.domain.candidate import AnchoredCandidate, Candidate
from registry.domain.case import Case, CaseState, withdraw
from registry.domain.check import Check, Decision, DecisionKind
from registry.domain.clips import ClipFacts, FramePlace, StoredClip, frame_key, number_of
from registry.domain.credential import Credential, Tenant
from registry.domain.excluded import EXCLUDED_PATTERN, MAX_CHARACTERS, parse_excluded
from registry.domain.family import CODE_FAMILIES, FACES_PREFIX, Family, engine_of, removed_ids
from registry.domain.job import (
    MAX_ATTEMPTS,
    MAX_EXCLUDED,
    Job,
    JobAsked,
    JobKind,
    JobState,
    Spooled,
    abandoned,
    begun,
    cancelled,
    checked,
    enrolled,
    failed,
    heard,
    postponed,
    released,
)
from registry.domain.ledger import GENESIS, Act, LedgerEntry, LedgerReport, link, verify
from registry.domain.likeness import FaceCandidate, FacePhoto, StoredLikeness, mean_template
from registry.domain.reference import (
    ENROLLABLE_KINDS,
    FoundBy,
    Reference,
    StoredCode,
    View,
    require_matchable,
)
from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.domain.windows import FOUND_BY_WINDOWS_FROM, StoredWindows, large_mask, packed_codes, window_ids

__all__ = [
    "CODE_FAMILIES",
    "ENROLLABLE_KINDS",
    "EXCLUDED_PATTERN",
    "FACES_PREFIX",
    "FOUND_BY_WINDOWS_FROM",
    "GENESIS",
    "MAX_ATTEMPTS",
    "MAX_CHARACTERS",
    "MAX_EXCLUDED",
    "ROLE_PERMISSIONS",
    "Act",
    "Actor",
    "AnchoredCandidate",
    "Candidate",
    "Case",
    "CaseState",
    "Check",
    "ClipFacts",
    "Credential",
    "Decision",
    "DecisionKind",
    "FaceCandidate",
    "FacePhoto",
    "Family",
    "FoundBy",
    "FramePlace",
    "Job",
    "JobAsked",
    "JobKind",
    "JobState",
    "LedgerEntry",
    "LedgerReport",
    "Reference",
    "Role",
    "Spooled",
    "StoredClip",
    "StoredCode",
    "StoredLikeness",
    "StoredWindows",
    "Tenant",
    "View",
    "abandoned",
    "begun",
    "cancelled",
    "checked",
    "engine_of",
    "enrolled",
    "failed",
    "frame_key",
    "heard",
    "ids",
    "large_mask",
    "link",
    "mean_template",
    "number_of",
    "packed_codes",
    "parse_excluded",
    "postponed",
    "released",
    "removed_ids",
    "require_matchable",
    "verify",
    "window_ids",
    "withdraw",
]
