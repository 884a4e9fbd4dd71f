"""List takedown requests page by page: those of a claimant's tenant, and those that were sent to a platform's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from registry.domain import Actor
from registry.domain.takedowns import Takedown, TakedownState
from registry.permissions import Permission
from registry.ports import Environment, TakedownPage, Units
from registry.usecases.takedowns.moving import sides_of

MAX_PAGE: Final = 200
"""Maximum number of requests of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownsWanted:
    """Which requests to list; see `registry.ports.TakedownPage`."""

    due_before: datetime | None = None
    states: Collection[TakedownState] = ()
    after: str | None = None
    limit: int = MAX_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTakedowns:
    """A page of requests.

    Attributes:
        next: id of the last request, after which the next page begins; None if this page is the last.
        read_at: the time of the answer.
    """

    takedowns: tuple[Takedown, ...]
    next: str | None
    read_at: datetime


def list_takedowns(
    wanted: TakedownsWanted, *, actor: Actor, units: Units, environment: Environment
) -> ListedTakedowns:
    """Return requests on whose sides the actor's tenant stands.

    Raises:
        NotPermitted: the actor may not read requests.
        NotFound: the tenant sees no such request as `after`.
    """
    actor.require(Permission.TAKEDOWN_READ)
    size = max(1, min(wanted.limit, MAX_PAGE))
    with units.read() as unit:
        if wanted.after is not None:
            sides_of(unit.takedowns.get(wanted.after), actor)
        found = unit.takedowns.page(
            TakedownPage(
                tenant_id=actor.tenant_id,
                states=wanted.states,
                due_before=wanted.due_before,
                after=wanted.after,
                limit=size + 1,
            )
        )
    page = found[:size]
    return ListedTakedowns(
        takedowns=page, next=page[-1].id if len(found) > size else None, read_at=environment.now()
    )
