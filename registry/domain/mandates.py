"""Mandates: what a subject allows an agent to do with a case, until when, and how it ends.

    proposed ──▶ confirmed ──▶ expired       by the clock
        │            └───────▶ revoked       by the subject or by the agent
        └────────────────────▶ revoked

An agent proposes a mandate. Somebody else confirms it, who has heard the subject through a separate channel. The
subject then gets a secret with which she ends it without the agent. Her word outranks the agent's: it ends every
mandate of the case.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from enum import StrEnum, unique
from typing import Final
from zoneinfo import ZoneInfo

from index.verdict import ReferenceKind
from registry.errors import MandateMissing, MandateUnfit, StateForbids

MAX_TERM: Final = timedelta(days=1096)
"""Longest time until a mandate expires: three years, as for a consent of which nothing is heard."""

MAX_PLATFORMS: Final = 20
REMINDERS_DAYS: Final = (1, 7, 30)
"""Days before the expiry at which the agent is reminded, the most urgent first."""


@unique
class MandateState(StrEnum):
    """The state of a mandate."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateScope:
    """What a mandate allows.

    Attributes:
        kinds: the kinds of references that the agent may register.
        platforms: host names of the platforms that are meant; empty for all. No check depends on them.
        takedown_notices: whether the agent may send takedown notices in the subject's matter.
    """

    kinds: frozenset[ReferenceKind]
    platforms: tuple[str, ...] = ()
    takedown_notices: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """A mandate for one case. It holds no name.

    Attributes:
        proposed_by: id of the agent's key.
        starts_at: the time of the confirmation; None before.
        confirmed_by: id of the key of the one who heard the subject.
        ended_at: the time of the expiry or revocation; None before.
        reminded_days: the most urgent reminder that was made, in days before the expiry; None before the first.
    """

    id: str
    case_id: str
    tenant_id: str
    proposed_by: str
    scope: MandateScope
    expires_at: datetime
    state: MandateState
    proposed_at: datetime
    starts_at: datetime | None = None
    confirmed_by: str | None = None
    ended_at: datetime | None = None
    reminded_days: int | None = None

    def is_in_force(self, now: datetime) -> bool:
        """Whether the agent may act by it now."""
        return self.state is MandateState.CONFIRMED and now < self.expires_at

    def reminder(self, now: datetime) -> int | None:
        """Return the reminder that is due, in days before the expiry; None if none is."""
        if self.state is not MandateState.CONFIRMED:
            return None
        left = self.expires_at - now
        return next((days for days in REMINDERS_DAYS if left <= timedelta(days=days)), None)


def require_term(expires_at: datetime, now: datetime) -> None:
    """Raise `MandateUnfit` unless a mandate may expire then."""
    if not now < expires_at <= now + MAX_TERM:
        raise MandateUnfit(f"A mandate expires after now and within {MAX_TERM.days} days: name such a day.")


def confirmed(mandate: Mandate, by: str, now: datetime) -> Mandate:
    """Return the mandate as confirmed; confirming it again changes nothing.

    Raises:
        StateForbids: it has ended, or its term is over.
    """
    if mandate.state not in {MandateState.PROPOSED, MandateState.CONFIRMED} or now >= mandate.expires_at:
        raise StateForbids("The mandate has ended: propose a new one.")
    if mandate.state is MandateState.CONFIRMED:
        return mandate
    return replace(mandate, state=MandateState.CONFIRMED, confirmed_by=by, starts_at=now)


def revoked(mandate: Mandate, now: datetime) -> Mandate:
    """Return the mandate as revoked. One that has ended stays as it is."""
    return mandate if mandate.ended_at else replace(mandate, state=MandateState.REVOKED, ended_at=now)


def expired(mandate: Mandate, now: datetime) -> Mandate:
    """Return a mandate whose term is over as expired."""
    return replace(mandate, state=MandateState.EXPIRED, ended_at=now)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day in a time zone, in UTC: the next midnight, whatever the clocks do that night.

    Raises:
        MandateUnfit: the calendar ends with that day.
    """
    if day.year == MAXYEAR:
        raise MandateUnfit("This day is beyond the calendar: name one within three years.")
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def secret_message(mandate_id: str, secret: str) -> bytes:
    """Return what the digest of a subject's secret is made of. Blanks and capitals in the secret do not matter."""
    return f"{mandate_id}:{''.join(secret.lower().split())}".encode()


def stands(mandates: Iterable[Mandate], now: datetime) -> bool:
    """Return whether a case with these mandates may be in effect: one is in force, or none was ever confirmed."""
    known = [one for one in mandates if one.starts_at is not None]
    return not known or any(one.is_in_force(now) for one in known)


def require_mandate(mandates: Iterable[Mandate], now: datetime) -> None:
    """Raise `MandateMissing` unless one of the mandates is in force."""
    if not any(one.is_in_force(now) for one in mandates):
        raise MandateMissing


def require_in_scope(mandates: Iterable[Mandate], kind: ReferenceKind, now: datetime) -> None:
    """Raise `MandateMissing` if the mandates in force allow other kinds only. A case without mandates is free."""
    allowed = [one.scope.kinds for one in mandates if one.is_in_force(now)]
    if allowed and not any(kind in kinds for kinds in allowed):
        raise MandateMissing(f"The mandate of this case does not cover {kind.value}: propose one that does.")
