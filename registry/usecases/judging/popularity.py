"""Hold to a review what many unrelated tenants registered before.

The registry keeps no codes of uploads, so it cannot tell what many people show. It can tell what many register: a
picture that several tenants with nothing in common claim is seldom one person's.

1. It is background work, after the registration. An answer that told of it, or that took longer, would tell what other
   people registered (docs/promises.md, promise 5). So nobody but the operator hears of it.
2. Tenants count and not cases: the operator makes tenants, and anybody opens cases. A case that an operator linked with
   the new one counts for nothing: one subject stands behind both.
3. Only the new reference is held, and none from V2 on: whoever registers a victim's picture first cannot take the
   protection of somebody who was seen beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import numpy as np

from index.verdict import TIGHT_PDQ_BITS, ReferenceKind
from registry.domain import (
    CODE_BYTES,
    FLOODED_BELOW,
    Family,
    Newcomer,
    QuarantineReason,
    ReferenceStanding,
    ReferenceState,
)
from registry.ports import Environment, Index, Units
from registry.usecases.judging.moving import quarantine

MIN_OTHER_TENANTS: Final = 5
"""Other tenants whose active references are the same picture. A person, agencies and public bodies may share one."""

LOOKED_BACK: Final = timedelta(days=1)
"""Age of registrations that a process looks at when it begins."""

SETTLED: Final = timedelta(seconds=10)
"""Age from which a registration is looked at, so that none whose transaction takes longer is passed over."""

MAX_AT_ONCE: Final = 64
"""References of one sweep."""

MAX_NEAR: Final = 2_000
"""Near codes of one reference that are read."""


_OtherTenants = Callable[[Newcomer, Sequence[int]], int]


@dataclass(slots=True, kw_only=True)
class PopularityWatch:
    """The stores that a sweep needs, and how far it has come. For one thread."""

    units: Units
    index: Index
    environment: Environment
    _after: int | None = field(default=None, init=False)

    def sweep(self) -> Sequence[str]:
        """Quarantine new references that many tenants registered before, and return their ids.

        Raises:
            IndexBehind: the index cannot be searched; the next sweep looks at the same references.
            StorageUnavailable: so can the database.
        """
        now = self.environment.now()
        with self.units.read() as unit:
            after = self._after
            if after is None:
                after = unit.quarantines.last_before(now - LOOKED_BACK)
            new = unit.quarantines.newcomers(after, now - SETTLED, MAX_AT_ONCE)
            popular = self._popular(unit.quarantines.other_tenants, new)
        held: list[str] = []
        if popular:
            with self.units.write() as unit:
                for one in unit.quarantines.lock(popular):
                    if _may_be_held(one):
                        quarantine(unit, one, QuarantineReason.POPULAR, now)
                        held.append(one.id)
                unit.commit()
        self._after = new[-1].key if new else after
        return held

    def _popular(self, tenants: _OtherTenants, new: Sequence[Newcomer]) -> list[str]:
        asked = [one for one in new if one.pdq is not None and one.kind is ReferenceKind.INTIMATE_ITEM]
        if not asked:
            return []
        codes = np.frombuffer(b"".join(one.pdq or b"" for one in asked), np.uint8).reshape(-1, CODE_BYTES)
        hits = self.index.propose(Family.WHOLE, codes, TIGHT_PDQ_BITS)
        return [
            one.id
            for number, one in enumerate(asked)
            if tenants(one, hits.ids[hits.queries == number][:MAX_NEAR].tolist()) >= MIN_OTHER_TENANTS
        ]


def _may_be_held(one: ReferenceStanding) -> bool:
    return one.level < FLOODED_BELOW and one.state is ReferenceState.INDEXED and not one.was_cleared
