"""Explained checks as rows, to count them within some days."""

from collections.abc import Callable
from datetime import date
from typing import Final

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from registry.domain import Check, ExplanationCounts
from registry.storage.database import Database
from registry.storage.locks import lock_until_commit
from registry.storage.rows.days import oldest_day
from registry.storage.schema import explanations, matches

_NOBODY: Final = ""  # in place of a key's id, until the ledger keeps who was told

_WITHIN: Final = and_(
    explanations.c.tenant_id == bindparam("tenant"), explanations.c.explained_on >= bindparam("oldest")
)
_OF_TENANT: Final = select(func.count()).select_from(explanations).where(_WITHIN)
_OF_REFERENCES: Final = (
    select(func.count())
    .select_from(explanations)
    .join(matches, matches.c.check_id == explanations.c.check_id)
    .where(_WITHIN, matches.c.reference_id.in_(bindparam("references", expanding=True)))
    .group_by(matches.c.reference_id)
)


class SqlExplanations:
    """The count of explained checks. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, check: Check, today: date, require: Callable[[ExplanationCounts], None]) -> str | None:
        """Count a check as explained, unless it was within the window; return the key that was noted last.

        One transaction comes after another, so that checks that are asked for at once are counted one by one.

        Args:
            check: the check.
            today: the day.
            require: receives the counts before a new one is stored; its exceptions pass, and nothing is stored.

        Raises:
            StorageUnavailable: nothing was stored.
        """
        asked = {"tenant": check.tenant_id, "oldest": oldest_day(today)}
        with self._database.write() as connection:
            lock_until_commit(connection, b"explanations")
            connection.execute(delete(explanations).where(explanations.c.explained_on < asked["oldest"]))
            known = select(explanations.c.credential_id).where(explanations.c.check_id == check.id)
            noted = connection.execute(known).scalar_one_or_none()
            if noted is not None:
                return noted or None
            of_references = connection.execute(
                _OF_REFERENCES, {**asked, "references": list(check.reference_ids)}
            )
            require(
                ExplanationCounts(
                    of_tenant=connection.execute(_OF_TENANT, asked).scalar_one(),
                    of_reference=max(of_references.scalars(), default=0),
                )
            )
            row = {
                "check_id": check.id,
                "tenant_id": check.tenant_id,
                "credential_id": _NOBODY,
                "explained_on": today,
            }
            connection.execute(insert(explanations).values(row))
            connection.commit()
        return None

    def note(self, check_id: str, credential_id: str) -> None:
        """Note the key that was told last, once the ledger keeps it; raise `StorageUnavailable`."""
        which = explanations.c.check_id == check_id
        with self._database.write() as connection:
            connection.execute(update(explanations).where(which).values(credential_id=credential_id))
            connection.commit()
