"""The references of active cases: the only place that decides which references can still match.

A withdrawn case remains as a row, together with its references. Every query that confirms an index's proposals, or that
recognizes media as already registered, reads references only from this selectable. A withdrawal therefore takes effect
at its commit, even if an index still holds the codes (tests/registry/storage/test_active.py).
"""

from typing import Final

from sqlalchemy import Subquery, select

from registry.domain import CaseState
from registry.storage.schema.tables import cases, references

active_references: Final[Subquery] = (
    select(
        references.c.key,
        references.c.id,
        references.c.case_id,
        references.c.tenant_id,
        references.c.kind,
        references.c.enrolled_at,
        references.c.flat_share,
        cases.c.level,
    )
    .join_from(references, cases, cases.c.id == references.c.case_id)
    .where(cases.c.state == CaseState.ACTIVE.value)
    .subquery("active_references")
)
"""References of active cases, each with its case's level. Both databases merge the selectable into the outer query."""
