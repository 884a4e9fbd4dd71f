"""Floods: references that suddenly match too much, as a registered logo, template or joke does.

A hit is one source (a user of a platform who uploads, or one upload where the platform names no users) with a tight
match. It counts for a reference that could be anybody's claim:

- From V2 on nothing counts. Somebody saw the person beside the pictures enrolled, so many copies of such a picture are
  a leak, and a leak is blocked the more it spreads. Loose matches never block anyway, so a quarantine because of them
  would only end the protection against copies.
- What platforms confirmed (`registry.domain.precision`) is no flood either, nor what a person cleared.

Below V2 a quarantine costs a real leak its block, not its review: whoever shows the picture is still held.

1. Of one platform no more than half of the bound counts where there are several platforms. None alone, with however
   many invented users, quarantines a reference.
2. The bound of an hour follows from what is usual: the larger of the reference's own hits an hour within the last week,
   and of what the other references that match now see (their median). The bound is six standard
   deviations of a Poisson distribution above it, from `MIN_HOURLY_HITS` to `MAX_HITS`.
3. The bound of a week is `MAX_HITS`, so that what floods slowly is looked at as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from index.verdict import Level

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)

FLOODED_BELOW: Final = Level.V2
"""Level from which no flood quarantines a reference."""

MAX_HITS: Final = 50
"""Counted hits after which a reference is quarantined in any case."""

MIN_HOURLY_HITS: Final = 20
"""The smallest bound of one hour: few people who share a picture in a group are no flood."""

_DEVIATIONS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantHits:
    """Different sources of one platform that hit a reference.

    Attributes:
        last_hour: within the last hour.
        last_week: within the last week, the last hour included.
    """

    tenant_id: str
    last_hour: int
    last_week: int


def hourly_bound(own_per_hour: float, others_per_hour: float) -> int:
    """Return the number of hits within an hour from which a reference is flooded."""
    usual = max(own_per_hour, others_per_hour)
    return min(MAX_HITS, max(MIN_HOURLY_HITS, math.ceil(usual + _DEVIATIONS * math.sqrt(usual))))


def is_flood(
    hits: Sequence[TenantHits], *, registered_for: timedelta, others_per_hour: float, platforms: int
) -> bool:
    """Return whether a reference matches too much.

    Args:
        hits: its hits, one entry for each platform.
        registered_for: the time since its registration.
        others_per_hour: hits within the last hour of the other references that match now, their median.
        platforms: number of platforms that may ask.
    """
    earlier = sum(one.last_week - one.last_hour for one in hits)
    hours = max(1.0, (min(registered_for, WEEK) - HOUR) / HOUR)
    bound = hourly_bound(earlier / hours, others_per_hour)
    by_hour = _counted([one.last_hour for one in hits], bound, platforms)
    by_week = _counted([one.last_week for one in hits], MAX_HITS, platforms)
    return by_hour >= bound or by_week >= MAX_HITS


def _counted(hits: Sequence[int], bound: int, platforms: int) -> int:
    """Return the hits that count against a bound (1.)."""
    most = bound if platforms <= 1 else math.ceil(bound / 2)
    return sum(min(number, most) for number in hits)
