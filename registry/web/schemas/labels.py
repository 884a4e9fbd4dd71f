"""Models of labels, and of lists of checks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from index.verdict import Outcome, tell
from registry.ports import CheckFilter
from registry.usecases.checks import CheckPage, ListedCheck
from registry.web.cursors import Cursor, NextCursor
from registry.web.schemas.base import Answered, Asked, Moment

VerdictName = Literal["allow", "review", "block"]


def _moment(value: object) -> object:
    """Return a time of a query as one; anything else as it is, which is then refused."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


TimeAsked = Annotated[AwareDatetime | None, BeforeValidator(_moment)]


class ChecksAsked(Asked):
    """The query of a page of checks."""

    verdict: Annotated[VerdictName | None, Field(description="Only checks with this verdict.")] = None
    label: Annotated[str | None, Field(max_length=64, description="Only checks with this label.")] = None
    since: Annotated[TimeAsked, Field(description="Only checks from this time on, RFC 3339.")] = None
    until: Annotated[TimeAsked, Field(description="Only checks before this time, RFC 3339.")] = None
    cursor: Cursor = None

    def filter(self) -> CheckFilter:
        """Return what is asked for."""
        return CheckFilter(
            outcome=None if self.verdict is None else Outcome(self.verdict),
            label=self.label,
            since=self.since,
            until=self.until,
        )


class CheckListed(Answered):
    """A check within a page, with no more than its own answer told."""

    check_id: str
    verdict: Outcome
    reason: str
    checked_at: Moment
    labels: list[str]

    @classmethod
    def of(cls, listed: ListedCheck) -> "CheckListed":
        """Return the model of a check."""
        told = tell(listed.check.verdict)
        return cls(
            check_id=listed.check.id,
            verdict=told.outcome,
            reason=told.reason.value,
            checked_at=listed.check.checked_at,
            labels=list(listed.labels),
        )


class ChecksAnswered(Answered):
    """A page of the tenant's checks, the newest first."""

    checks: list[CheckListed]
    next: NextCursor

    @classmethod
    def of(cls, page: CheckPage, following: str | None) -> "ChecksAnswered":
        """Return the model of a page."""
        return cls(checks=[CheckListed.of(check) for check in page.checks], next=following)


class LabelsAnswered(Answered):
    """The labels of a case or check."""

    labels: list[str]
