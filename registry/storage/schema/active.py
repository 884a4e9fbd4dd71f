"""The references that can still match, and the only place that decides it.

It follows `registry.domain.effects`: a state without effect is absent, and a state that holds to a review is disputed.
A withdrawn case remains as a row, together with its references. Every query that confirms an index's proposals, or that
recognizes media as already registered, reads references only from this selectable. A withdrawal therefore takes effect
at its commit, even if an index still holds the codes (tests/registry/storage/test_active.py).
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Subquery, or_, select

from registry.domain import CASE_EFFECTS, REFERENCE_EFFECTS, CaseState, Effect, ReferenceState
from registry.storage.schema.tables import cases, references


def _with(
    effects: Mapping[CaseState, Effect] | Mapping[ReferenceState, Effect], *wanted: Effect
) -> list[str]:
    return [state.value for state, effect in effects.items() if effect in wanted]


active_references: Final[Subquery] = (
    select(
        references.c.key,
        references.c.id,
        references.c.case_id,
        references.c.tenant_id,
        references.c.kind,
        references.c.enrolled_at,
        references.c.flat_share,
        references.c.state,
        cases.c.level,
        or_(
            cases.c.state.in_(_with(CASE_EFFECTS, Effect.REVIEW)),
            references.c.state.in_(_with(REFERENCE_EFFECTS, Effect.REVIEW)),
        ).label("is_disputed"),
    )
    .join_from(references, cases, cases.c.id == references.c.case_id)
    .where(
        cases.c.state.in_(_with(CASE_EFFECTS, Effect.REVIEW, Effect.BLOCK)),
        references.c.state.in_(_with(REFERENCE_EFFECTS, Effect.REVIEW, Effect.BLOCK)),
    )
    .subquery("active_references")
)
"""References that can still match, each with its case's level. Both databases merge it into the outer query."""
