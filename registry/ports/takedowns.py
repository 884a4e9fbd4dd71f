"""The port for takedown requests. `registry.storage` implements it.

Locks: a unit of work that adds or changes a request as its claimant locks the case first, and then the request. One
that changes it as the platform, or as the registry, locks the request alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.domain.takedowns import Takedown, TakedownContent, TakedownMove, TakedownState


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownPage:
    """Which requests to list.

    Attributes:
        tenant_id: the tenant that is on one of their sides. A platform's side has only what was sent to it.
        states: states to list; empty for all.
        due_before: only requests that still wait for a decision, with a deadline before this time, by deadline. None
            for all requests, by the time of their opening.
        after: id of the last request of the page before.
    """

    tenant_id: str
    states: Collection[TakedownState]
    due_before: datetime | None
    after: str | None
    limit: int


class Takedowns(Protocol):
    """The takedown requests, as one unit of work sees them."""

    def add(self, takedown: Takedown, content: TakedownContent) -> None:
        """Add a new request. Its content is sealed by the key of its case, which is made if there is none."""
        ...

    def get(self, takedown_id: str, *, for_update: bool = False) -> Takedown:
        """Return a request of whichever tenant; raise `NotFound`. Callers decide who may see it."""
        ...

    def save(self, takedown: Takedown) -> None:
        """Write the state and the times of an existing request."""
        ...

    def content(self, takedown: Takedown) -> TakedownContent | None:
        """Return the content of a request; None if it was erased. Raise `SealBroken`."""
        ...

    def rewrite(self, takedown: Takedown, content: TakedownContent) -> None:
        """Replace the content of a request."""
        ...

    def record(self, moves: Sequence[TakedownMove]) -> None:
        """Add events. Each has the next number of its request."""
        ...

    def events(self, takedown_id: str) -> tuple[TakedownMove, ...]:
        """Return the events of a request, oldest first."""
        ...

    def of_case(self, case_id: str) -> tuple[Takedown, ...]:
        """Return all requests of a case, in the order of their opening."""
        ...

    def open_of_case(self, case_id: str, profile: str | None) -> tuple[Takedown, ...]:
        """Return the requests of a case that have not ended, locked, of one profile or of all."""
        ...

    def page(self, wanted: TakedownPage) -> tuple[Takedown, ...]:
        """Return a page of requests."""
        ...

    def due(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return ids of requests whose deadline or temporary block is over, the oldest deadlines first."""
        ...

    def idle(self, profile: str, before: datetime, limit: int) -> tuple[str, ...]:
        """Return ids of requests of a profile with content that wait for no decision and had no event since a time."""
        ...

    def erase_content(self, takedown_id: str) -> None:
        """Delete the content of a request."""
        ...

    def erase_case(self, case_id: str, now: datetime) -> None:
        """Delete the contents of all requests of a case and the key that sealed them, and note the time."""
        ...

    def opened_since(self, tenant_id: str, credential_id: str, since: datetime) -> tuple[int, int]:
        """Return how many requests a tenant, and one of its keys, opened since a time.

        Until this unit of work ends, no other unit of work of the tenant gets a number.
        """
        ...
