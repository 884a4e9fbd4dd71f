"""Questions near registered references as rows, to count the different ones within some days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Executable,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    union_all,
)

from registry.domain import Asker, PeopleCounts, PeopleReport, Probe, ProbeCounts, ProbingReport
from registry.storage.database import Database
from registry.storage.rows.days import oldest_day
from registry.storage.rows.people import (
    COUNTED_PEOPLE,
    add_uploads,
    asked_of,
    clear_people,
    counts_of,
    reports_of_people,
    tell_people,
)
from registry.storage.schema import explanations, probes
from registry.storage.upserts import insert_into

DECOY: Final = ""
"""In place of a reference's id, in rows that count for nothing."""

_KEY: Final = ("tenant_id", "reference_id", "probe_hmac")

_OTHERS: Final = and_(
    probes.c.tenant_id == bindparam("tenant"),
    probes.c.asked_on >= bindparam("oldest"),
    probes.c.probe_hmac != bindparam("probe"),
)
_DIFFERENT: Final = func.count(probes.c.probe_hmac.distinct())
_HELD_NAME: Final = "held"
_UPLOADER_NAME: Final = "uploader"  # an id of a reference has a prefix
_ONE_NAME: Final = "one"
_COUNTED_PROBES: Final[tuple[Select[*tuple[Any, ...]], ...]] = (
    select(literal(_HELD_NAME).label("name"), _DIFFERENT.label("questions"), literal(0).label("own")).where(
        _OTHERS, probes.c.is_held.is_(True)
    ),
    select(literal(_UPLOADER_NAME), _DIFFERENT, literal(0)).where(
        _OTHERS, probes.c.uploader_hmac == bindparam("uploader")
    ),
    select(probes.c.reference_id, func.count(), literal(0))
    .where(_OTHERS, probes.c.reference_id.in_(bindparam("references", expanding=True)))
    .group_by(probes.c.reference_id),
)
# Most uploads are near one reference or none: this takes two thirds of the time of a list.
_COUNTS_OF_ONE: Final = union_all(
    *_COUNTED_PROBES[:2],
    select(literal(_ONE_NAME), func.count(), literal(0)).where(
        _OTHERS, probes.c.reference_id == bindparam("reference")
    ),
)
_COUNTS: Final = union_all(*_COUNTED_PROBES)
_COUNTS_WITH_PEOPLE: Final = union_all(*_COUNTED_PROBES, *COUNTED_PEOPLE)
_WITHIN: Final = and_(probes.c.asked_on >= bindparam("oldest"), probes.c.reference_id != DECOY)
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
_EXPLAINED: Final = (
    select(explanations.c.tenant_id, func.count().label("explained"))
    .where(explanations.c.explained_on >= bindparam("oldest"))
    .group_by(explanations.c.tenant_id)
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoy:
    """A row that is written in place of a probe, so that a question near nothing takes as long as one that is near.

    Attributes:
        tenant_id: the tenant that asks.
        place: number of the decoy. A tenant has one row for each, which is written anew by each question.
        value: another value for each question, so that the row changes.
    """

    tenant_id: str
    place: bytes
    value: bytes


class SqlProbes:
    """The count of probes. Threads: any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(
        self,
        asker: Asker,
        digest: bytes,
        reference_ids: Sequence[str],
        people: Sequence[str] | None,
        today: date,
    ) -> ProbeCounts:
        """Return the numbers of questions other than this one, and of people; raise `StorageUnavailable`.

        The same statement runs for every question, so that its time does not tell whether it is near something; and
        another one for every question that may show people, so that other questions cost no more for them.

        Args:
            asker: the platform that asks, and the user for whom it does.
            digest: the digest under which the question is counted.
            reference_ids: the references that it is near.
            people: the people whom it shows; None if it cannot show any.
            today: the last day of the window.
        """
        named = list(reference_ids) or [DECOY]
        query, asked = _counting(named, is_with_people=people is not None)
        asked |= {**asked_of(asker, people or (), today), "probe": digest}
        with self._database.read() as connection:
            rows = connection.execute(query, asked).all()
        counts = {named[0] if row.name == _ONE_NAME else row.name: row.questions for row in rows}
        return ProbeCounts(
            of_references={name: counts.get(name, 0) for name in reference_ids},
            of_uploader=counts[_UPLOADER_NAME],
            held=counts[_HELD_NAME],
            people=PeopleCounts() if people is None else counts_of(rows, people),
        )

    def tell(
        self, asker: Asker, people: Sequence[str], today: date, is_within: Callable[[PeopleCounts], bool]
    ) -> PeopleCounts:
        """Count people as told if that is within the budgets, and return the counts; raise `StorageUnavailable`."""
        with self._database.write() as connection:
            counts = tell_people(connection, asker, people, today, is_within)
            connection.commit()
        return counts

    def add_uploads(self, tenant_id: str, uploads: int, today: date) -> None:
        """Add to the number of a tenant's uploads with a comparable face; raise `StorageUnavailable`."""
        with self._database.write() as connection:
            add_uploads(connection, tenant_id, uploads, today)
            connection.commit()

    def report(self, today: date) -> tuple[ProbingReport, ...]:
        """Return the tenants that have probes, people or explanations within the window, most probes first."""
        with self._database.read() as connection:
            rows = connection.execute(_REPORT, {"oldest": oldest_day(today)}).all()
            people = reports_of_people(connection, today)
            read = connection.execute(_EXPLAINED, {"oldest": oldest_day(today)}).all()
        explained = {row.tenant_id: row.explained for row in read}
        asked = [
            ProbingReport(
                tenant_id=row.tenant_id,
                questions=row.questions,
                references=row.references,
                most=row.most,
                held=row.held,
                uploaders=row.uploaders,
                people=people.get(row.tenant_id, PeopleReport()),
                explained=explained.get(row.tenant_id, 0),
            )
            for row in rows
        ]
        others = sorted((people.keys() | explained.keys()) - {one.tenant_id for one in asked})
        return (
            *asked,
            *(
                ProbingReport(
                    tenant_id=name,
                    people=people.get(name, PeopleReport()),
                    explained=explained.get(name, 0),
                )
                for name in others
            ),
        )

    def clear(self, tenant_id: str) -> int:
        """Delete all probes, people and explanations of a tenant, and return the number of rows."""
        with self._database.write() as connection:
            deleted = sum(
                connection.execute(delete(table).where(table.c.tenant_id == tenant_id)).rowcount
                for table in (probes, explanations)
            )
            deleted += clear_people(connection, tenant_id)
            connection.commit()
        return deleted


def write_probes(
    connection: Connection, asked: Sequence[tuple[str, Probe]], today: date, decoys: Sequence[Decoy] = ()
) -> None:
    """Store probes with their tenants in an open transaction, and decoys, which count for nothing.

    A repeated question (the same picture, uploaded by many people) counts once. Its row is written again as it is, so
    that the time does not tell a repeated question from a first one. All transactions write in the order of the keys,
    so that two of them never wait for each other.
    """
    rows = [
        _row(tenant_id, name, probe.digest, today, uploader=probe.uploader, is_held=probe.is_held)
        for tenant_id, probe in asked
        for name in probe.reference_ids
    ]
    rows += [_row(one.tenant_id, DECOY, one.place, today, uploader=one.value) for one in decoys]
    if rows:
        rows.sort(key=itemgetter(*_KEY))
        connection.execute(_adding(connection.dialect.name), rows)


@cache  # making it takes as long as running it
def _adding(dialect: str) -> Executable:
    adding = insert_into(dialect, probes)
    is_decoy = probes.c.reference_id == DECOY
    again = {"uploader_hmac": case((is_decoy, adding.excluded.uploader_hmac), else_=probes.c.uploader_hmac)}
    return adding.on_conflict_do_update(index_elements=_KEY, set_=again)


def _counting(reference_ids: list[str], *, is_with_people: bool) -> tuple[Executable, dict[str, Any]]:
    """Return the statement that counts, with its parameters for the references."""
    if is_with_people:
        return _COUNTS_WITH_PEOPLE, {"references": reference_ids}
    if len(reference_ids) == 1:
        return _COUNTS_OF_ONE, {"reference": reference_ids[0]}
    return _COUNTS, {"references": reference_ids}


def purge_probes(connection: Connection, today: date) -> None:
    """Delete the probes that left the window, in an open transaction."""
    connection.execute(delete(probes).where(probes.c.asked_on < oldest_day(today)))


def _row(
    tenant_id: str,
    reference_id: str,
    digest: bytes,
    today: date,
    *,
    uploader: bytes | None = None,
    is_held: bool = False,
) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "reference_id": reference_id,
        "probe_hmac": digest,
        "asked_on": today,
        "uploader_hmac": uploader,
        "is_held": is_held,
    }
