"""Bounds on challenges, so that nobody weakens a whole registry by disputing everything.

1. Of one challenger only a few challenges are open at a time, for each key and over all keys of a tenant.
2. A platform disputes by checks, and must not learn from a refusal whether something matched. So the checks that it
   disputes within a window are counted, whatever they matched, and what they matched takes effect only for as many
   references as may be open (1.), and for few of one check. What is beyond waits for a person, and the answer is the
   same.
3. A challenge that was decided for the claim takes no effect again for the same party and reason, nor does any third
   one of the same party: it waits until a person has looked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from registry.domain.challenges.challenge import Challenge, ChallengeReason, ChallengeState, PartyKind
from registry.errors import TooManyChallenges

MAX_OPEN: Final[dict[PartyKind, int]] = {PartyKind.KEY: 10, PartyKind.TENANT: 30, PartyKind.PERSON: 3}
"""Open challenges of one party at a time (1.)."""

CHECK_WINDOW: Final = timedelta(days=7)
MAX_CHECKS_OF_KEY: Final = 30
MAX_CHECKS_OF_TENANT: Final = 60
"""Checks that one key and one tenant dispute within `CHECK_WINDOW` (2.)."""

MAX_DISPUTED_BY_CHECK: Final = 4
"""References that one disputed check holds to a review (2.). A collage may match many."""

_MAX_UPHELD: Final = 2
"""Challenges of a case by one party that were decided for the claim, after which no other takes effect by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeCounts:
    """What a challenger has disputed, by the kinds of parties that it is.

    Attributes:
        named: open challenges that name their case.
        effective: open challenges that hold something to a review, also those by checks.
        checks: checks that were disputed within `CHECK_WINDOW`.
    """

    named: dict[PartyKind, int]
    effective: dict[PartyKind, int]
    checks: dict[PartyKind, int]

    @property
    def room(self) -> int:
        """How many more references a check may hold to a review."""
        return max(0, min(MAX_OPEN[kind] - number for kind, number in self.effective.items()))


def require_room_for_challenge(counts: ChallengeCounts) -> None:
    """Raise `TooManyChallenges` unless one more challenge may name a case (1.)."""
    for kind, number in counts.named.items():
        if number >= MAX_OPEN[kind]:
            raise TooManyChallenges(
                f"This {kind.value} may have {MAX_OPEN[kind]} open challenges, and has {number}."
            )


def require_room_for_check(counts: ChallengeCounts) -> None:
    """Raise `TooManyChallenges` unless one more check may be disputed (2.)."""
    most = {PartyKind.KEY: MAX_CHECKS_OF_KEY, PartyKind.TENANT: MAX_CHECKS_OF_TENANT}
    for kind, number in counts.checks.items():
        if number >= most[kind]:
            raise TooManyChallenges(
                f"This {kind.value} may challenge {most[kind]} checks in {CHECK_WINDOW.days} days, and has"
                f" challenged {number}."
            )


def earlier_allows_effect(earlier: Sequence[Challenge], reason: ChallengeReason) -> bool:
    """Return whether one more challenge of the same case by the same party takes effect by itself (3.)."""
    upheld = [one for one in earlier if one.state is ChallengeState.UPHELD]
    return len(upheld) < _MAX_UPHELD and all(one.reason is not reason for one in upheld)
