"""Models of verification records, and of pages of cases."""

from typing import Annotated, Literal

from pydantic import Field

from registry.domain import Case, CaseState, EvidenceKind, Verification
from registry.usecases.cases import CasePage, Verified
from registry.web.cursors import Cursor, NextCursor
from registry.web.schemas.base import Answered, Asked, Moment, Receipt, receipt_of
from registry.web.schemas.enrolling import LevelName, level_name

EvidenceName = Literal[
    "contact_confirmed",
    "identity_matched",
    "mandate_and_consent",
    "public_body",
    "evidence_lapsed",
    "claim_refuted",
]


class VerificationAsked(Asked):
    """What a verifier states about a case. The evidence itself is never sent."""

    level: Annotated[
        LevelName,
        Field(
            description="The level that the case deserves. V3 and V4 take effect with a second verifier's record."
        ),
    ]
    evidence: Annotated[
        EvidenceName,
        Field(
            description="What kind of evidence was seen: `contact_confirmed` (V1 at most), `identity_matched` (V2),"
            " `mandate_and_consent` (V3), `public_body` (V4). `evidence_lapsed` and `claim_refuted`"
            " lower the level, or end the wait for a higher one."
        ),
    ]


class RecordAnswered(Answered):
    """A verification record."""

    record: str
    level: LevelName
    evidence: EvidenceKind
    credential: str
    recorded_at: Moment

    @classmethod
    def of(cls, record: Verification) -> "RecordAnswered":
        """Return the model of a record."""
        return cls(
            record=record.id,
            level=level_name(record.level),
            evidence=record.evidence,
            credential=record.credential_id,
            recorded_at=record.recorded_at,
        )


class VerifiedAnswered(Answered):
    """A case after a statement about its level."""

    case: str
    state: CaseState
    level: LevelName
    claimed_level: LevelName
    record: str
    awaits_second: Annotated[
        bool, Field(description="Whether the stated level waits for the record of a second verifier.")
    ]
    receipt: Receipt

    @classmethod
    def of(cls, verified: Verified) -> "VerifiedAnswered":
        """Return the model of a statement's result."""
        case = verified.case
        return cls(
            case=case.id,
            state=case.state,
            level=level_name(case.level),
            claimed_level=level_name(case.claimed_level),
            record=verified.record.id,
            awaits_second=verified.awaits_second,
            receipt=receipt_of(verified.receipt),
        )


class CasesAsked(Asked):
    """The query of a page of cases."""

    label: Annotated[str | None, Field(max_length=64, description="Only cases with this label.")] = None
    cursor: Cursor = None


class ListedCase(Answered):
    """A case within a page."""

    case: str
    state: CaseState
    level: LevelName
    claimed_level: LevelName
    opened_at: Moment
    withdrawn_at: Moment | None

    @classmethod
    def of(cls, case: Case) -> "ListedCase":
        """Return the model of a case."""
        return cls(
            case=case.id,
            state=case.state,
            level=level_name(case.level),
            claimed_level=level_name(case.claimed_level),
            opened_at=case.opened_at,
            withdrawn_at=case.withdrawn_at,
        )


class CasesAnswered(Answered):
    """A page of the tenant's cases, in the order in which they were opened."""

    cases: list[ListedCase]
    next: NextCursor

    @classmethod
    def of(cls, page: CasePage, following: str | None) -> "CasesAnswered":
        """Return the model of a page."""
        return cls(cases=[ListedCase.of(case) for case in page.cases], next=following)


def evidence_of(name: EvidenceName) -> EvidenceKind:
    """Return the kind of evidence with this name."""
    return EvidenceKind(name)
