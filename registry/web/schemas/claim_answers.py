"""Models of answers to people without an account."""

from typing import Annotated, Literal

from pydantic import Field

from index.verdict import Outcome, ReferenceKind
from registry.domain import CaseState, DecisionKind, Language, Reference, ReferenceState
from registry.domain.claims import CountBand, MatchMonth, SecretKind, as_words, case_number
from registry.usecases.claims import (
    ContactKept,
    ContactRead,
    FollowedClaim,
    FollowedReference,
    NewSecret,
    OpenedClaim,
)
from registry.usecases.enrolment import Enrolled, EnrolOutcome
from registry.web.schemas.base import Answered, Moment, Receipt, receipt_of
from registry.web.schemas.cases import Ways
from registry.web.schemas.enrolling import LevelName, level_name

CaseNumber = Annotated[
    str,
    Field(
        pattern="^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{2}$",
        description="The case number, for people. Its first 16 characters are those of `case_id`.",
    ),
]
CaseId = Annotated[str, Field(description="The same case, as staff and receipts name it.")]


class ClaimedReferenceAnswered(Answered):
    """A picture that was registered."""

    reference: str
    outcome: EnrolOutcome
    found_by: Ways

    @classmethod
    def of(cls, enrolled: Enrolled) -> "ClaimedReferenceAnswered":
        """Return the model of an enrolment."""
        return cls(
            reference=enrolled.reference.id,
            outcome=enrolled.outcome,
            found_by=list(enrolled.reference.found_by),
        )


class ClaimOpenedAnswered(Answered):
    """A case, and its secrets. They are told once: without them nobody can open the case."""

    case: CaseNumber
    case_id: CaseId
    secret: Annotated[
        str, Field(description="Nine words. Status, further pictures and the withdrawal need them.")
    ]
    recovery_words: Annotated[str, Field(description="Twelve words, which set a new secret if it is lost.")]
    state: CaseState
    level: LevelName
    references: list[ClaimedReferenceAnswered]
    receipt: Receipt

    @classmethod
    def of(cls, opened: OpenedClaim, language: Language) -> "ClaimOpenedAnswered":
        """Return the model of a case that was opened."""
        return cls(
            case=case_number(opened.case.id),
            case_id=opened.case.id,
            secret=as_words(SecretKind.SECRET, opened.secret, language),
            recovery_words=as_words(SecretKind.RECOVERY, opened.recovery, language),
            state=opened.case.state,
            level=level_name(opened.case.level),
            references=[ClaimedReferenceAnswered.of(one) for one in opened.enrolled],
            receipt=receipt_of(opened.receipt),
        )


class MonthAnswered(Answered):
    """The matches of a reference in one month. Platforms are not named, and numbers are told as bands."""

    month: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$")]
    matches: CountBand
    outcomes: Annotated[
        dict[Outcome, CountBand], Field(description="What this registry told the platforms to do.")
    ]
    decisions: Annotated[
        dict[DecisionKind, CountBand],
        Field(description="What they reported to have done. A platform may report later, or nothing."),
    ]

    @classmethod
    def of(cls, month: MatchMonth) -> "MonthAnswered":
        """Return the model of a month."""
        return cls(
            month=month.month,
            matches=month.matches,
            outcomes=dict(month.outcomes),
            decisions=dict(month.decisions),
        )


class FollowedReferenceAnswered(Answered):
    """A picture of the case, and what it matched."""

    reference: str
    kind: ReferenceKind
    state: ReferenceState
    origin: Annotated[
        Literal["device", "registry"] | None,
        Field(
            description="Who computed the fingerprint: the claimant's device, or the registry; null after the"
            " withdrawal."
        ),
    ]
    enrolled_at: Moment
    found_by: Ways
    matches: Annotated[list[MonthAnswered], Field(description="By month in UTC, the newest first.")]

    @classmethod
    def of(cls, followed: FollowedReference) -> "FollowedReferenceAnswered":
        """Return the model of a reference."""
        reference = followed.reference
        return cls(
            reference=reference.id,
            kind=reference.kind,
            state=reference.told_state,
            origin=_origin_of(reference),
            enrolled_at=reference.enrolled_at,
            found_by=list(reference.found_by),
            matches=[MonthAnswered.of(month) for month in followed.months],
        )


def _origin_of(reference: Reference) -> Literal["device", "registry"] | None:
    if not reference.codes:
        return None
    return "device" if reference.is_device_made else "registry"


class ClaimStatusAnswered(Answered):
    """What has become of a case."""

    case: CaseNumber
    case_id: CaseId
    state: CaseState
    level: LevelName
    opened_at: Moment
    withdrawn_at: Moment | None
    erased_at: Moment | None
    has_contact: bool
    references: list[FollowedReferenceAnswered]

    @classmethod
    def of(cls, followed: FollowedClaim) -> "ClaimStatusAnswered":
        """Return the model of a case."""
        case = followed.case
        return cls(
            case=case_number(case.id),
            case_id=case.id,
            state=case.state,
            level=level_name(case.level),
            opened_at=case.opened_at,
            withdrawn_at=case.withdrawn_at,
            erased_at=case.erased_at,
            has_contact=followed.has_contact,
            references=[FollowedReferenceAnswered.of(one) for one in followed.references],
        )


class NewSecretAnswered(Answered):
    """The new secret, told once. The old one ends; the recovery words stay."""

    case: CaseNumber
    case_id: CaseId
    secret: str
    receipt: Receipt

    @classmethod
    def of(cls, new: NewSecret, language: Language) -> "NewSecretAnswered":
        """Return the model of a new secret."""
        return cls(
            case=case_number(new.case_id),
            case_id=new.case_id,
            secret=as_words(SecretKind.SECRET, new.secret, language),
            receipt=receipt_of(new.receipt),
        )


class ContactKeptAnswered(Answered):
    """Whether the case has a contact now."""

    case: CaseNumber
    case_id: CaseId
    has_contact: bool
    receipt: Receipt

    @classmethod
    def of(cls, kept: ContactKept) -> "ContactKeptAnswered":
        """Return the model of a change."""
        return cls(
            case=case_number(kept.case.id),
            case_id=kept.case.id,
            has_contact=kept.has_contact,
            receipt=receipt_of(kept.receipt),
        )


class ContactAnswered(Answered):
    """The contact of a case, for a verifier. The ledger keeps that it was read."""

    case: str
    kind: Literal["email", "phone", "messenger"]
    value: str
    may_leave_message: bool
    hours: str
    wording: str
    receipt: Receipt

    @classmethod
    def of(cls, read: ContactRead) -> "ContactAnswered":
        """Return the model of a contact."""
        contact = read.contact
        return cls(
            case=read.case_id,
            kind=contact.kind.value,
            value=contact.value,
            may_leave_message=contact.may_leave_message,
            hours=contact.hours,
            wording=contact.wording,
            receipt=receipt_of(read.receipt),
        )
