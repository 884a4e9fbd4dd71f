"""A check: one question of a platform about one upload; and what the platform then decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from index.verdict import Verdict


@unique
class DecisionKind(StrEnum):
    """What a platform did with the upload."""

    ALLOWED = "allowed"
    HELD = "held"
    BLOCKED = "blocked"
    REMOVED = "removed"
    LABELLED = "labelled"
    AGE_RESTRICTED = "age_restricted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the platform did, and when it told us."""

    check_id: str
    tenant_id: str
    kind: DecisionKind
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answered question.

    Attributes:
        verdict: what was answered.
        as_of: position of the change log that the answer had seen.
        reference_ids: what was confirmed; never leaves the registry.
    """

    id: str
    tenant_id: str
    verdict: Verdict
    as_of: int
    checked_at: datetime
    reference_ids: tuple[str, ...] = ()
