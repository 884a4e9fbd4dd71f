"""Cases and references over the wire."""

from typing import Annotated, Literal, cast

from pydantic import Field

from index.verdict import Level
from registry.domain.case import CaseState
from registry.domain.reference import Reference, ReferenceKind
from registry.usecases.enrol import Enrolled, EnrolOutcome
from registry.usecases.open_case import Opened
from registry.usecases.read_case import CaseView
from registry.usecases.withdraw import Withdrawn
from registry.web.schemas.base import Answered, Asked, Moment
from registry.web.schemas.codes import Codes

LevelName = Literal["V0", "V1", "V2", "V3", "V4"]
KindName = Literal["intimate_item", "source_original", "official_release"]


class ReferenceFields(Asked):
    """The fields beside the file of a multipart enrolment."""

    kind: KindName = "intimate_item"


class ReferenceByCodes(ReferenceFields):
    """A reference by codes that were made on the claimant's device."""

    codes: Codes


class CaseFields(ReferenceFields):
    """The fields beside the file of a multipart opening."""

    level: LevelName = "V0"


class CaseAsked(Asked):
    """A case to open, with its first reference if there is one."""

    level: LevelName = "V0"
    reference: ReferenceByCodes | None = None


def level_of(name: LevelName) -> Level:
    """Reads a level's name."""
    return Level[name]


def level_name(level: Level) -> LevelName:
    """Writes a level's name."""
    return cast("LevelName", level.name)


def kind_of(name: KindName) -> ReferenceKind:
    """Reads a kind's name."""
    return ReferenceKind(name)


Receipt = Annotated[
    str | None,
    Field(
        pattern="^[0-9a-f]{64}$",
        description="Digest of the ledger entry; null where nothing had to be written.",
    ),
]


class ReferenceAnswered(Answered):
    """A reference, without anything that was derived from its media."""

    reference: str
    kind: ReferenceKind
    enrolled_at: Moment
    algorithms: list[str]

    @classmethod
    def of(cls, reference: Reference) -> "ReferenceAnswered":
        """Shows a reference."""
        algorithms = sorted({stored.code.algorithm.value for stored in reference.codes})
        return cls(
            reference=reference.id,
            kind=reference.kind,
            enrolled_at=reference.enrolled_at,
            algorithms=algorithms,
        )


class CaseAnswered(Answered):
    """A case as its owner sees it."""

    case: str
    state: CaseState
    level: LevelName
    opened_at: Moment
    withdrawn_at: Moment | None
    erased_at: Moment | None
    references: list[ReferenceAnswered]

    @classmethod
    def of(cls, view: CaseView) -> "CaseAnswered":
        """Shows a case with its references."""
        case = view.case
        return cls(
            case=case.id,
            state=case.state,
            level=level_name(case.level),
            opened_at=case.opened_at,
            withdrawn_at=case.withdrawn_at,
            erased_at=case.erased_at,
            references=[ReferenceAnswered.of(reference) for reference in view.references],
        )


class OpenedAnswered(Answered):
    """What an opening led to."""

    case: str
    outcome: Literal["opened", "enrolled", "duplicate"]
    state: CaseState
    level: LevelName
    opened_at: Moment
    reference: str | None
    receipt: Receipt

    @classmethod
    def of(cls, opened: Opened) -> "OpenedAnswered":
        """Shows the case, and the first reference where there is one."""
        case, first = opened.case, opened.first
        return cls(
            case=case.id,
            outcome="opened" if first is None else first.outcome.value,
            state=case.state,
            level=level_name(case.level),
            opened_at=case.opened_at,
            reference=None if first is None else first.reference.id,
            receipt=None if opened.receipt is None else opened.receipt.hex(),
        )


class EnrolledAnswered(Answered):
    """The reference that stands for the media now."""

    case: str
    reference: str
    outcome: EnrolOutcome
    kind: ReferenceKind
    enrolled_at: Moment
    receipt: Receipt

    @classmethod
    def of(cls, enrolled: Enrolled) -> "EnrolledAnswered":
        """Shows an enrolment."""
        return cls(
            case=enrolled.case_id,
            reference=enrolled.reference.id,
            outcome=enrolled.outcome,
            kind=enrolled.reference.kind,
            enrolled_at=enrolled.reference.enrolled_at,
            receipt=None if enrolled.receipt is None else enrolled.receipt.hex(),
        )


class WithdrawnAnswered(Answered):
    """A withdrawn case; `erased_at` follows when the last copies on disk are overwritten."""

    case: str
    state: CaseState
    withdrawn_at: Moment
    erased_at: Moment | None
    receipt: Receipt

    @classmethod
    def of(cls, withdrawn: Withdrawn) -> "WithdrawnAnswered":
        """Shows a withdrawal."""
        case = withdrawn.case
        if case.withdrawn_at is None:
            raise ValueError("the case is not withdrawn")
        return cls(
            case=case.id,
            state=case.state,
            withdrawn_at=case.withdrawn_at,
            erased_at=case.erased_at,
            receipt=None if withdrawn.receipt is None else withdrawn.receipt.hex(),
        )
