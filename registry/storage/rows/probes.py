"""Questions near registered references as rows, to count the different ones within some days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, case, delete, func, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from registry.domain import Asker, Probe, ProbeCounts, ProbingReport
from registry.storage.database import Database
from registry.storage.schema import probes

WINDOW_DAYS: Final = 7

_OTHERS: Final = and_(
    probes.c.tenant_id == bindparam("tenant"),
    probes.c.asked_on >= bindparam("oldest"),
    probes.c.probe_hmac != bindparam("probe"),
)
_DIFFERENT: Final = func.count(probes.c.probe_hmac.distinct())
_HELD_NAME: Final = "held"
_UPLOADER_NAME: Final = "uploader"  # an id of a reference has a prefix
_COUNTS: Final = union_all(
    select(literal(_HELD_NAME).label("name"), _DIFFERENT.label("questions")).where(
        _OTHERS, probes.c.is_held.is_(True)
    ),
    select(literal(_UPLOADER_NAME), _DIFFERENT).where(
        _OTHERS, probes.c.uploader_hmac == bindparam("uploader")
    ),
    select(probes.c.reference_id, func.count())
    .where(_OTHERS, probes.c.reference_id.in_(bindparam("references", expanding=True)))
    .group_by(probes.c.reference_id),
)
_WITHIN: Final = probes.c.asked_on >= bindparam("oldest")
_BY_REFERENCE: Final = (
    select(probes.c.tenant_id, func.count().label("questions"))
    .where(_WITHIN)
    .group_by(probes.c.tenant_id, probes.c.reference_id)
    .subquery()
)
_MOST: Final = (
    select(_BY_REFERENCE.c.tenant_id, func.max(_BY_REFERENCE.c.questions).label("most"))
    .group_by(_BY_REFERENCE.c.tenant_id)
    .subquery()
)
_HELD: Final = func.count(case((probes.c.is_held, probes.c.probe_hmac)).distinct())
_REPORT: Final = (
    select(
        probes.c.tenant_id,
        _DIFFERENT.label("questions"),
        func.count(probes.c.reference_id.distinct()).label("references"),
        _MOST.c.most,
        _HELD.label("held"),
        func.count(probes.c.uploader_hmac.distinct()).label("uploaders"),
    )
    .join(_MOST, _MOST.c.tenant_id == probes.c.tenant_id)
    .where(_WITHIN)
    .group_by(probes.c.tenant_id, _MOST.c.most)
    .order_by(_DIFFERENT.desc(), probes.c.tenant_id)
)


class SqlProbes:
    """The count of probes. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, asker: Asker, digest: bytes, reference_ids: Sequence[str], today: date) -> ProbeCounts:
        """Return the numbers of questions other than this one within the window; raise `StorageUnavailable`.

        The same statement runs for every question, so that its time does not tell whether it is near something.
        """
        asked = {
            "tenant": asker.tenant_id,
            "oldest": oldest_day(today),
            "probe": digest,
            "uploader": asker.uploader or b"",
            "references": list(reference_ids),
        }
        with self._database.read() as connection:
            counts = {row.name: row.questions for row in connection.execute(_COUNTS, asked)}
        return ProbeCounts(
            of_references={name: counts.get(name, 0) for name in reference_ids},
            of_uploader=counts[_UPLOADER_NAME],
            held=counts[_HELD_NAME],
        )

    def report(self, today: date) -> tuple[ProbingReport, ...]:
        """Return the tenants that have probes within the window, the one with the most first."""
        with self._database.read() as connection:
            rows = connection.execute(_REPORT, {"oldest": oldest_day(today)}).all()
        return tuple(
            ProbingReport(
                tenant_id=row.tenant_id,
                questions=row.questions,
                references=row.references,
                most=row.most,
                held=row.held,
                uploaders=row.uploaders,
            )
            for row in rows
        )

    def clear(self, tenant_id: str) -> int:
        """Delete all probes of a tenant, and return the number of rows."""
        with self._database.write() as connection:
            deleted = connection.execute(delete(probes).where(probes.c.tenant_id == tenant_id)).rowcount
            connection.commit()
        return deleted


def oldest_day(today: date) -> date:
    """Return the first day of the window."""
    return today - timedelta(days=WINDOW_DAYS - 1)


def write_probes(connection: Connection, asked: Sequence[tuple[str, Probe]], today: date) -> None:
    """Store probes with their tenants in an open transaction, and delete those that left the window.

    A repeated question (the same picture, uploaded by many people) counts once.
    """
    kind = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(delete(probes).where(probes.c.asked_on < oldest_day(today)))
    rows = [
        {
            "tenant_id": tenant_id,
            "reference_id": name,
            "probe_hmac": probe.digest,
            "asked_on": today,
            "uploader_hmac": probe.uploader,
            "is_held": probe.is_held,
        }
        for tenant_id, probe in asked
        for name in probe.reference_ids
    ]
    connection.execute(kind(probes).on_conflict_do_nothing(), rows)
