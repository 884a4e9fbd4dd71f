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
        """Return checks that also store the answer, and raise `AlreadyAcknowledged` if there is one."""
        ...

    def add(self, check: Check) -> None:
        """Store an answered check. It survives the process; the last moments before a power cut may be lost."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Check:
        """Return the tenant's check; raise `NotFound`, also if the check belongs to another tenant."""
        ...

    def forget_references(self, reference_ids: Sequence[str]) -> None:
        """Remove every trace of these references from matches and probes."""
        ...


class Decisions(Protocol):
    """What platforms did with the uploads that they checked."""

    def add(self, decision: Decision) -> None:
        """Add the first decision about a check; raise `AlreadyDecided` if another request was faster."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Decision | None:
        """Return the decision about a check, or None."""
        ...


class ProbeBudget(Protocol):
    """Counts near-threshold checks for each tenant and reference, so that nobody can search for codes by trying."""

    def spent(self, tenant_id: str, probe: Sequence[Code], reference_ids: Sequence[str]) -> frozenset[str]:
        """Count the probe against each reference, and return the references whose budget is spent."""
        ...

    def edge_bits(self, probe: Sequence[Code]) -> int:
        """Return the distance in bits up to which this probe is held once the budget is spent.

        It differs from probe to probe, so that the threshold cannot be measured.
        """
        ...
