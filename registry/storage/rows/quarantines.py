"""Quarantines of references as rows, and the states of references that follow from judging them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select, update

from index.verdict import Level, ReferenceKind
from registry.domain import Newcomer, Quarantine, QuarantineReason, ReferenceStanding, ReferenceState
from registry.storage.pages import batched
from registry.storage.rows.votes import ids_of
from registry.storage.schema import (
    active_references,
    case_links,
    cases,
    codes,
    quarantines,
    reference_votes,
    references,
)
from registry.storage.upserts import insert_into

_STANDINGS: Final = (
    select(
        references.c.id,
        references.c.case_id,
        references.c.tenant_id,
        references.c.kind,
        references.c.state,
        references.c.enrolled_at,
        cases.c.level,
        quarantines.c.cleared_at,
    )
    .join_from(references, cases, cases.c.id == references.c.case_id)
    .outerjoin(quarantines, quarantines.c.reference_id == references.c.id)
    .where(references.c.state != ReferenceState.REMOVED.value)
    .order_by(references.c.id)
)

_COUNTED: Final = (
    select(
        reference_votes.c.reference_id,
        func.count(reference_votes.c.tenant_id.distinct()).label("platforms"),
        func.sum(reference_votes.c.confirmed).label("confirmed"),
        func.sum(reference_votes.c.mistaken).label("mistaken"),
    )
    .group_by(reference_votes.c.reference_id)
    .subquery()
)

_OPEN: Final = (
    select(
        quarantines,
        references.c.case_id,
        references.c.tenant_id,
        cases.c.level,
        func.coalesce(_COUNTED.c.platforms, 0).label("platforms"),
        func.coalesce(_COUNTED.c.confirmed, 0).label("confirmed"),
        func.coalesce(_COUNTED.c.mistaken, 0).label("mistaken"),
    )
    .join_from(quarantines, references, references.c.id == quarantines.c.reference_id)
    .join(cases, cases.c.id == references.c.case_id)
    .outerjoin(_COUNTED, _COUNTED.c.reference_id == quarantines.c.reference_id)
    .where(quarantines.c.cleared_at.is_(None), references.c.state == ReferenceState.QUARANTINED.value)
    .order_by(quarantines.c.quarantined_at, quarantines.c.reference_id)
)


class SqlQuarantines:
    """SQL implementation of `registry.ports.Quarantines`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, reference_ids: Sequence[str]) -> tuple[ReferenceStanding, ...]:
        """Return those of the references that are not removed, by id, with their cases locked.

        Cases are locked in the order of their ids, as everywhere.
        """
        named: set[str] = set()
        for page in batched(sorted(reference_ids)):
            query = select(references.c.case_id).where(references.c.id.in_(page))
            named.update(self._connection.execute(query).scalars())
        locking = select(cases.c.id).order_by(cases.c.id).with_for_update(key_share=True)
        for page in batched(sorted(named)):
            self._connection.execute(locking.where(cases.c.id.in_(page))).all()
        return self.read(reference_ids)

    def read(self, reference_ids: Sequence[str]) -> tuple[ReferenceStanding, ...]:
        """Return the same without locking them."""
        found: list[ReferenceStanding] = []
        for page in batched(sorted(reference_ids)):
            rows = self._connection.execute(_STANDINGS.where(references.c.id.in_(page)))
            found.extend(
                ReferenceStanding(
                    id=row.id,
                    case_id=row.case_id,
                    tenant_id=row.tenant_id,
                    kind=ReferenceKind(row.kind),
                    level=Level(row.level),
                    state=ReferenceState(row.state),
                    enrolled_at=row.enrolled_at,
                    was_cleared=row.cleared_at is not None,
                )
                for row in rows
            )
        return tuple(found)

    def last_before(self, since: datetime) -> int:
        """Return the key of the last reference that was registered before this time; 0 if there is none."""
        query = select(references.c.key).where(references.c.enrolled_at < since)
        return self._connection.execute(query.order_by(references.c.key.desc()).limit(1)).scalar() or 0

    def newcomers(self, after: int, until: datetime, limit: int) -> tuple[Newcomer, ...]:
        """Return references after a key that were registered before a time, in their order, at most `limit`."""
        query = (
            select(
                references.c.key,
                references.c.id,
                references.c.case_id,
                references.c.tenant_id,
                references.c.kind,
                codes.c.value,
            )
            .outerjoin(codes, (codes.c.reference_key == references.c.key) & codes.c.searched)
            .where(references.c.key > after, references.c.enrolled_at < until)
            .order_by(references.c.key)
            .limit(limit)
        )
        return tuple(
            Newcomer(
                key=row.key,
                id=row.id,
                case_id=row.case_id,
                tenant_id=row.tenant_id,
                kind=ReferenceKind(row.kind),
                pdq=None if row.value is None else bytes(row.value),
            )
            for row in self._connection.execute(query)
        )

    def other_tenants(self, one: Newcomer, code_ids: Sequence[int]) -> int:
        """Return the number of other, unlinked tenants with earlier active references that have one of these codes."""
        linked = select(case_links.c.other_id).where(case_links.c.case_id == one.case_id)
        tenants: set[str] = set()
        for page in batched(code_ids):
            query = (
                select(active_references.c.tenant_id)
                .join(codes, codes.c.reference_key == active_references.c.key)
                .where(
                    codes.c.id.in_(page),
                    active_references.c.key < one.key,
                    active_references.c.tenant_id != one.tenant_id,
                    active_references.c.kind != ReferenceKind.OFFICIAL_RELEASE.value,
                    active_references.c.case_id.not_in(linked),
                )
            )
            tenants.update(self._connection.execute(query.distinct()).scalars())
        return len(tenants)

    def begin(self, reference_id: str, reason: QuarantineReason, at: datetime) -> None:
        """Note the quarantine of a reference, in place of an earlier one."""
        row = {"reason": reason.value, "quarantined_at": at, "cleared_at": None}
        added = insert_into(self._connection.dialect.name, quarantines).values(
            reference_id=reference_id, **row
        )
        self._connection.execute(
            added.on_conflict_do_update(index_elements=[quarantines.c.reference_id], set_=row)
        )

    def end(self, reference_id: str, at: datetime) -> None:
        """Note that a person cleared the quarantine."""
        self._connection.execute(
            update(quarantines).where(quarantines.c.reference_id == reference_id).values(cleared_at=at)
        )

    def open(self) -> tuple[Quarantine, ...]:
        """Return the references in quarantine, the oldest quarantine first."""
        return tuple(
            Quarantine(
                reference_id=row.reference_id,
                case_id=row.case_id,
                tenant_id=row.tenant_id,
                level=Level(row.level),
                reason=QuarantineReason(row.reason),
                quarantined_at=row.quarantined_at,
                platforms=int(row.platforms),
                confirmed=int(row.confirmed),
                mistaken=int(row.mistaken),
            )
            for row in self._connection.execute(_OPEN)
        )

    def forget_case(self, case_id: str) -> None:
        """Delete what is noted about the references of a case."""
        self._connection.execute(delete(quarantines).where(quarantines.c.reference_id.in_(ids_of(case_id))))
