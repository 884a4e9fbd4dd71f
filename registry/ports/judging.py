"""Ports for judging references by platforms' feedback and by floods. `registry.storage` implements them.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from registry.domain import (
    Newcomer,
    Quarantine,
    QuarantineReason,
    ReferenceStanding,
    SourceVotes,
    TenantHits,
)


class Votes(Protocol):
    """Platforms' feedback about references, as one unit of work sees it."""

    def add(self, tenant_id: str, sources: Mapping[str, bytes], *, is_confirmed: bool) -> None:
        """Count feedback about one check.

        Args:
            tenant_id: the platform.
            sources: the references of the check, each with whose upload it was. They are locked (`Quarantines.lock`).
            is_confirmed: whether the match was right.
        """
        ...

    def of(self, reference_id: str) -> tuple[SourceVotes, ...]:
        """Return all votes about a reference."""
        ...

    def forget(self, reference_id: str) -> None:
        """Delete all votes about a reference."""
        ...

    def forget_case(self, case_id: str) -> None:
        """Delete all votes about the references of a case."""
        ...


class Quarantines(Protocol):
    """The states of references that follow from judging them, as one unit of work sees them."""

    def lock(self, reference_ids: Sequence[str]) -> tuple[ReferenceStanding, ...]:
        """Return those of the references that are not removed, by id.

        Their cases are locked: nobody else changes the state of a case or of its references before this ends.
        """
        ...

    def read(self, reference_ids: Sequence[str]) -> tuple[ReferenceStanding, ...]:
        """Return the same without locking them."""
        ...

    def last_before(self, since: datetime) -> int:
        """Return the key of the last reference that was registered before this time; 0 if there is none."""
        ...

    def newcomers(self, after: int, until: datetime, limit: int) -> tuple[Newcomer, ...]:
        """Return references after a key that were registered before a time, in their order, at most `limit`."""
        ...

    def other_tenants(self, one: Newcomer, code_ids: Sequence[int]) -> int:
        """Return the number of other tenants that have earlier active references with one of these codes.

        Cases that an operator linked with the newcomer's case are left out, and so are official releases.
        """
        ...

    def begin(self, reference_id: str, reason: QuarantineReason, at: datetime) -> None:
        """Note the quarantine of a reference, in place of an earlier one."""
        ...

    def end(self, reference_id: str, at: datetime) -> None:
        """Note that a person cleared the quarantine."""
        ...

    def open(self) -> tuple[Quarantine, ...]:
        """Return the references in quarantine, the oldest quarantine first."""
        ...

    def forget_case(self, case_id: str) -> None:
        """Delete what is noted about the references of a case."""
        ...


class TightHits(Protocol):
    """Tight matches of checks, in the database of the checks."""

    def hit_since(self, since: datetime, limit: int) -> tuple[str, ...]:
        """Return the ids of references with tight matches since then, at most `limit`, those with most first."""
        ...

    def hits_of(self, reference_id: str, *, week: datetime, hour: datetime) -> tuple[TenantHits, ...]:
        """Return the different sources of tight matches of a reference since these times, for each platform."""
        ...
