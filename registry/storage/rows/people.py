"""Registered people whom uploads showed as rows, to count the different ones within some days.

The counts are read with those of probes, in one statement (`registry.storage.rows.probes`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    union_all,
    update,
)

from registry.domain import Asker, PeopleCounts, PeopleReport, Told
from registry.storage.locks import lock_until_commit
from registry.storage.rows.days import oldest_day
from registry.storage.schema import face_uploads, people_told
from registry.storage.upserts import insert_into

_OF_UPLOADER: Final = "people of uploader"  # an id of a case has a prefix
_OF_TENANT: Final = "people of tenant"
_UPLOADS: Final = "uploads"

_MINE: Final = and_(
    people_told.c.tenant_id == bindparam("tenant"), people_told.c.told_on >= bindparam("oldest")
)
_OWN: Final = people_told.c.uploader_hmac == bindparam("uploader")

COUNTED_PEOPLE: Final[tuple[Select[*tuple[Any, ...]], ...]] = (
    select(
        literal(_OF_UPLOADER).label("name"), func.count().label("questions"), literal(0).label("own")
    ).where(_MINE, _OWN),
    select(literal(_OF_TENANT), func.count(people_told.c.case_id.distinct()), literal(0)).where(
        _MINE, people_told.c.is_told
    ),
    select(literal(_UPLOADS), func.coalesce(func.sum(face_uploads.c.uploads), 0), literal(0)).where(
        face_uploads.c.tenant_id == bindparam("tenant"), face_uploads.c.seen_on >= bindparam("oldest")
    ),
    select(people_told.c.case_id, func.count(), func.max(case((_OWN, 1), else_=0)))
    .where(_MINE, people_told.c.is_told, people_told.c.case_id.in_(bindparam("people", expanding=True)))
    .group_by(people_told.c.case_id),
)
"""What is counted of people: columns `name`, `questions` and `own`."""

_COUNT: Final = union_all(*COUNTED_PEOPLE)
_MOST: Final = (
    select(people_told.c.tenant_id, func.count().label("people"))
    .where(people_told.c.told_on >= bindparam("oldest"))
    .group_by(people_told.c.tenant_id, people_told.c.uploader_hmac)
    .subquery()
)
_REPORTS: Final = (
    select(people_told.c.tenant_id, func.count(people_told.c.case_id.distinct()))
    .where(people_told.c.told_on >= bindparam("oldest"), people_told.c.is_told)
    .group_by(people_told.c.tenant_id),
    select(_MOST.c.tenant_id, func.max(_MOST.c.people)).group_by(_MOST.c.tenant_id),
    select(face_uploads.c.tenant_id, func.sum(face_uploads.c.uploads))
    .where(face_uploads.c.seen_on >= bindparam("oldest"))
    .group_by(face_uploads.c.tenant_id),
)


def asked_of(asker: Asker, people: Sequence[str], today: date) -> dict[str, Any]:
    """Return the parameters of `COUNTED_PEOPLE`. Uploads without an uploader share an empty digest."""
    return {
        "tenant": asker.tenant_id,
        "oldest": oldest_day(today),
        "uploader": asker.uploader or b"",
        "people": list(people),
    }


def counts_of(rows: Iterable[Row[Any]], people: Sequence[str]) -> PeopleCounts:
    """Return the counts of rows that were read; other names are ignored."""
    by_name = {row.name: row for row in rows}
    return PeopleCounts(
        of_uploader=by_name[_OF_UPLOADER].questions,
        of_tenant=by_name[_OF_TENANT].questions,
        uploads=int(by_name[_UPLOADS].questions),
        told={
            name: Told(uploaders=by_name[name].questions, is_own=bool(by_name[name].own))
            for name in people
            if name in by_name
        },
    )


def tell_people(
    connection: Connection,
    asker: Asker,
    people: Sequence[str],
    today: date,
    is_within: Callable[[PeopleCounts], bool],
) -> PeopleCounts:
    """Count people as told in an open transaction, or as held if that is not within the budgets.

    1. Wait for other transactions that tell of people, and delete what left the window.
    2. Count with these people as told. Whoever was told to this uploader meanwhile stays told.
    3. If that is too much, keep the others as held.
    """
    lock_people(connection)  # 1.
    for table, day in ((people_told, people_told.c.told_on), (face_uploads, face_uploads.c.seen_on)):
        connection.execute(delete(table).where(day < oldest_day(today)))
    own = {"tenant_id": asker.tenant_id, "uploader_hmac": asker.uploader or b""}
    these = and_(*(people_told.c[name] == value for name, value in own.items()))
    told = set(
        connection.execute(select(people_told.c.case_id).where(these, people_told.c.is_told)).scalars()
    )
    new = [name for name in people if name not in told]
    if new:
        rows = [{"case_id": name, "told_on": today, "is_told": True, **own} for name in new]
        key = [people_told.c.tenant_id, people_told.c.case_id, people_told.c.uploader_hmac]
        added = insert_into(connection.dialect.name, people_told)
        connection.execute(added.on_conflict_do_update(index_elements=key, set_={"is_told": True}), rows)
    counts = counts_of(connection.execute(_COUNT, asked_of(asker, people, today)), people)  # 2.
    if new and not is_within(counts):  # 3.
        held = update(people_told).where(these, people_told.c.case_id.in_(new)).values(is_told=False)
        connection.execute(held)
    return counts


def lock_people(connection: Connection) -> None:
    """Wait for other transactions that change several rows of people, which would otherwise deadlock."""
    lock_until_commit(connection, b"people")


def add_uploads(connection: Connection, tenant_id: str, uploads: int, today: date) -> None:
    """Add to the number of a tenant's uploads with a face, in an open transaction."""
    added = insert_into(connection.dialect.name, face_uploads).values(
        tenant_id=tenant_id, seen_on=today, uploads=uploads
    )
    connection.execute(
        added.on_conflict_do_update(
            index_elements=[face_uploads.c.tenant_id, face_uploads.c.seen_on],
            set_={"uploads": face_uploads.c.uploads + added.excluded.uploads},
        )
    )


def reports_of_people(connection: Connection, today: date) -> Mapping[str, PeopleReport]:
    """Return what the operator sees of each tenant that has something within the window."""
    told, most, uploads = (_by_tenant(connection, query, today) for query in _REPORTS)
    return {
        name: PeopleReport(told=told.get(name, 0), most=most.get(name, 0), uploads=uploads.get(name, 0))
        for name in {*told, *most, *uploads}
    }


def clear_people(connection: Connection, tenant_id: str) -> int:
    """Delete a tenant's people in an open transaction, and return the number of rows. Its traffic stays known."""
    lock_people(connection)
    return connection.execute(delete(people_told).where(people_told.c.tenant_id == tenant_id)).rowcount


def _by_tenant(connection: Connection, query: Select[*tuple[Any, ...]], today: date) -> dict[str, int]:
    found = connection.execute(query, {"oldest": oldest_day(today)})
    return {tenant_id: int(number) for tenant_id, number in found}
