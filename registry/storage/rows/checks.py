"""Answered checks as rows of a database of their own."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from index.verdict import Band, Box, MatchKind, Outcome, Reason, Segment, Verdict
from registry.domain import Check, Probe
from registry.domain.claims import MatchedCheck
from registry.errors import NotFound
from registry.ports import Acknowledge
from registry.storage.database import Database
from registry.storage.pages import batched
from registry.storage.rows.acknowledgements import SqlAcknowledgements
from registry.storage.rows.people import lock_people
from registry.storage.rows.probes import Decoy, purge_probes, write_probes
from registry.storage.schema import check_tables, checks, matches, people_told, probes

DECOYS: Final = 2
"""Rows of probes that a question by codes writes at least: its own, and decoys in place of those that it has not."""

_ADD_CHECK: Final = insert(checks)
_ADD_MATCH: Final = insert(matches)
_GET: Final = select(checks).where(
    checks.c.id == bindparam("check"), checks.c.tenant_id == bindparam("tenant")
)


class SqlChecks:
    """SQL implementation of `registry.ports.Checks`. Threads: any."""

    def __init__(
        self, database: Database, acknowledge: Acknowledge | None = None, group: "_Group | None" = None
    ) -> None:
        self._database = database
        self._group = group or _Group(database)
        self._acknowledge = acknowledge
        self._acknowledgements = SqlAcknowledgements(database, check_tables.acknowledgements)

    @property
    def acknowledgements(self) -> SqlAcknowledgements:
        """The idempotent answers that are stored beside the checks."""
        return self._acknowledgements

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Return a store that also keeps the answer with each check."""
        return type(self)(self._database, acknowledge, self._group)

    def add(self, check: Check) -> None:
        """Store an answered check, with the answer if the request is idempotent."""
        if self._acknowledge is None:
            self._group.add(check)
            return
        acknowledge = self._acknowledge
        self._group.write(
            [check],
            lambda connection: self._acknowledgements.write(connection, acknowledge(check)),
        )

    def add_probe(self, tenant_id: str, probe: Probe, at: datetime) -> None:
        """Store the probe of an upload that gets no check."""
        with self._database.write() as connection:
            purge_probes(connection, at.date())
            write_probes(connection, [(tenant_id, probe)], at.date())
            connection.commit()

    def get(self, check_id: str, tenant_id: str) -> Check:
        """Return the tenant's check; raise `NotFound`."""
        with self._database.read() as connection:
            row = connection.execute(_GET, {"check": check_id, "tenant": tenant_id}).one_or_none()
            if row is None:
                raise NotFound
            query = select(matches.c.reference_id).where(matches.c.check_id == check_id)
            matched = connection.execute(query.order_by(matches.c.reference_id)).scalars().all()
        return check_of(row, tuple(matched))

    def sources(self, check_id: str) -> Mapping[str, bytes]:
        """Return the references on which a check rests, each with whose upload it was (`source_of`)."""
        query = select(matches.c.reference_id, matches.c.source).where(matches.c.check_id == check_id)
        with self._database.read() as connection:
            return {row.reference_id: bytes(row.source or b"") for row in connection.execute(query)}

    def matched(self, reference_ids: Sequence[str], most: int) -> tuple[MatchedCheck, ...]:
        """Return the newest checks of all tenants whose verdict rests on one of the references."""
        found: list[MatchedCheck] = []
        with self._database.read() as connection:
            for page in batched(reference_ids):
                query = (
                    select(matches.c.reference_id, checks.c.id, checks.c.outcome, checks.c.checked_at)
                    .join_from(matches, checks, checks.c.id == matches.c.check_id)
                    .where(matches.c.reference_id.in_(page))
                    .order_by(checks.c.checked_at.desc(), checks.c.id)
                    .limit(most)
                )
                found.extend(_matched(*row) for row in connection.execute(query))
        found.sort(key=lambda one: one.checked_at, reverse=True)
        return tuple(found[:most])

    def forget_references(self, reference_ids: Sequence[str]) -> None:
        """Remove every trace of these references from matches and probes."""
        with self._database.write() as connection:
            for batch in batched(reference_ids):
                for table in (matches, probes):
                    connection.execute(delete(table).where(table.c.reference_id.in_(batch)))
            connection.commit()

    def forget_people(self, case_ids: Sequence[str]) -> None:
        """Remove every trace of the likenesses of these cases from the budgets of people."""
        with self._database.write() as connection:
            lock_people(connection)
            for batch in batched(case_ids):
                connection.execute(delete(people_told).where(people_told.c.case_id.in_(batch)))
            connection.commit()


class _Group:
    """A group commit of checks: one thread writes the checks of all threads that wait for their turn.

    SQLite has one writer at a time, and other writers sleep for milliseconds before they try again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._waiting: deque[_Pending] = deque()
        self._purged_on: date | None = None

    def write(self, answered: Sequence[Check], beside: Callable[[Connection], None] | None = None) -> None:
        """Commit checks with their probes, and what is written `beside` them.

        The first of a day deletes the probes that left the window.
        """
        today = _day_of(answered)
        with self._database.write() as connection:
            if self._purged_on != today:
                purge_probes(connection, today)
            _write(connection, answered)
            if beside is not None:
                beside(connection)
            connection.commit()
        self._purged_on = today

    def add(self, check: Check) -> None:
        """Add a check and wait until it is committed; raise `StorageUnavailable`."""
        pending = _Pending(check=check)
        self._waiting.append(pending)
        with self._turn:
            if not pending.done:
                self._commit([self._waiting.popleft() for _ in range(len(self._waiting))])
        if pending.failure is not None:
            raise pending.failure

    def _commit(self, batch: list["_Pending"]) -> None:
        failure: BaseException | None = None
        try:
            self.write([pending.check for pending in batch])
        except BaseException as error:  # noqa: BLE001  passed to all waiting threads, including this one
            failure = error
        for pending in batch:
            pending.failure = failure
            pending.done = True


@dataclass(slots=True, kw_only=True)
class _Pending:
    check: Check
    done: bool = False
    failure: BaseException | None = None


def _write(connection: Connection, answered: Sequence[Check]) -> None:
    connection.execute(_ADD_CHECK, [_row(check) for check in answered])
    matched = [_match_row(check, name) for check in answered for name in check.reference_ids]
    if matched:
        connection.execute(_ADD_MATCH, matched)
    probed = [(check.tenant_id, check.probe) for check in answered if check.probe is not None]
    decoys = [decoy for check in answered for decoy in _decoys(check)]
    write_probes(connection, probed, _day_of(answered), decoys)


def source_of(check: Check, reference_id: str) -> bytes | None:
    """Return whose upload a check was, as 32 bytes that differ for each reference.

    It is the platform's user; where the platform names none, the upload; None for an identical file of an unnamed user.
    The digests that it is made of are keyed, and kept for seven days only (`probes`). Afterwards nobody can tell that
    matches of two references were of one user.
    """
    if check.uploader is not None:
        return hashlib.sha256(b"uploader\0" + reference_id.encode() + check.uploader).digest()
    if check.probe is not None:
        return hashlib.sha256(b"upload\0" + reference_id.encode() + check.probe.digest).digest()
    return None


def _match_row(check: Check, reference_id: str) -> dict[str, Any]:
    return {
        "check_id": check.id,
        "reference_id": reference_id,
        "source": source_of(check, reference_id),
        "tight_at": check.checked_at if check.verdict.band is Band.TIGHT else None,
    }


def _day_of(answered: Sequence[Check]) -> date:
    return max(check.checked_at for check in answered).date()


def _decoys(check: Check) -> Iterator[Decoy]:
    """Yield the decoys of a question by codes: it writes as many rows whether it is near a reference or nothing."""
    if check.is_by_codes:
        probed = 0 if check.probe is None else len(check.probe.reference_ids)
        for place in range(DECOYS - probed):
            yield Decoy(tenant_id=check.tenant_id, place=b"%d" % place, value=check.id.encode())


def _row(check: Check) -> dict[str, Any]:
    verdict = check.verdict
    return {
        "id": check.id,
        "tenant_id": check.tenant_id,
        "outcome": verdict.outcome.value,
        "band": verdict.band.value,
        "kinds": " ".join(verdict.kinds),
        "reasons": " ".join(verdict.reasons),
        "boxes": _steps(box.steps for box in verdict.boxes),
        "segments": _steps(segment.steps for segment in verdict.segments),
        "altered": _steps(box.steps for box in verdict.altered),
        "policy_version": verdict.policy_version,
        "as_of": check.as_of,
        "checked_at": check.checked_at,
    }


def check_of(row: Row[Any], matched: tuple[str, ...]) -> Check:
    """Return the check of a row."""
    return Check(
        id=row.id,
        tenant_id=row.tenant_id,
        verdict=Verdict(
            outcome=Outcome(row.outcome),
            band=Band(row.band),
            kinds=tuple(MatchKind(name) for name in row.kinds.split()),
            reasons=tuple(Reason(name) for name in row.reasons.split()),
            boxes=_boxes(row.boxes),
            segments=tuple(
                Segment.of_steps(*map(int, segment.split())) for segment in row.segments.split(";") if segment
            ),
            altered=_boxes(row.altered),
            policy_version=row.policy_version,
        ),
        as_of=row.as_of,
        checked_at=row.checked_at,
        reference_ids=matched,
    )


def _matched(reference_id: str, check_id: str, outcome: str, checked_at: datetime) -> MatchedCheck:
    return MatchedCheck(
        check_id=check_id, reference_id=reference_id, outcome=Outcome(outcome), checked_at=checked_at
    )


def _boxes(told: str) -> tuple[Box, ...]:
    return tuple(Box.of_steps(*map(int, box.split())) for box in told.split(";") if box)


def _steps(parts: Iterable[Sequence[int]]) -> str:
    return ";".join(" ".join(map(str, steps)) for steps in parts)
