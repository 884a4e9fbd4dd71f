"""Explained checks as rows, to count them within some days."""

from collections.abc import Callable
from datetime import date
from typing import Final

from sqlalchemy import and_, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.domain import Check, ExplanationCounts
from registry.storage.database import Database
from registry.storage.rows.days import oldest_day
from registry.storage.schema import explanations, matches

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

    def add(
        self, check: Check, credential_id: str, today: date, require: Callable[[ExplanationCounts], None]
    ) -> bool:
        """Store that a check is explained, unless it was within the window; return whether it is new.

        Args:
            check: the check.
            credential_id: the key to which it is explained.
            today: the day.
            require: receives the counts before a new one is stored; its exceptions pass, and nothing is stored.

        Raises:
            StorageUnavailable: nothing was stored.
        """
        asked = {"tenant": check.tenant_id, "oldest": oldest_day(today)}
        with self._database.write() as connection:
            connection.execute(delete(explanations).where(explanations.c.explained_on < asked["oldest"]))
            known = select(explanations.c.check_id).where(explanations.c.check_id == check.id)
            if connection.execute(known).first() is not None:
                return False
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
                "credential_id": credential_id,
                "explained_on": today,
            }
            kind = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(kind(explanations).values(row).on_conflict_do_nothing())
            connection.commit()
        return True
