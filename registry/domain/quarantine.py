"""Quarantines: references that the registry put to review at most by itself, until a person clears them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from index.verdict import Level, ReferenceKind
from registry.domain.case_states import ReferenceState


@unique
class QuarantineReason(StrEnum):
    """Why a reference is in quarantine."""

    PRECISION = "precision"
    """Platforms said too often that its matches were wrong."""
    FLOOD = "flood"
    """It suddenly matched too much."""
    POPULAR = "popular"
    """Many unrelated tenants registered it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceStanding:
    """A reference that is not removed, locked while its state may change.

    Attributes:
        tenant_id: the tenant of its case.
        level: the level of its case.
        was_cleared: whether a person looked at a quarantine of it and ended it.
    """

    id: str
    case_id: str
    tenant_id: str
    kind: ReferenceKind
    level: Level
    state: ReferenceState
    enrolled_at: datetime
    was_cleared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A reference that was registered lately.

    Attributes:
        key: its place in the order of registration.
        pdq: its searched whole code, 32 bytes; None if it has none.
    """

    key: int
    id: str
    case_id: str
    tenant_id: str
    kind: ReferenceKind
    pdq: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """One reference in quarantine, as the operator sees it.

    Attributes:
        platforms: platforms that gave feedback about it since a person looked last.
        confirmed: their feedback that its matches were right.
        mistaken: their feedback that they were wrong.
    """

    reference_id: str
    case_id: str
    tenant_id: str
    level: Level
    reason: QuarantineReason
    quarantined_at: datetime
    platforms: int = 0
    confirmed: int = 0
    mistaken: int = 0
