"""How long a case stands without a sign of life, and when its owner is warned."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import Final

NOTICE_DAYS: Final = (90, 30, 7)
"""Days before a case expires at which a notice is made, the first one first."""

GRACE: Final = timedelta(days=90)
"""Time from the expiry to the withdrawal, within which the case can be renewed."""


@unique
class RetentionStep(Enum):
    """What is due for a case that nothing was heard of."""

    NOTHING = "nothing"
    NOTICE = "notice"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionNotice:
    """A notice that a case will expire.

    Attributes:
        days: the number of `NOTICE_DAYS` that it is for.
        expires_at: the time at which the case expires unless something is heard.
    """

    case_id: str
    days: int
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A case of whose owner nothing was heard for long.

    Attributes:
        heard_at: the last sign of life: an act of its tenant or of its claimant, or the opening.
        first_notice_at: when the first notice was made; None before.
    """

    case_id: str
    tenant_id: str
    heard_at: datetime
    first_notice_at: datetime | None


def expiry_of(silence: Silence, period: timedelta, now: datetime) -> datetime:
    """Return when the case expires: no sooner than all notices of it were made in time."""
    first = silence.first_notice_at or now
    return max(silence.heard_at + period, first + timedelta(days=NOTICE_DAYS[0]))


def step_of(silence: Silence, period: timedelta, now: datetime) -> tuple[RetentionStep, int]:
    """Return what is due, and the days of the notice that is due, or 0."""
    expires_at = expiry_of(silence, period, now)
    if now >= expires_at + GRACE:
        return RetentionStep.WITHDRAW, 0
    if now >= expires_at:
        return RetentionStep.EXPIRE, 0
    due = [days for days in NOTICE_DAYS if expires_at - now <= timedelta(days=days)]
    return (RetentionStep.NOTICE, due[-1]) if due else (RetentionStep.NOTHING, 0)
