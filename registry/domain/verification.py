"""Verification records: who said how far a case is verified, and the level that follows from them.

1. A record states a level and the kind of evidence for it; the evidence itself is kept nowhere. Records are never
   changed or deleted.
2. The opener of a case makes none. What an opener says of a level is a claim (`Case.claimed_level`).
3. A record raises the level only with evidence of that level or a stronger one. `V3` and `V4` need records of two
   different people.
4. A record lowers the level at once. Records from before a fall count no more: whoever raises it again states so anew.
   A claim, or a record that waits for a second person, is refuted in the same way; the level then stays as it is.
5. The level is computed from all records of a case, in their order. The case's row keeps the result, so that a match is
   confirmed with it in the same read (`registry.storage.schema.active`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from index.verdict import Level
from registry.domain.case import Case
from registry.domain.case_states import CaseEvent
from registry.domain.roles import Actor
from registry.errors import EvidenceUnfit, OwnCase


@unique
class EvidenceKind(StrEnum):
    """The kind of evidence of which a record tells; never the evidence itself."""

    CONTACT_CONFIRMED = "contact_confirmed"
    """Somebody answered at the contact that the claimant gave."""
    IDENTITY_MATCHED = "identity_matched"
    """A document was seen, and the person matched live to the pictures enrolled."""
    MANDATE_AND_CONSENT = "mandate_and_consent"
    """The organisation, its mandate, and the subject's own consent through a separate channel were checked."""
    PUBLIC_BODY = "public_body"
    EVIDENCE_LAPSED = "evidence_lapsed"
    """What raised the level holds no more. It only lowers a level."""
    CLAIM_REFUTED = "claim_refuted"
    """The claim is not true. It only lowers a level."""
    BEFORE_RECORDS = "before_records"
    """The level was stated by the opener before there were records. Only a migration makes such a record."""


RAISES_TO: Final[dict[EvidenceKind, Level]] = {
    EvidenceKind.CONTACT_CONFIRMED: Level.V1,
    EvidenceKind.IDENTITY_MATCHED: Level.V2,
    EvidenceKind.MANDATE_AND_CONSENT: Level.V3,
    EvidenceKind.PUBLIC_BODY: Level.V4,
}
"""The highest level that a kind of evidence supports. The other kinds raise nothing."""

STATED_KINDS: Final = tuple(kind for kind in EvidenceKind if kind is not EvidenceKind.BEFORE_RECORDS)
"""The kinds that a verifier can state."""

PEOPLE_NEEDED: Final[dict[Level, int]] = {
    Level.V0: 1,
    Level.V1: 1,
    Level.V2: 1,
    Level.V3: 2,
    Level.V4: 2,
}
"""Number of different people whose records raise a case to a level."""


def usual_evidence(level: Level) -> EvidenceKind:
    """Return the kind of evidence that usually stands behind a level."""
    kinds = {highest: kind for kind, highest in RAISES_TO.items()}
    return kinds.get(level, EvidenceKind.EVIDENCE_LAPSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One verification record of a case.

    Attributes:
        credential_id: the key of the one who states it.
    """

    id: str
    case_id: str
    credential_id: str
    level: Level
    evidence: EvidenceKind
    recorded_at: datetime


def level_of(records: Sequence[Verification]) -> Level:
    """Return the level that follows from a case's records, oldest first."""
    return _followed(records)[0]


def _followed(records: Sequence[Verification]) -> tuple[Level, list[Verification]]:
    """Return the level that follows from records, and those that stand behind a level."""
    level = Level.V0
    standing: list[Verification] = []
    for record in records:
        if record.evidence is EvidenceKind.BEFORE_RECORDS:
            level = record.level
        elif record.level < level or record.evidence not in RAISES_TO:
            level, standing = min(level, record.level), []  # 4.
        elif record.level > level:
            standing.append(record)
            level = _reached(level, standing)
    return level, standing


def _reached(level: Level, standing: Sequence[Verification]) -> Level:
    """Return the highest stated level that enough different people stand behind (3.)."""
    for stated in sorted({one.level for one in standing}, reverse=True):
        people = {one.credential_id for one in standing if one.level >= stated}
        if len(people) >= PEOPLE_NEEDED[stated]:
            return max(level, stated)
    return level


def verified(case: Case, record: Verification, earlier: Sequence[Verification], by: Actor) -> Case:
    """Return the case after one more record.

    Raises:
        OwnCase: the actor has opened the case.
        EvidenceUnfit: this kind of evidence does not support the level, or would not lower it.
        NotPermitted, CaseWithdrawn, StateForbids: as `case_states.after`.
    """
    if by.credential_id == case.opened_by:  # 2.
        raise OwnCase
    _, standing = _followed(earlier)
    stated = max(case.level, case.claimed_level, *(one.level for one in standing))
    _require_fit(case.level, stated, record)
    level = level_of([*earlier, record])
    event = CaseEvent.ATTEST if record.level > level else CaseEvent.VERIFY
    moved = case.moved(event, by)
    if level == case.level and event is CaseEvent.ATTEST:
        return moved
    # Whoever states that evidence has lapsed stands behind nothing, so that a level from before records has nobody yet.
    by_whom = record.credential_id if record.evidence in RAISES_TO else case.verified_by
    return replace(moved, level=level, verified_by=None if level is Level.V0 else by_whom)


def _require_fit(present: Level, stated: Level, record: Verification) -> None:
    """Raise `EvidenceUnfit`, given the level in effect and the highest one that somebody claims or stands behind."""
    highest = RAISES_TO.get(record.evidence)
    if highest is not None and record.level > highest:
        raise EvidenceUnfit(f"{record.evidence.value} supports {highest.name} at most.")
    if highest is not None and record.level is Level.V0:
        raise EvidenceUnfit("V0 is stated with evidence_lapsed or claim_refuted.")
    if highest is None and not (record.level < present or record.level == present < stated):
        raise EvidenceUnfit(
            f"{record.evidence.value} only lowers a level, and the case is at {present.name}: name a lower one, or"
            " other evidence."
        )
