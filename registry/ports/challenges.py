"""The port for challenges, their decisions and strikes. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from registry.domain import (
    Challenge,
    ChallengeCounts,
    ChallengeDecision,
    Challenger,
    ChallengeState,
    CheckChallenge,
    Right,
    Strike,
)


class Challenges(Protocol):
    """The challenges, as one unit of work sees them. Whoever writes holds the lock of the case (`Cases.get`)."""

    def add(self, challenge: Challenge) -> None:
        """Add a challenge."""
        ...

    def save(self, challenge: Challenge) -> None:
        """Write state, effect and time of an existing challenge."""
        ...

    def get(self, challenge_id: str, case_tenant_id: str | None) -> Challenge:
        """Return a challenge of a tenant's case, or of any with None; raise `NotFound`."""
        ...

    def of_case(self, case_id: str) -> tuple[Challenge, ...]:
        """Return all challenges of a case, oldest first."""
        ...

    def page(
        self, case_tenant_id: str | None, state: ChallengeState | None, *, after: str | None, limit: int
    ) -> tuple[Challenge, ...]:
        """Return challenges of a tenant's cases, or of all with None, oldest first, from the one after `after` on."""
        ...

    def state(self, decision: ChallengeDecision) -> None:
        """Add what somebody states about a challenge."""
        ...

    def statements(self, challenge_id: str) -> tuple[ChallengeDecision, ...]:
        """Return what was stated about a challenge, oldest first."""
        ...

    def counts(self, challenger: Challenger, checks_since: datetime) -> ChallengeCounts:
        """Count what a challenger has disputed. Until this ends, the same challenger is counted by nobody else."""
        ...

    def dispute_check(self, challenge: CheckChallenge) -> None:
        """Add a challenge of a check."""
        ...

    def of_check(self, check_id: str, tenant_id: str) -> CheckChallenge | None:
        """Return a tenant's challenge of a check, or None."""
        ...

    def strike(self, strike: Strike) -> None:
        """Add a strike."""
        ...

    def strikes(self, right: Right, party_ids: Collection[str]) -> tuple[Strike, ...]:
        """Return the strikes of these parties for a right."""
        ...

    def forget(self, case_id: str) -> None:
        """Delete the challenges of a case with what was stated, and every other trace of the case.

        What a person without an account has disputed by this case stays, without her.
        """
        ...
