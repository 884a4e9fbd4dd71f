"""Models of mandates."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from index.verdict import ReferenceKind
from registry.domain import MAX_PLATFORMS, REMINDERS_DAYS, Mandate, MandateScope, MandateState, end_of_day
from registry.usecases.mandates import Confirmed, Revoked
from registry.web.schemas.base import Answered, Asked, Moment
from registry.web.schemas.enrolling import FileKindName

_HOST: Final = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$"
_DAY: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
_MANDATE: Final = "^man_[0-9a-hjkmnp-tv-z]{16}$"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone: use a name like Asia/Seoul") from None
    return name


def _day(text: str) -> str:
    date.fromisoformat(text)  # raises `ValueError`
    return text


def _moment(text: str) -> str:
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None
    return text


class MandateAsked(Asked):
    """A mandate to propose. It allows nothing until it is confirmed."""

    kinds: Annotated[
        list[FileKindName],
        Field(min_length=1, max_length=4, description="The kinds of references that the agent may register."),
    ]
    platforms: Annotated[
        list[Annotated[str, Field(pattern=_HOST, max_length=90)]],
        Field(
            default_factory=list,
            max_length=MAX_PLATFORMS,
            description="Host names of the platforms that are meant; empty for all. They are recorded: every platform"
            " that asks is answered.",
        ),
    ]
    takedown_notices: Annotated[
        bool, Field(description="Whether the agent may send takedown notices in the subject's matter.")
    ] = False
    expires_on: Annotated[
        str,
        Field(pattern=_DAY, description="The last day of the mandate, at most three years ahead."),
        AfterValidator(_day),
    ]
    time_zone: Annotated[
        str,
        AfterValidator(_zone),
        Field(max_length=60, description="The time zone in which that day ends, like `Asia/Seoul`."),
    ] = "UTC"

    @property
    def scope(self) -> MandateScope:
        """The scope that is asked for."""
        return MandateScope(
            kinds=frozenset(ReferenceKind(kind) for kind in self.kinds),
            platforms=tuple(dict.fromkeys(self.platforms)),
            takedown_notices=self.takedown_notices,
        )

    @property
    def expires_at(self) -> datetime:
        """The end of the last day."""
        return end_of_day(date.fromisoformat(self.expires_on), ZoneInfo(self.time_zone))


class MandateConfirmationAsked(Asked):
    """That the subject was heard, and agreed."""

    language: Annotated[
        Literal["ko", "en"],
        Field(description="Language of the texts of the consents that the subject was given."),
    ] = "en"


class SubjectsRevocationAsked(Asked):
    """The mandate and the secret that its subject was given."""

    mandate: Annotated[str, Field(pattern=_MANDATE)]
    secret: Annotated[str, Field(min_length=1, max_length=100)]


class ExpiringAsked(Asked):
    """The query of mandates that expire soon."""

    expires_before: Annotated[
        Annotated[str, Field(pattern=_MOMENT), AfterValidator(_moment)] | None,
        Field(
            description="Mandates that expire before this time, as `2026-12-31T00:00:00Z` or with an offset from UTC;"
            f" without it, within {max(REMINDERS_DAYS)} days."
        ),
    ] = None

    def before(self, now: datetime) -> datetime:
        """Return the time as a value."""
        if self.expires_before is None:
            return now + timedelta(days=max(REMINDERS_DAYS))
        return datetime.fromisoformat(self.expires_before).astimezone(UTC)


class MandateAnswered(Answered):
    """A mandate, without the subject's secret."""

    mandate: str
    case: str
    state: MandateState
    kinds: list[ReferenceKind]
    platforms: list[str]
    takedown_notices: bool
    proposed_at: Moment
    starts_at: Annotated[Moment | None, Field(description="The time of the confirmation; null before.")]
    expires_at: Moment
    ended_at: Moment | None
    reminded_days: Annotated[
        int | None,
        Field(
            description="The last reminder that was made, in days before the expiry:"
            f" {', '.join(map(str, sorted(REMINDERS_DAYS, reverse=True)))}; null before the first."
        ),
    ]

    @classmethod
    def of(cls, mandate: Mandate) -> "MandateAnswered":
        """Return the model of a mandate."""
        return cls(
            mandate=mandate.id,
            case=mandate.case_id,
            state=mandate.state,
            kinds=sorted(mandate.scope.kinds),
            platforms=list(mandate.scope.platforms),
            takedown_notices=mandate.scope.takedown_notices,
            proposed_at=mandate.proposed_at,
            starts_at=mandate.starts_at,
            expires_at=mandate.expires_at,
            ended_at=mandate.ended_at,
            reminded_days=mandate.reminded_days,
        )


class MandatesAnswered(Answered):
    """Mandates in the order that the endpoint states."""

    mandates: list[MandateAnswered]

    @classmethod
    def of(cls, mandates: Sequence[Mandate]) -> "MandatesAnswered":
        """Return the model of mandates."""
        return cls(mandates=[MandateAnswered.of(mandate) for mandate in mandates])


class ConfirmedAnswered(Answered):
    """A confirmed mandate, and the subject's secret."""

    mandate: MandateAnswered
    case_state: str
    secret: Annotated[
        str,
        Field(
            description="Told here only. Give it to the subject, with the mandate's number, and keep no copy: it ends"
            " the mandate without the agent (`POST /v1/mandates/revocation`). Confirm again to make another one."
        ),
    ]

    @classmethod
    def of(cls, done: Confirmed) -> "ConfirmedAnswered":
        """Return the model of a confirmation."""
        return cls(
            mandate=MandateAnswered.of(done.mandate), case_state=done.case.state.value, secret=done.secret
        )


class RevokedAnswered(Answered):
    """A case after a revocation."""

    case: str
    state: Annotated[str, Field(description="`expired` if no mandate of the case is in force any more.")]
    revoked: Annotated[list[str], Field(description="The mandates that ended now.")]

    @classmethod
    def of(cls, done: Revoked) -> "RevokedAnswered":
        """Return the model of a revocation."""
        return cls(case=done.case.id, state=done.case.state.value, revoked=[one.id for one in done.mandates])
