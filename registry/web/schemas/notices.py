"""Models of notices that cases expire."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from registry.domain import RetentionNotice
from registry.web.schemas.base import Answered, Moment


class NoticeAnswered(Answered):
    """A case that expires soon."""

    case: str
    expires_at: Moment
    days: Annotated[int, Field(description="The notice: 90, 30 or 7 days before.")]
    made_at: Moment


class NoticesAnswered(Answered):
    """The tenant's cases that expire soon, each with its newest notice."""

    notices: list[NoticeAnswered]

    @classmethod
    def of(cls, notices: Sequence[RetentionNotice]) -> "NoticesAnswered":
        """Return the model of some notices."""
        return cls(
            notices=[
                NoticeAnswered(
                    case=one.case_id, expires_at=one.expires_at, days=one.days, made_at=one.made_at
                )
                for one in notices
            ]
        )
