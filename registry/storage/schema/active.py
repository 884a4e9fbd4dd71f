"""The references of active cases: the one place that decides what can still match.

A withdrawn case stays as a row, and its references with it. Every query that confirms what an index proposed, or that
recognizes media as registered already, reads references from this selectable and from nowhere else. A withdrawal
therefore takes effect at its commit, whatever an index still holds (tests/registry/storage/test_active.py).
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
"""References of active cases, each with its case's level. Both databases merge it into the query that reads it."""
