"""Models of answers about cases and references."""

from typing import Annotated, Literal

from pydantic import Field

from index.frames import MAX_PICTURES
from index.verdict import Box, ReferenceKind
from registry.domain import CaseState, FoundBy, Reference, ReferenceState
from registry.usecases.cases import CaseView, Opened, OpenedWithReference, Withdrawn
from registry.usecases.enrolment import Enrolled, EnrolOutcome
from registry.web.schemas.base import Answered, Moment, Receipt, receipt_of
from registry.web.schemas.break_glass import GlassReadAnswered
from registry.web.schemas.enrolling import LevelName, level_name
from registry.web.schemas.verifying import RecordAnswered

Ways = Annotated[
    list[FoundBy],
    Field(
        description="What it is found in: `file`, the very same file; `copies`, the whole picture in another size,"
        " quality, colour or turn; `edits`, crops, captions, frames, screenshots, collages and altered copies."
        " Empty where it is found in nothing: without a reference, and after the withdrawal."
    ),
]

Share = Annotated[float, Field(ge=0, le=1)]


class InnerAnswered(Answered):
    """Place of a picture within the file: edges as shares of width and height from the left and upper edge."""

    left: Share
    top: Share
    right: Share
    bottom: Share

    @classmethod
    def of(cls, box: Box) -> "InnerAnswered":
        """Return the model of a proposal."""
        return cls(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


Inner = Annotated[
    list[InnerAnswered],
    Field(
        max_length=MAX_PICTURES,
        description="Where pictures lie within the file, as in a screenshot or a collage, the surest first: proposals."
        " Crop them and register each by itself, so that it is found without what is around it.",
    ),
]


class ReferenceAnswered(Answered):
    """A reference, without any data derived from its media."""

    reference: str
    kind: ReferenceKind
    state: ReferenceState
    enrolled_at: Moment
    algorithms: list[str]
    found_by: Ways

    @classmethod
    def of(cls, reference: Reference) -> "ReferenceAnswered":
        """Return the model of a reference."""
        algorithms = sorted({stored.code.algorithm.value for stored in reference.codes})
        return cls(
            reference=reference.id,
            kind=reference.kind,
            state=reference.told_state,
            enrolled_at=reference.enrolled_at,
            algorithms=algorithms,
            found_by=list(reference.found_by),
        )


class CaseAnswered(Answered):
    """A case as its owner sees it."""

    case: str
    state: CaseState
    level: LevelName
    claimed_level: LevelName
    opened_at: Moment
    withdrawn_at: Moment | None
    erased_at: Moment | None
    records: Annotated[
        list[RecordAnswered],
        Field(description="The verification records, oldest first; `level` follows from them."),
    ]
    references: list[ReferenceAnswered]
    labels: Annotated[list[str], Field(description="The tenant's own labels.")]
    reads: Annotated[
        list[GlassReadAnswered],
        Field(
            description="Grants to read the case from outside of its tenant, and when it was read by each."
        ),
    ]

    @classmethod
    def of(cls, view: CaseView) -> "CaseAnswered":
        """Return the model of a case with its references."""
        case = view.case
        return cls(
            case=case.id,
            state=case.state,
            level=level_name(case.level),
            claimed_level=level_name(case.claimed_level),
            opened_at=case.opened_at,
            withdrawn_at=case.withdrawn_at,
            erased_at=case.erased_at,
            records=[RecordAnswered.of(record) for record in view.records],
            references=[ReferenceAnswered.of(reference) for reference in view.references],
            labels=list(view.labels),
            reads=[GlassReadAnswered.of(read) for read in view.reads],
        )


class OpenedAnswered(Answered):
    """The result of opening a case."""

    case: str
    outcome: Literal["opened", "enrolled", "duplicate"]
    state: CaseState
    level: LevelName
    claimed_level: LevelName
    opened_at: Moment
    reference: str | None
    found_by: Ways
    inner: Inner
    receipt: Receipt

    @classmethod
    def of(cls, opened: Opened) -> "OpenedAnswered":
        """Return the model of the case and of its first reference, if any."""
        case = opened.case
        first = opened.first if isinstance(opened, OpenedWithReference) else None
        return cls(
            case=case.id,
            outcome="opened" if first is None else first.outcome.value,
            state=case.state,
            level=level_name(case.level),
            claimed_level=level_name(case.claimed_level),
            opened_at=case.opened_at,
            reference=None if first is None else first.reference.id,
            found_by=[] if first is None else list(first.reference.found_by),
            inner=[] if first is None else [InnerAnswered.of(box) for box in first.inner],
            receipt=receipt_of(opened.receipt),
        )


class EnrolledAnswered(Answered):
    """The reference that now stands for the media."""

    case: str
    reference: str
    outcome: EnrolOutcome
    kind: ReferenceKind
    enrolled_at: Moment
    found_by: Ways
    inner: Inner
    receipt: Receipt

    @classmethod
    def of(cls, enrolled: Enrolled) -> "EnrolledAnswered":
        """Return the model of an enrolment."""
        return cls(
            case=enrolled.case_id,
            reference=enrolled.reference.id,
            outcome=enrolled.outcome,
            kind=enrolled.reference.kind,
            enrolled_at=enrolled.reference.enrolled_at,
            found_by=list(enrolled.reference.found_by),
            inner=[InnerAnswered.of(box) for box in enrolled.inner],
            receipt=receipt_of(enrolled.receipt),
        )


class WithdrawnAnswered(Answered):
    """A withdrawn case. `erased_at` is set when the last copies on disk are overwritten."""

    case: str
    state: CaseState
    withdrawn_at: Moment
    erased_at: Moment | None
    receipt: Receipt

    @classmethod
    def of(cls, withdrawn: Withdrawn) -> "WithdrawnAnswered":
        """Return the model of a withdrawal."""
        case = withdrawn.case
        if case.withdrawn_at is None:
            raise ValueError("the case is not withdrawn")
        return cls(
            case=case.id,
            state=case.state,
            withdrawn_at=case.withdrawn_at,
            erased_at=case.erased_at,
            receipt=receipt_of(withdrawn.receipt),
        )
