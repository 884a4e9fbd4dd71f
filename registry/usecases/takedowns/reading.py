"""Read a takedown request, as its claimant or as the platform that it was sent to."""

from dataclasses import dataclass
from datetime import datetime

from registry.domain import Actor
from registry.domain.takedowns import (
    UNSENT,
    MissingElement,
    Profile,
    Side,
    Takedown,
    TakedownContent,
    TakedownMove,
    missing_elements,
)
from registry.permissions import Permission
from registry.ports import Environment, Units
from registry.usecases.takedowns.moving import sides_of
from registry.usecases.takedowns.rules import TakedownRules


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownView:
    """A request as one of its sides sees it.

    Attributes:
        sides: the sides on which the reader stands.
        content: the address and the elements; None once they are erased.
        missing: the elements that are missing before it can be sent.
        read_at: the time of the answer, by which it is overdue or not.
    """

    takedown: Takedown
    profile: Profile
    sides: frozenset[Side]
    content: TakedownContent | None
    missing: tuple[MissingElement, ...]
    events: tuple[TakedownMove, ...]
    read_at: datetime


def read_takedown(
    takedown_id: str, *, actor: Actor, units: Units, environment: Environment, rules: TakedownRules
) -> TakedownView:
    """Return a request; raise `NotFound`, also if the tenant is on neither side, or it is not sent yet."""
    actor.require(Permission.TAKEDOWN_READ)
    with units.read() as unit:
        takedown = unit.takedowns.get(takedown_id)
        sides = sides_of(takedown, actor)
        profile = rules.profile(takedown.profile)
        content = unit.takedowns.content(takedown)
        waits = takedown.state in UNSENT and content is not None
        return TakedownView(
            takedown=takedown,
            profile=profile,
            sides=sides,
            content=content,
            missing=missing_elements(profile, content.elements) if waits and content is not None else (),
            events=unit.takedowns.events(takedown.id),
            read_at=environment.now(),
        )
