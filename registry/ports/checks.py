"""Ports for checks, platforms' decisions and the budget of near-threshold checks.

`registry.storage` and `registry.security` implement them. Errors: `StorageUnavailable` when the database is locked,
full or unreachable. Nothing was written then.
"""

from collections.abc import Sequence
from typing import Protocol, Self

from index.hashing import Code
from registry.domain import Check, Decision
from registry.ports.acknowledgements import Acknowledge, Acknowledgements


class Checks(Protocol):
    """Answered checks. They are stored apart from the registry's rows: written at every upload and rarely read."""

    @property
    def acknowledgements(self) -> Acknowledgements:
        """The idempotent answers that are stored beside the checks."""
        ...

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Return a store that also keeps the answer with each check; its `add` raises `AlreadyAcknowledged`."""
        ...

    def add(self, check: Check) -> None:
        """Store an answered check. It survives a crash of the process, but not always a power cut shortly after."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Check:
        """Return the tenant's check; raise `NotFound`, also if the check belongs to another tenant."""
        ...

    def forget_references(self, reference_ids: Sequence[str]) -> None:
        """Remove every trace of these references from matches and probes."""
        ...


class Decisions(Protocol):
    """Platforms' decisions about the uploads that they checked."""

    def add(self, decision: Decision) -> None:
        """Add the decision about a check; raise `AlreadyDecided` if there is one already."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Decision | None:
        """Return the decision about a check, or None."""
        ...


class ProbeBudget(Protocol):
    """Budget of near-threshold checks for each tenant and reference. It prevents searching for codes by trial."""

    def spent(self, tenant_id: str, probe: Sequence[Code], reference_ids: Sequence[str]) -> frozenset[str]:
        """Count the probe against each reference, and return the references whose budget is spent."""
        ...

    def edge_bits(self, probe: Sequence[Code]) -> int:
        """Return the distance in bits up to which this probe is answered `review` once the budget is spent.

        The distance differs from probe to probe, so that the threshold cannot be measured.
        """
        ...
