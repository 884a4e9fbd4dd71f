"""What a claimant is told of the matches of her references: months and bands of numbers, and what platforms did.

Neither a platform nor an exact number is told, and nothing of anybody else's: these are uploads that her own reference
matched. Who registers somebody else's picture learns no more than that it was uploaded somewhere, in which month.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from index.verdict import Outcome
from registry.domain.check import DecisionKind


@unique
class CountBand(StrEnum):
    """A number as it is told."""

    FEW = "1-4"
    SOME = "5-19"
    MANY = "20-99"
    VERY_MANY = "100+"


_FROM: Final = {CountBand.VERY_MANY: 100, CountBand.MANY: 20, CountBand.SOME: 5, CountBand.FEW: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedCheck:
    """A check whose verdict rests on a reference."""

    check_id: str
    reference_id: str
    outcome: Outcome
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchMonth:
    """The matches of one reference in one month.

    Attributes:
        month: year and month in UTC, as `2026-12`.
        outcomes: what the platforms were told to do.
        decisions: what they reported to have done; a platform may report later, or nothing.
    """

    month: str
    matches: CountBand
    outcomes: Mapping[Outcome, CountBand]
    decisions: Mapping[DecisionKind, CountBand]


def match_months(
    matched: Iterable[MatchedCheck], decided: Mapping[str, DecisionKind]
) -> tuple[MatchMonth, ...]:
    """Return the matches of one reference by month, the newest first.

    Args:
        matched: the checks that it matched.
        decided: what platforms reported to have done, by the ids of checks.
    """
    outcomes: dict[str, Counter[Outcome]] = {}
    decisions: dict[str, Counter[DecisionKind]] = {}
    for one in matched:
        month = f"{one.checked_at:%Y-%m}"
        outcomes.setdefault(month, Counter())[one.outcome] += 1
        decision = decided.get(one.check_id)
        decisions.setdefault(month, Counter()).update([] if decision is None else [decision])
    return tuple(
        MatchMonth(
            month=month,
            matches=band_of(counted.total()),
            outcomes={outcome: band_of(number) for outcome, number in sorted(counted.items())},
            decisions={kind: band_of(number) for kind, number in sorted(decisions[month].items())},
        )
        for month, counted in sorted(outcomes.items(), reverse=True)
    )


def band_of(number: int) -> CountBand:
    """Return the band of a number of 1 or more."""
    return next(band for band, least in _FROM.items() if number >= least)
