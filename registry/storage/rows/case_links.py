"""Links between cases as rows: each pair in both directions, so that one look-up finds all links of a case."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, tuple_

from registry.domain import CaseLink
from registry.storage.pages import batched
from registry.storage.schema import case_links, cases

_NAMES = tuple_(case_links.c.case_id, case_links.c.other_id)


class SqlCaseLinks:
    """SQL implementation of `registry.ports.CaseLinks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def linkable(self, case_ids: Sequence[str]) -> frozenset[str]:
        """Return those of the cases that are not withdrawn. A withdrawal waits for the end of this unit of work."""
        query = select(cases.c.id).where(cases.c.withdrawn_at.is_(None)).order_by(cases.c.id)
        found: set[str] = set()
        for page in batched(sorted(case_ids)):
            found.update(
                self._connection.execute(query.where(cases.c.id.in_(page)).with_for_update()).scalars()
            )
        return frozenset(found)

    def add(self, pairs: Sequence[tuple[str, str]], at: datetime) -> frozenset[tuple[str, str]]:
        """Add links, and return those that were not there."""
        new = frozenset(pairs) - self._held(pairs)
        rows = [{"case_id": one, "other_id": other, "linked_at": at} for one, other in _both_ways(new)]
        if rows:
            self._connection.execute(insert(case_links), rows)
        return new

    def remove(self, pairs: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Remove links, and return those that were there."""
        held = self._held(pairs)
        for page in batched(_both_ways(held)):
            self._connection.execute(delete(case_links).where(_NAMES.in_(page)))
        return held

    def of(self, case_id: str) -> tuple[CaseLink, ...]:
        """Return the links of one case."""
        return self._links(select(case_links).where(case_links.c.case_id == case_id))

    def all(self) -> tuple[CaseLink, ...]:
        """Return all links, by their cases."""
        return self._links(select(case_links).where(case_links.c.case_id <= case_links.c.other_id))

    def _held(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        held: set[tuple[str, str]] = set()
        for page in batched(sorted(pairs)):
            query = select(case_links.c.case_id, case_links.c.other_id).where(_NAMES.in_(page))
            held.update((row.case_id, row.other_id) for row in self._connection.execute(query))
        return frozenset(held)

    def _links(self, query: Select[Any]) -> tuple[CaseLink, ...]:
        ordered = query.order_by(case_links.c.case_id, case_links.c.other_id)
        return tuple(
            CaseLink(case_ids=_in_order(row.case_id, row.other_id), linked_at=row.linked_at)
            for row in self._connection.execute(ordered)
        )


def _in_order(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _both_ways(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted({direction for one, other in pairs for direction in ((one, other), (other, one))})
