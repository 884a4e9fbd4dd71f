"""Models of takedown requests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, JsonValue

from registry.domain.takedowns import (
    EXECUTED,
    Basis,
    ElementValue,
    Language,
    MissingElement,
    Side,
    Takedown,
    TakedownEvent,
    TakedownMove,
    TakedownReason,
    TakedownState,
    due_event,
)
from registry.errors import ElementUnfit
from registry.usecases.takedowns import ListedTakedowns, MovedTakedown, OpenedTakedown, TakedownView
from registry.web.cursors import NextCursor
from registry.web.schemas.base import Answered, Asked, Moment, Receipt, receipt_of

_ID: Final = "_[0-9a-hjkmnp-tv-z]{16}$"

TakedownStateName = Literal[
    "draft",
    "validated",
    "sent",
    "acknowledged",
    "needs_info",
    "overdue",
    "escalated",
    "removed",
    "temp_blocked",
    "rejected",
    "verified_gone",
    "copies_swept",
    "closed",
    "retracted",
    "reinstated",
]

EventName = Literal[
    "supply",
    "send",
    "acknowledge",
    "ask_info",
    "extend",
    "remove",
    "block",
    "reject",
    "verify_gone",
    "still_there",
    "sweep_copies",
    "close",
    "retract",
    "reinstate",
    "escalate",
]

ReasonName = Literal[
    "stated",
    "elements_unclear",
    "item_not_found",
    "law",
    "terms",
    "disputed",
    "not_depicted",
    "consented",
    "exception",
    "not_competent",
    "unfounded",
    "unavoidable_delay",
    "no_longer_needed",
    "mistake",
    "appeal",
    "court_order",
    "request_retracted",
    "no_copies",
    "copies_removed",
    "deadline_passed",
]

Elements = Annotated[
    dict[str, JsonValue],
    Field(
        description="The elements of the profile by their names: texts, and `true` for statements"
        " (docs/takedowns.md). The address is `target`."
    ),
]


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time zone is needed")
    return text


class TakedownAskedFor(Asked):
    """A request to remove one item from one platform."""

    case: Annotated[str, Field(pattern=f"^case{_ID}")]
    profile: Annotated[str, Field(max_length=40, description="For example `US-TIDA`; see docs/takedowns.md.")]
    target: Annotated[
        str,
        Field(description="Address of the item: `https` or `http`, without anything that names a person."),
    ]
    platform: Annotated[
        str | None,
        Field(
            pattern=f"^ten{_ID}", description="The platform's tenant; null for a platform without a key here."
        ),
    ] = None
    language: Literal["ko", "en"] = "en"
    elements: Elements = Field(default_factory=dict)


class TakedownEventAsked(Asked):
    """What happened to a request."""

    event: EventName
    reason: Annotated[
        ReasonName | None, Field(description="Needed where the event can have several reasons.")
    ] = None
    elements: dict[str, JsonValue] = Field(
        default_factory=dict, description="With `supply` only: elements to add or to replace."
    )


class TakedownsAsked(Asked):
    """The query of a page of requests."""

    due_before: Annotated[
        str | None,
        Field(
            pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$",
            description="Only requests that wait for a decision and are due before this time, by deadline.",
        ),
        AfterValidator(_moment),
    ] = None
    state: TakedownStateName | None = None
    cursor: Annotated[
        str | None,
        Field(pattern=f"^tkd{_ID}", description="`next` of the page before; the first page without it."),
    ] = None

    @property
    def before(self) -> datetime | None:
        """`due_before` as a time."""
        return None if self.due_before is None else datetime.fromisoformat(self.due_before)


class Missing(Answered):
    """A required element that is missing."""

    element: str
    group: Annotated[str, Field(description="The element of the law that it belongs to.")]
    message: Annotated[dict[Language, str], Field(description="What is missing, in Korean and English.")]

    @classmethod
    def of(cls, missing: MissingElement) -> "Missing":
        """Return the model of a missing element."""
        return cls(element=missing.element, group=missing.group, message=missing.message)


class TakedownOpened(Answered):
    """An opened request, or the one that there was."""

    takedown: str
    outcome: Literal["opened", "duplicate"]
    state: TakedownState
    due_at: Annotated[Moment | None, Field(description="Null until it is sent.")]
    missing: list[Missing]
    receipt: Receipt

    @classmethod
    def of(cls, opened: OpenedTakedown) -> "TakedownOpened":
        """Return the model of an opened request."""
        takedown = opened.takedown
        return cls(
            takedown=takedown.id,
            outcome="duplicate" if opened.is_duplicate else "opened",
            state=takedown.state,
            due_at=takedown.due_at,
            missing=[Missing.of(one) for one in opened.missing],
            receipt=receipt_of(opened.receipt),
        )


class TakedownMoved(Answered):
    """A request after an event."""

    takedown: str
    state: TakedownState
    due_at: Moment | None
    missing: list[Missing]
    receipt: Receipt

    @classmethod
    def of(cls, result: MovedTakedown) -> "TakedownMoved":
        """Return the model of a request after an event."""
        takedown = result.takedown
        return cls(
            takedown=takedown.id,
            state=takedown.state,
            due_at=takedown.due_at,
            missing=[Missing.of(one) for one in result.missing],
            receipt=receipt_of(result.receipt),
        )


class TakedownHappened(Answered):
    """An event of a request."""

    event: TakedownEvent
    reason: TakedownReason
    state: Annotated[TakedownState, Field(description="The state after it.")]
    at: Moment
    by: Annotated[Side, Field(description="Who recorded it.")]

    @classmethod
    def of(cls, move: TakedownMove, takedown: Takedown) -> "TakedownHappened":
        """Return the model of an event."""
        by = Side.CLAIMANT if move.tenant_id == takedown.tenant_id else Side.PLATFORM
        return cls(
            event=move.event,
            reason=move.reason,
            state=move.state,
            at=move.at,
            by=Side.REGISTRY if move.tenant_id is None else by,
        )


class ListedTakedown(Answered):
    """A request within a page: states and times, nothing of what it says."""

    takedown: str
    case: Annotated[str | None, Field(description="Null for the platform.")]
    platform: str | None
    profile: str
    state: TakedownState
    opened_at: Moment
    sent_at: Moment | None
    due_at: Annotated[Moment | None, Field(description="The last instant in time; null until it is sent.")]
    overdue: Annotated[bool, Field(description="Whether the deadline was missed, whatever came after.")]
    executed: Annotated[bool, Field(description="Whether the platform took the item down and it still is.")]
    decided_at: Moment | None
    block_ends_at: Moment | None
    appeal_ends_at: Moment | None

    @classmethod
    def of(cls, takedown: Takedown, reader_id: str, read_at: datetime) -> "ListedTakedown":
        """Return the model of a request as a tenant reads it."""
        return cls(**_standing(takedown, is_claimant=takedown.tenant_id == reader_id, read_at=read_at))


class TakedownAnswered(ListedTakedown):
    """A request as one of its sides reads it."""

    side: list[Side]
    profile_version: str
    basis: Annotated[Basis, Field(description="`law`, or `target` where no law names a time.")]
    not_legal_advice: dict[Language, str]
    language: Language
    extensions: int
    target: Annotated[str | None, Field(description="Null once it was erased.")]
    elements: dict[str, ElementValue] | None
    missing: list[Missing]
    erased_at: Moment | None
    events: list[TakedownHappened]

    @classmethod
    def of_view(cls, view: TakedownView) -> "TakedownAnswered":
        """Return the model of a request as its reader sees it."""
        takedown, content = view.takedown, view.content
        return cls(
            **_standing(takedown, is_claimant=Side.CLAIMANT in view.sides, read_at=view.read_at),
            side=sorted(view.sides),
            profile_version=takedown.profile_version,
            basis=view.profile.decision.basis,
            not_legal_advice=view.profile.notice,
            language=takedown.language,
            extensions=takedown.extensions,
            target=None if content is None else content.target,
            elements=None if content is None else dict(content.elements),
            missing=[Missing.of(one) for one in view.missing],
            erased_at=takedown.erased_at,
            events=[TakedownHappened.of(move, takedown) for move in view.events],
        )


class TakedownsAnswered(Answered):
    """A page of requests."""

    takedowns: list[ListedTakedown]
    next: NextCursor

    @classmethod
    def of(cls, page: ListedTakedowns, reader_id: str) -> "TakedownsAnswered":
        """Return the model of a page as a tenant reads it."""
        return cls(
            takedowns=[ListedTakedown.of(one, reader_id, page.read_at) for one in page.takedowns],
            next=page.next,
        )


def elements_of(given: Mapping[str, JsonValue]) -> dict[str, ElementValue]:
    """Return elements whose values are texts or statements; raise `ElementUnfit`, which repeats none of them."""
    found = {name: value for name, value in given.items() if isinstance(value, str | bool)}
    if len(found) != len(given):
        raise ElementUnfit("An element is a text, or true or false.")
    return found


def _standing(takedown: Takedown, *, is_claimant: bool, read_at: datetime) -> dict[str, Any]:
    late = takedown.missed_at is not None or due_event(takedown, read_at) is TakedownEvent.MISS_DEADLINE
    is_down = takedown.state in EXECUTED or (
        takedown.state is TakedownState.RETRACTED and takedown.executed_at is not None
    )
    return {
        "takedown": takedown.id,
        "case": takedown.case_id if is_claimant else None,
        "platform": takedown.platform_id,
        "profile": takedown.profile,
        "state": takedown.state,
        "opened_at": takedown.opened_at,
        "sent_at": takedown.sent_at,
        "due_at": takedown.due_at,
        "overdue": late,
        "executed": is_down,
        "decided_at": takedown.decided_at,
        "block_ends_at": takedown.block_ends_at,
        "appeal_ends_at": takedown.appeal_ends_at,
    }
