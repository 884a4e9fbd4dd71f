"""Count a platform's feedback about the references of one check, and judge these references by all feedback."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from registry.domain import (
    RULE,
    PrecisionRule,
    QuarantineReason,
    ReferenceEvent,
    ReferenceState,
    judged,
)
from registry.ports import UnitOfWork
from registry.usecases.judging.moving import confirm, quarantine

_JUDGED: Final = frozenset({ReferenceState.INDEXED, ReferenceState.CONFIRMED})
"""States that feedback changes. A disputed reference is a person's to decide, and a quarantine a person's to clear."""


def count_feedback(
    unit: UnitOfWork,
    tenant_id: str,
    sources: Mapping[str, bytes],
    at: datetime,
    *,
    is_confirmed: bool,
    rule: PrecisionRule = RULE,
) -> None:
    """Count feedback about a check in an open unit of work, and move its references by `registry.domain.precision`.

    Args:
        unit: the open unit of work.
        tenant_id: the platform.
        sources: the references on which the check rests, each with whose upload it was (`Checks.sources`). Those that
            were withdrawn meanwhile are left out.
        at: the time of the feedback.
        is_confirmed: whether the match was right.
        rule: the bounds.
    """
    standings = unit.quarantines.lock(sorted(sources))
    present = {one.id: sources[one.id] for one in standings}
    unit.votes.add(tenant_id, present, is_confirmed=is_confirmed)
    for one in standings:
        if one.state not in _JUDGED:
            continue
        event = judged(unit.votes.of(one.id), rule)
        if event is ReferenceEvent.QUARANTINE:
            quarantine(unit, one, QuarantineReason.PRECISION, at)
        elif event is ReferenceEvent.CONFIRM:
            confirm(unit, one, at)
