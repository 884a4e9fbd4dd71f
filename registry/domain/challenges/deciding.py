"""Decisions about challenges.

1. Nobody decides who opened the case or the challenge.
2. Each person states once. The same statement again changes nothing, and another one is refused.
3. Two people who say the same decide. Where two disagree, both statements stay, and a third person is needed.
4. A decision says "in bad faith" only if each of those who agree says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from registry.domain.challenges.challenge import Challenge, ChallengeState
from registry.errors import AlreadyStated, ChallengeDecided, OwnChallenge

PEOPLE_TO_DECIDE: Final = 2


@unique
class DecisionOutcome(StrEnum):
    """What somebody says of a challenge."""

    UPHOLD = "uphold"
    """The claim stands."""
    DENY = "deny"
    """The challenge was right."""


STATES: Final[dict[DecisionOutcome, ChallengeState]] = {
    DecisionOutcome.UPHOLD: ChallengeState.UPHELD,
    DecisionOutcome.DENY: ChallengeState.DENIED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeDecision:
    """One person's statement about a challenge.

    Attributes:
        is_bad_faith: whether the party that is found wrong acted in bad faith: the challenger where the claim stands,
            otherwise whoever opened the case.
    """

    challenge_id: str
    credential_id: str
    outcome: DecisionOutcome
    is_bad_faith: bool
    decided_at: datetime


def decide_challenge(
    challenge: Challenge, opened_by: str, earlier: Sequence[ChallengeDecision], statement: ChallengeDecision
) -> Challenge | None:
    """Return the challenge after a statement; None if the same person has said the same before.

    Args:
        challenge: the challenge.
        opened_by: the key that opened the case.
        earlier: the statements so far.
        statement: the new one.

    Raises:
        OwnChallenge: this person opened the case or the challenge.
        ChallengeDecided: it is decided.
        AlreadyStated: this person has said something else.
    """
    person = statement.credential_id
    if person in {opened_by, challenge.challenger.credential_id}:  # 1.
        raise OwnChallenge
    for own in earlier:  # 2.
        if own.credential_id == person:
            if (own.outcome, own.is_bad_faith) == (statement.outcome, statement.is_bad_faith):
                return None
            raise AlreadyStated
    if challenge.state is not ChallengeState.OPEN:
        raise ChallengeDecided
    agreeing = _agreeing([*earlier, statement], statement.outcome)
    if len(agreeing) >= PEOPLE_TO_DECIDE:  # 3.
        return replace(challenge, state=STATES[statement.outcome], decided_at=statement.decided_at)
    # A person has looked, and does not think that the claim stands.
    is_effective = challenge.is_effective or statement.outcome is DecisionOutcome.DENY
    return replace(challenge, is_effective=is_effective)


def people_missing(statements: Sequence[ChallengeDecision]) -> int:
    """Return how many more people must at least state something before the challenge is decided."""
    most = max((len(_agreeing(statements, outcome)) for outcome in DecisionOutcome), default=0)
    return max(0, PEOPLE_TO_DECIDE - most)


def is_in_bad_faith(challenge: Challenge, statements: Sequence[ChallengeDecision]) -> bool:
    """Return whether those who decided a challenge say that the party that is found wrong acted in bad faith (4.)."""
    deciding = [one for one in statements if STATES[one.outcome] is challenge.state]
    return bool(deciding) and all(one.is_bad_faith for one in deciding)


def _agreeing(statements: Sequence[ChallengeDecision], outcome: DecisionOutcome) -> list[ChallengeDecision]:
    return [one for one in statements if one.outcome is outcome]
