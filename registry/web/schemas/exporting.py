"""Models of the export of a case."""

from typing import Annotated, Literal

from pydantic import Field

from registry.domain import CaseState, ClipFacts, FoundBy, LedgerEntry, Reference, ReferenceState, StoredCode
from registry.domain.takedowns import Takedown, TakedownContent, TakedownState
from registry.usecases.cases import CaseExport
from registry.web.schemas.base import Answered, Digest, Moment
from registry.web.schemas.consents import ConsentAnswered
from registry.web.schemas.enrolling import LevelName, level_name
from registry.web.schemas.mandates import MandateAnswered
from registry.web.schemas.verifying import RecordAnswered

Withheld = Literal["code_values", "uploads_that_matched", "linked_cases", "contact"]


class CodeHeld(Answered):
    """A code that is held, without its value."""

    algorithm: str
    view: str
    version: str
    bytes: Annotated[int, Field(ge=1, description="Size of the value.")]

    @classmethod
    def of(cls, stored: StoredCode) -> "CodeHeld":
        """Return the model of a stored code."""
        code = stored.code
        return cls(
            algorithm=code.algorithm.value,
            view=stored.view.value,
            version=stored.version,
            bytes=len(code.value),
        )


class ClipHeld(Answered):
    """Facts of a clip, and the number of its frames of which codes are held."""

    duration_ms: int
    frames: int

    @classmethod
    def of(cls, facts: ClipFacts) -> "ClipHeld":
        """Return the model of a clip's facts."""
        return cls(duration_ms=facts.duration_ms, frames=facts.frame_count)


class ReferenceHeld(Answered):
    """A reference with what is held of it. After the withdrawal nothing is held but the reference's own row."""

    reference: str
    kind: str
    state: ReferenceState
    enrolled_at: Moment
    found_by: list[FoundBy]
    codes: list[CodeHeld]
    windows: Annotated[
        int, Field(ge=0, description="Number of sealed windows, with a signature of the regions.")
    ]
    clip: ClipHeld | None
    faces: Annotated[list[str], Field(description="Face engines of which a sealed description is held.")]

    @classmethod
    def of(cls, reference: Reference) -> "ReferenceHeld":
        """Return the model of a reference."""
        clip = reference.clip_facts
        return cls(
            reference=reference.id,
            kind=reference.kind.value,
            state=reference.told_state,
            enrolled_at=reference.enrolled_at,
            found_by=list(reference.found_by),
            codes=[CodeHeld.of(stored) for stored in reference.codes],
            windows=reference.window_count,
            clip=None if clip is None else ClipHeld.of(clip),
            faces=list(reference.face_engines),
        )


class TakedownHeld(Answered):
    """A takedown request of the case, with what it says."""

    takedown: str
    profile: str
    state: TakedownState
    opened_at: Moment
    sent_at: Moment | None
    due_at: Moment | None
    target: Annotated[str | None, Field(description="Null once it was erased, as `elements`.")]
    elements: dict[str, str | bool] | None

    @classmethod
    def of(cls, takedown: Takedown, content: TakedownContent | None) -> "TakedownHeld":
        """Return the model of a request."""
        return cls(
            takedown=takedown.id,
            profile=takedown.profile,
            state=takedown.state,
            opened_at=takedown.opened_at,
            sent_at=takedown.sent_at,
            due_at=takedown.due_at,
            target=None if content is None else content.target,
            elements=None if content is None else dict(content.elements),
        )


class ActAnswered(Answered):
    """An entry of the ledger that names the case."""

    event: str
    at: Moment
    reference: str | None
    detail: str | None
    receipt: Digest

    @classmethod
    def of(cls, entry: LedgerEntry) -> "ActAnswered":
        """Return the model of an entry, without its number, which counts other people's acts."""
        act = entry.act
        return cls(
            event=act.event.value,
            at=act.at,
            reference=act.reference_id,
            detail=act.detail,
            receipt=entry.digest.hex(),
        )


class ExportAnswered(Answered):
    """All that is held about a case."""

    case: str
    state: CaseState
    level: LevelName
    claimed_level: LevelName
    opened_at: Moment
    suspended_at: Moment | None
    withdrawn_at: Moment | None
    erased_at: Moment | None
    records: list[RecordAnswered]
    consents: list[ConsentAnswered]
    mandates: list[MandateAnswered]
    references: list[ReferenceHeld]
    takedowns: Annotated[list[TakedownHeld], Field(description="Requests to platforms (docs/takedowns.md).")]
    linked_at: Annotated[
        list[Moment],
        Field(
            description="When an operator linked the case with another one, or with itself as the publisher."
        ),
    ]
    labels: list[str]
    acts: Annotated[
        list[ActAnswered], Field(description="The ledger's entries about the case; they stay for good.")
    ]
    has_contact: bool
    withheld: Annotated[
        list[Withheld],
        Field(
            description="What is held and not told: `code_values`, outlines of your own picture, which a stolen key"
            " must not give away; `uploads_that_matched` and `linked_cases`, which tell of other people; `contact`, of"
            " a case without an account. Empty once the case is erased."
        ),
    ]

    @classmethod
    def of(cls, export: CaseExport) -> "ExportAnswered":
        """Return the model of an export."""
        case = export.case
        return cls(
            case=case.id,
            state=case.state,
            level=level_name(case.level),
            claimed_level=level_name(case.claimed_level),
            opened_at=case.opened_at,
            suspended_at=case.suspended_at,
            withdrawn_at=case.withdrawn_at,
            erased_at=case.erased_at,
            records=[RecordAnswered.of(record) for record in export.records],
            mandates=[MandateAnswered.of(mandate) for mandate in export.mandates],
            consents=[ConsentAnswered.of(consent) for consent in export.consents],
            references=[ReferenceHeld.of(reference) for reference in export.references],
            takedowns=[TakedownHeld.of(takedown, content) for takedown, content in export.takedowns],
            linked_at=list(export.linked_at),
            labels=list(export.labels),
            acts=[ActAnswered.of(entry) for entry in export.acts],
            has_contact=export.has_contact,
            withheld=_withheld(export),
        )


def _withheld(export: CaseExport) -> list[Withheld]:
    held: dict[Withheld, bool] = {
        "code_values": any(reference.found_by for reference in export.references),
        "uploads_that_matched": export.case.erased_at is None,
        "linked_cases": bool(export.linked_at),
        "contact": export.has_contact,
    }
    return [name for name, is_held in held.items() if is_held]
