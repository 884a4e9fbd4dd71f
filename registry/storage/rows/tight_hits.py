"""Tight matches of checks, counted for each reference and platform."""

from datetime import datetime
from typing import Final

from sqlalchemy import LargeBinary, bindparam, case, func, literal, select

from registry.domain import TenantHits
from registry.storage.database import Database
from registry.storage.schema import checks, matches

_SOURCE: Final = func.coalesce(matches.c.source, literal(b"", LargeBinary()))

_HIT: Final = (
    select(matches.c.reference_id)
    .where(matches.c.tight_at >= bindparam("since"))
    .group_by(matches.c.reference_id)
    .order_by(func.count().desc(), matches.c.reference_id)
    .limit(bindparam("limit"))
)

_HITS: Final = (
    select(
        checks.c.tenant_id,
        func.count(case((matches.c.tight_at >= bindparam("hour"), _SOURCE)).distinct()).label("last_hour"),
        func.count(_SOURCE.distinct()).label("last_week"),
    )
    .join_from(matches, checks, checks.c.id == matches.c.check_id)
    .where(matches.c.reference_id == bindparam("reference"), matches.c.tight_at >= bindparam("week"))
    .group_by(checks.c.tenant_id)
    .order_by(checks.c.tenant_id)
)


class SqlTightHits:
    """SQL implementation of `registry.ports.TightHits`. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hit_since(self, since: datetime, limit: int) -> tuple[str, ...]:
        """Return the ids of references with tight matches since then, at most `limit`, those with most first."""
        with self._database.read() as connection:
            return tuple(connection.execute(_HIT, {"since": since, "limit": limit}).scalars())

    def hits_of(self, reference_id: str, *, week: datetime, hour: datetime) -> tuple[TenantHits, ...]:
        """Return the different sources of tight matches of a reference since these times, for each platform."""
        asked = {"reference": reference_id, "week": week, "hour": hour}
        with self._database.read() as connection:
            return tuple(
                TenantHits(tenant_id=row.tenant_id, last_hour=row.last_hour, last_week=row.last_week)
                for row in connection.execute(_HITS, asked)
            )
