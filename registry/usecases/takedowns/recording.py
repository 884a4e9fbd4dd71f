"""Record an event of a takedown request, by its claimant or its platform.

1. Whose request it is, and what this side may cause, is decided before anything is locked.
2. The claimant's side locks the case and then the request; the platform's side the request alone.
3. A deadline that has passed is written first: an answer that comes late is late, even if nobody looked meanwhile.
4. Elements are sealed anew, and a draft that lacks nothing becomes `validated`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from registry.domain import Actor
from registry.domain.takedowns import (
    ElementValue,
    MissingElement,
    Profile,
    Side,
    Takedown,
    TakedownContent,
    TakedownEvent,
    TakedownReason,
    TakedownState,
    missing_elements,
    parse_elements,
    reason_for,
    require_may,
    state_after,
)
from registry.errors import ElementUnfit, ReasonUnfit, TakedownForbids
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.takedowns.moving import Written, sides_of, write_due, write_event
from registry.usecases.takedowns.rules import TakedownRules, require_asking

_E: Final = TakedownEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAsked:
    """What somebody says that happened.

    Attributes:
        reason: None where the event has a single one.
        elements: with `supply`, the elements to add or replace; empty otherwise.
    """

    event: TakedownEvent
    reason: TakedownReason | None = None
    elements: Mapping[str, ElementValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTakedown:
    """A request after an event.

    Attributes:
        side: the side that caused it.
        missing: elements that are still missing before it can be sent.
        receipt: digest of the last ledger entry, 32 bytes.
    """

    takedown: Takedown
    side: Side
    missing: tuple[MissingElement, ...]
    receipt: bytes


def record_takedown_event(
    takedown_id: str,
    asked: EventAsked,
    *,
    actor: Actor,
    units: Units,
    environment: Environment,
    rules: TakedownRules,
) -> MovedTakedown:
    """Record an event of a request that the actor's tenant is on a side of.

    Raises:
        NotPermitted: the actor may not cause the event.
        NotFound: no such request, or it is not of this tenant and was not sent to it.
        ReasonUnfit, ElementUnfit: the event does not have this reason or these elements.
        TakedownForbids: the state or the profile does not allow the event.
        CaseWithdrawn, StateForbids: the case has ended or is out of effect, and nothing is sent from it.
    """
    actor.require(Permission.TAKEDOWN_READ)
    with units.write() as unit:
        seen = unit.takedowns.get(takedown_id)
        sides = sides_of(seen, actor)  # 1.
        require_may(asked.event, actor, sides, is_outside=seen.is_outside)
        reason = _reason(asked)
        if Side.CLAIMANT in sides:  # 2.
            case = unit.cases.get(seen.case_id, seen.tenant_id, for_update=True)
            if asked.event in {_E.SEND, _E.SUPPLY}:
                require_asking(case)
        takedown = unit.takedowns.get(takedown_id, for_update=True)
        profile, now = rules.profile(takedown.profile), environment.now()
        takedown = write_due(unit, takedown, now=now, profile=profile)  # 3.
        side = Side.CLAIMANT if Side.CLAIMANT in sides else Side.PLATFORM
        written, missing = _written(
            unit, takedown, asked, reason=reason, actor=actor, now=now, profile=profile
        )
        result = MovedTakedown(takedown=written.takedown, side=side, missing=missing, receipt=written.receipt)
        unit.commit(result)
    return result


def _reason(asked: EventAsked) -> TakedownReason:
    if asked.elements and asked.event is not _E.SUPPLY:
        raise ElementUnfit(f"Elements are sent with {_E.SUPPLY.value} only.")
    if asked.reason is TakedownReason.CASE_WITHDRAWN:
        raise ReasonUnfit("The withdrawal of the case retracts its requests by itself.")
    return reason_for(asked.event, asked.reason)


def _written(
    unit: UnitOfWork,
    takedown: Takedown,
    asked: EventAsked,
    *,
    reason: TakedownReason,
    actor: Actor,
    now: datetime,
    profile: Profile,
) -> tuple[Written, tuple[MissingElement, ...]]:
    state_after(takedown.state, asked.event)
    if asked.event is _E.SEND and unit.takedowns.content(takedown) is None:
        raise TakedownForbids("What this request said was erased: open a new one.")
    missing: tuple[MissingElement, ...] = ()
    if asked.event is _E.SUPPLY:
        missing = _supplied(unit, takedown, asked.elements, profile)
    written = write_event(unit, takedown, asked.event, reason, by=actor, now=now, profile=profile)
    if written.takedown.state is TakedownState.DRAFT and not missing:
        written = _validated(unit, written.takedown, now, profile)
    return written, missing


def _supplied(
    unit: UnitOfWork, takedown: Takedown, elements: Mapping[str, ElementValue], profile: Profile
) -> tuple[MissingElement, ...]:  # 4.
    content = unit.takedowns.content(takedown)
    if content is None:
        raise TakedownForbids("What this request said was erased: open a new one.")
    given = parse_elements(profile, elements)
    if not given:
        raise ElementUnfit("Send at least one element that says something.")
    merged = {**content.elements, **given}
    unit.takedowns.rewrite(takedown, TakedownContent(target=content.target, elements=merged))
    return missing_elements(profile, merged)


def _validated(unit: UnitOfWork, takedown: Takedown, now: datetime, profile: Profile) -> Written:
    reason = TakedownReason.ELEMENTS_COMPLETE
    return write_event(unit, takedown, _E.VALIDATE, reason, by=None, now=now, profile=profile)
