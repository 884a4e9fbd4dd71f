"""The precision of a reference: what platforms' people said about its matches, and what follows for the reference.

Only feedback about tight matches counts. A quarantine takes away that a reference blocks, only tight matches block, and
a loose match that turned out to be another picture says nothing about a copy.

1. One vote is one *source*: one user of a platform who uploads, or one upload where the platform names no users. A
   platform weighs as much as its sources, `PrecisionRule.max_sources` at most.
2. A reference is bad where the upper end of Wilson's interval of its precision lies below
   `PrecisionRule.min_precision`: there is hardly a doubt that most of its matches are wrong.
3. It is quarantined where it is bad by the votes of the others, whichever one platform is left out. No platform alone
   decides, with however many invented users.
4. It is confirmed where most votes confirm it, again whichever one platform is left out.

docs/cases.md has the rule for readers, with its figures.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from registry.domain.case_states import ReferenceEvent


@unique
class Feedback(StrEnum):
    """What a platform's person saw in an upload that a check held or blocked."""

    CONFIRMED = "confirmed"
    """It shows what was registered, and this was published without consent."""
    NO_MATCH = "no_match"
    """It shows something else than what was registered."""
    HARMLESS = "harmless"
    """It is what was registered, and it is no intimate picture: a logo, a joke, a title card."""
    WRONG_PERSON = "wrong_person"
    """It shows another person."""
    CONSENTED = "consented"
    """It is what was registered, and the person shown agrees to this publication."""
    NEWSWORTHY = "newsworthy"
    """It is satire, news or art that may show it."""
    UNCLEAR = "unclear"

    @property
    def is_confirmed(self) -> bool | None:
        """Whether the match was right; None if that cannot be concluded."""
        return {
            Feedback.CONFIRMED: True,
            Feedback.NO_MATCH: False,
            Feedback.HARMLESS: False,
            Feedback.WRONG_PERSON: False,
        }.get(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceVotes:
    """What a platform said about the matches of one source with one reference."""

    tenant_id: str
    confirmed: int
    mistaken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionRule:
    """The bounds of the rule. The defaults are the registry's; tests switch parts of it off.

    Attributes:
        max_sources: the most votes that one platform has.
        min_precision: precision below which a reference is quarantined.
        z: normal quantile of the interval, 95 % on both sides.
        leaves_each_out: whether the rule must hold without the votes of any one platform.
    """

    max_sources: float = 3
    min_precision: float = 0.5
    z: float = 1.96
    leaves_each_out: bool = True


RULE: Final = PrecisionRule()


def judged(votes: Sequence[SourceVotes], rule: PrecisionRule = RULE) -> ReferenceEvent | None:
    """Return what follows from all votes about a reference: a quarantine, a confirmation, or nothing."""
    weighed = _by_tenant(votes, rule)
    seen = [
        {name: vote for name, vote in weighed.items() if name != left_out or not rule.leaves_each_out}
        for left_out in weighed
    ]
    if not seen:
        return None
    if all(_is_bad(others, rule) for others in seen):
        return ReferenceEvent.QUARANTINE
    if all(_is_confirmed(others) for others in seen):
        return ReferenceEvent.CONFIRM
    return None


def wilson_upper(share: float, count: float, z: float) -> float:
    """Return the upper end of Wilson's interval of a share that was seen among `count` votes; 1 for no votes."""
    if count <= 0:
        return 1.0
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """One platform's weight and the share of it that confirms."""

    weight: float
    confirmed: float


def _by_tenant(votes: Sequence[SourceVotes], rule: PrecisionRule) -> Mapping[str, _Weighed]:
    shares: dict[str, list[float]] = defaultdict(list)
    for vote in votes:
        total = vote.confirmed + vote.mistaken
        if total:
            shares[vote.tenant_id].append(vote.confirmed / total)
    return {
        name: _Weighed(weight=min(len(held), rule.max_sources), confirmed=sum(held) / len(held))
        for name, held in shares.items()
    }


def _totals(votes: Mapping[str, _Weighed]) -> tuple[float, float]:
    """Return the share that confirms, and the weight of all votes."""
    weight = sum(vote.weight for vote in votes.values())
    confirmed = sum(vote.weight * vote.confirmed for vote in votes.values())
    return (confirmed / weight if weight else 0.0, weight)


def _is_bad(votes: Mapping[str, _Weighed], rule: PrecisionRule) -> bool:
    share, weight = _totals(votes)
    return weight > 0 and wilson_upper(min(share, 1.0), weight, rule.z) < rule.min_precision


def _is_confirmed(votes: Mapping[str, _Weighed]) -> bool:
    share, weight = _totals(votes)
    return weight > 0 and share > 1 / 2
