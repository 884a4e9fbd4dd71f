"""Platforms' feedback about references as rows."""

from collections.abc import Mapping

from sqlalchemy import Connection, Select, delete, select

from registry.domain import SourceVotes
from registry.storage.schema import reference_votes, references
from registry.storage.upserts import insert_into

_KEY = [reference_votes.c.reference_id, reference_votes.c.tenant_id, reference_votes.c.source]


class SqlVotes:
    """SQL implementation of `registry.ports.Votes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tenant_id: str, sources: Mapping[str, bytes], *, is_confirmed: bool) -> None:
        """Count feedback about one check."""
        rows = [
            {
                "reference_id": name,
                "tenant_id": tenant_id,
                "source": source,
                "confirmed": int(is_confirmed),
                "mistaken": int(not is_confirmed),
            }
            for name, source in sorted(sources.items())
        ]
        if not rows:
            return
        added = insert_into(self._connection.dialect.name, reference_votes)
        again = {name: reference_votes.c[name] + added.excluded[name] for name in ("confirmed", "mistaken")}
        self._connection.execute(added.on_conflict_do_update(index_elements=_KEY, set_=again), rows)

    def of(self, reference_id: str) -> tuple[SourceVotes, ...]:
        """Return all votes about a reference."""
        query = select(reference_votes).where(reference_votes.c.reference_id == reference_id)
        return tuple(
            SourceVotes(tenant_id=row.tenant_id, confirmed=row.confirmed, mistaken=row.mistaken)
            for row in self._connection.execute(query)
        )

    def forget(self, reference_id: str) -> None:
        """Delete all votes about a reference."""
        self._connection.execute(
            delete(reference_votes).where(reference_votes.c.reference_id == reference_id)
        )

    def forget_case(self, case_id: str) -> None:
        """Delete all votes about the references of a case."""
        self._connection.execute(
            delete(reference_votes).where(reference_votes.c.reference_id.in_(ids_of(case_id)))
        )


def ids_of(case_id: str) -> Select[tuple[str]]:
    """Return the query of the ids of a case's references."""
    return select(references.c.id).where(references.c.case_id == case_id)
