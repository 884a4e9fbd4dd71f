"""Near-threshold questions as rows, to count the distinct ones of each tenant and reference within some days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.storage.database import Database
from registry.storage.schema import probes

WINDOW_DAYS: Final = 7


class SqlProbes:
    """The count of probes. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def count(
        self, tenant_id: str, probe_hmac: bytes, reference_ids: Sequence[str], today: date
    ) -> dict[str, int]:
        """Add one probe to each reference, and return the number of probes of each reference within the window.

        A repeated probe (the same picture, uploaded by many people) counts once.
        """
        oldest = today - timedelta(days=WINDOW_DAYS - 1)
        rows = [
            {"tenant_id": tenant_id, "reference_id": name, "probe_hmac": probe_hmac, "asked_on": today}
            for name in reference_ids
        ]
        counts = (
            select(probes.c.reference_id, func.count().label("probes"))
            .where(
                probes.c.tenant_id == tenant_id,
                probes.c.reference_id.in_(reference_ids),
                probes.c.asked_on >= oldest,
            )
            .group_by(probes.c.reference_id)
        )
        with self._database.write() as connection:
            connection.execute(delete(probes).where(probes.c.asked_on < oldest))
            connection.execute(self._insert(probes).on_conflict_do_nothing(), rows)
            found = {row.reference_id: row.probes for row in connection.execute(counts)}
            connection.commit()
        return found
