"""Quarantine references that suddenly match too much (`registry.domain.flood`).

It is background work. Checks write what it counts in the rows of their matches, and do nothing more for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from registry.domain import (
    FLOODED_BELOW,
    HOUR,
    WEEK,
    QuarantineReason,
    ReferenceStanding,
    ReferenceState,
    Role,
    TenantHits,
    is_flood,
)
from registry.ports import Environment, TightHits, Units
from registry.usecases.judging.moving import quarantine

LOOK_BACK: Final = timedelta(minutes=2)
"""Time within which a reference was hit that is looked at. Several sweeps long, so that no hit is missed."""

MAX_LOOKED_AT: Final = 2_000
"""References that one sweep looks at, those with most hits first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodWatch:
    """The stores that a sweep needs."""

    units: Units
    hits: TightHits
    environment: Environment

    def sweep(self) -> Sequence[str]:
        """Quarantine the references that are flooded, and return their ids; raise `StorageUnavailable`."""
        now = self.environment.now()
        hit = self.hits.hit_since(now - LOOK_BACK, MAX_LOOKED_AT)
        if not hit:
            return ()
        with self.units.read() as unit:
            watched = [one for one in unit.quarantines.read(hit) if _may_flood(one)]
            platforms = {
                one.tenant_id
                for one in unit.credentials.all()
                if one.role is Role.PLATFORM and one.revoked_at is None
            }
        counts = {one.id: self.hits.hits_of(one.id, week=now - WEEK, hour=now - HOUR) for one in watched}
        flooded = [one.id for one in watched if _is_flooded(one, counts, now, len(platforms))]
        return self._quarantine(flooded, now)

    def _quarantine(self, flooded: Sequence[str], now: datetime) -> Sequence[str]:
        if not flooded:
            return ()
        with self.units.write() as unit:
            # A person, a platform or another machine may have changed them meanwhile.
            found = [one for one in unit.quarantines.lock(flooded) if _may_flood(one)]
            for one in found:
                quarantine(unit, one, QuarantineReason.FLOOD, now)
            unit.commit()
        return [one.id for one in found]


def _may_flood(one: ReferenceStanding) -> bool:
    return one.level < FLOODED_BELOW and one.state is ReferenceState.INDEXED and not one.was_cleared


def _is_flooded(
    one: ReferenceStanding, counts: dict[str, tuple[TenantHits, ...]], now: datetime, platforms: int
) -> bool:
    others = [_last_hour(hits) for name, hits in counts.items() if name != one.id]
    return is_flood(
        counts[one.id],
        registered_for=now - one.enrolled_at,
        others_per_hour=median(others) if others else 0.0,
        platforms=platforms,
    )


def _last_hour(hits: Sequence[TenantHits]) -> int:
    return sum(one.last_hour for one in hits)
