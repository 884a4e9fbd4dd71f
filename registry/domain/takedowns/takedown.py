"""A takedown request: its state and its times. What it says about people is kept apart (`TakedownContent`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from registry.domain.takedowns.clocks import due_at, extended, is_past, resumed
from registry.domain.takedowns.elements import ElementValue
from registry.domain.takedowns.profile import ClockName, Language, Pausing, Profile
from registry.domain.takedowns.states import (
    ENDED,
    RUNNING,
    UNDECIDED,
    TakedownEvent,
    TakedownReason,
    TakedownState,
    state_after,
)
from registry.errors import TakedownForbids

_E: Final = TakedownEvent
_DECISIONS: Final = (_E.REMOVE, _E.BLOCK, _E.REJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownContent:
    """What a request says: the address of the item, and the elements of the profile. It is stored sealed."""

    target: str = field(repr=False)
    elements: Mapping[str, ElementValue] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """One request to one platform about one item, on one legal basis. It holds ids, states and times only.

    Attributes:
        tenant_id: the claimant's tenant.
        platform_id: the platform's tenant; None for a platform that has no key in this registry.
        profile_version: version of the profile when the request was opened.
        changed_at: the time of the last event. No later event has an earlier time, also after a
            jump back of the server's clock.
        sent_at: the valid receipt, at which the clock started.
        due_at: the last instant in time for the platform's decision.
        missed_at: when the registry saw that the deadline had passed.
        decided_at: the time of the last decision.
        executed_at: when the platform took the item down.
        paused_at: since when the clock stands still; None while it runs.
        block_ends_at: the last instant of a temporary block.
        appeal_ends_at: the last instant in which the decision can be appealed.
        ended_at: since when the request is in a state that ends it.
        erased_at: when its content was erased.
    """

    id: str
    case_id: str
    tenant_id: str
    platform_id: str | None
    profile: str
    profile_version: str
    language: Language
    state: TakedownState
    opened_at: datetime
    opened_by: str
    changed_at: datetime
    sent_at: datetime | None = None
    due_at: datetime | None = None
    extensions: int = 0
    paused_at: datetime | None = None
    missed_at: datetime | None = None
    decided_at: datetime | None = None
    executed_at: datetime | None = None
    block_ends_at: datetime | None = None
    appeal_ends_at: datetime | None = None
    ended_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def is_outside(self) -> bool:
        """Whether the platform has no key in this registry."""
        return self.platform_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownMove:
    """One event of a request.

    Attributes:
        number: 1 for the first event of the request.
        tenant_id: the tenant that caused it; None for the registry.
        credential_id: the key that caused it; None for the registry.
    """

    takedown_id: str
    number: int
    event: TakedownEvent
    reason: TakedownReason
    state: TakedownState
    at: datetime
    tenant_id: str | None
    credential_id: str | None


def moved(takedown: Takedown, event: TakedownEvent, now: datetime, profile: Profile) -> Takedown:
    """Return the request after an event, with its clocks; raise `TakedownForbids` or `HolidaysUnknown`.

    Whether somebody may cause the event is not asked here (`states.require_may`).
    """
    at = max(now, takedown.changed_at)
    state = state_after(takedown.state, event)
    after = replace(
        takedown, state=state, changed_at=at, ended_at=(takedown.ended_at or at) if state in ENDED else None
    )
    after = _with_clock(after, takedown, event, at, profile)
    if event in _DECISIONS:
        after = _decided(after, event, at, profile)
    return after


def retracted(takedown: Takedown, now: datetime) -> Takedown:
    """Return a request that has not been decided as retracted, because its case was withdrawn."""
    at = max(now, takedown.changed_at)
    state = state_after(takedown.state, _E.RETRACT)
    return replace(takedown, state=state, changed_at=at, ended_at=at, paused_at=None)


def due_event(takedown: Takedown, now: datetime) -> TakedownEvent | None:
    """Return the event that the passing of time causes at this moment; None if there is none."""
    running = takedown.state in RUNNING and takedown.paused_at is None
    if running and takedown.due_at is not None and is_past(takedown.due_at, now):
        return _E.MISS_DEADLINE
    blocked = takedown.state is TakedownState.TEMP_BLOCKED and takedown.block_ends_at is not None
    if blocked and takedown.block_ends_at is not None and is_past(takedown.block_ends_at, now):
        return _E.END_BLOCK
    return None


def content_ends_at(takedown: Takedown, profile: Profile) -> datetime | None:
    """Return when the content of a request is to be erased; None while the claimant waits for the platform."""
    if takedown.state in UNDECIDED:
        return None
    return takedown.changed_at + timedelta(days=profile.retention.elements_days)


def _with_clock(
    after: Takedown, before: Takedown, event: TakedownEvent, at: datetime, profile: Profile
) -> Takedown:
    """Start, extend, pause, resume or miss the decision's clock."""
    rule = profile.decision
    if event is _E.SEND:
        after = replace(after, sent_at=at, due_at=due_at(profile, rule, at))
    elif event is _E.EXTEND:
        after = replace(after, due_at=_extension(before, at, profile), extensions=before.extensions + 1)
    elif event is _E.ASK_INFO and before.state in RUNNING and rule.pausing is Pausing.NEEDS_INFO:
        after = replace(after, paused_at=at)
    elif event is _E.MISS_DEADLINE:
        after = replace(after, missed_at=at)
    elif before.paused_at is not None and before.due_at is not None:
        after = replace(after, paused_at=None, due_at=resumed(before.due_at, before.paused_at, at))
    return after


def _extension(takedown: Takedown, at: datetime, profile: Profile) -> datetime:
    rule = profile.decision
    if takedown.extensions >= rule.max_extensions or takedown.due_at is None:
        raise TakedownForbids(
            f"The profile {profile.id} allows {rule.max_extensions} extensions, and {takedown.extensions} were taken."
        )
    if is_past(takedown.due_at, at):
        raise TakedownForbids("The deadline has passed: it can no longer be extended.")
    return extended(profile, rule, takedown.due_at)


def _decided(after: Takedown, event: TakedownEvent, at: datetime, profile: Profile) -> Takedown:
    appeal = profile.clocks.get(ClockName.APPEAL)
    block = profile.clocks.get(ClockName.TEMP_BLOCK)
    if event is _E.BLOCK and block is None:
        raise TakedownForbids(
            f"The profile {profile.id} knows no temporary block: remove the item, or reject."
        )
    return replace(
        after,
        decided_at=at,
        executed_at=after.executed_at if event is _E.REJECT else at,
        block_ends_at=due_at(profile, block, at) if event is _E.BLOCK and block is not None else None,
        appeal_ends_at=None if appeal is None else due_at(profile, appeal, at),
    )
