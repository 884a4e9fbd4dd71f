"""Takedown requests as rows. Contents are sealed by a key of their case, which the withdrawal deletes."""

import json
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from registry.domain.takedowns import (
    ENDED,
    RUNNING,
    UNDECIDED,
    Language,
    Takedown,
    TakedownContent,
    TakedownEvent,
    TakedownMove,
    TakedownReason,
    TakedownState,
)
from registry.errors import NotFound
from registry.ports import Sealing, SubjectSealing, TakedownPage
from registry.storage.locks import lock_until_commit
from registry.storage.schema import takedown_contents, takedown_events, takedown_keys, takedowns

_FIELDS: Final = tuple(field.name for field in fields(Takedown))
_MOVE_FIELDS: Final = tuple(field.name for field in fields(TakedownMove))


class SqlTakedowns:
    """SQL implementation of `registry.ports.Takedowns`."""

    def __init__(self, connection: Connection, sealing: SubjectSealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, takedown: Takedown, content: TakedownContent) -> None:
        """Add a new request, with its sealed content."""
        self._connection.execute(insert(takedowns).values(_columns(takedown)))
        self._connection.execute(
            insert(takedown_contents).values(
                takedown_id=takedown.id, case_id=takedown.case_id, sealed=self._sealed(takedown, content)
            )
        )

    def get(self, takedown_id: str, *, for_update: bool = False) -> Takedown:
        """Return a request; raise `NotFound`."""
        query = select(takedowns).where(takedowns.c.id == takedown_id)
        row = self._connection.execute(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise NotFound
        return _takedown(row)

    def save(self, takedown: Takedown) -> None:
        """Write the state and the times of an existing request."""
        self._connection.execute(
            update(takedowns).where(takedowns.c.id == takedown.id).values(_columns(takedown))
        )

    def content(self, takedown: Takedown) -> TakedownContent | None:
        """Return the content of a request; None if it was erased."""
        query = select(takedown_contents.c.sealed).where(takedown_contents.c.takedown_id == takedown.id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        key = self._key(takedown.case_id)
        if sealed is None or key is None:
            return None
        found = json.loads(key.unseal(bytes(sealed), _context(takedown)))
        return TakedownContent(target=found["target"], elements=found["elements"])

    def rewrite(self, takedown: Takedown, content: TakedownContent) -> None:
        """Replace the content of a request."""
        self._connection.execute(
            update(takedown_contents)
            .where(takedown_contents.c.takedown_id == takedown.id)
            .values(sealed=self._sealed(takedown, content))
        )

    def record(self, moves: Sequence[TakedownMove]) -> None:
        """Add events."""
        if moves:
            self._connection.execute(
                insert(takedown_events),
                [{name: getattr(move, name) for name in _MOVE_FIELDS} for move in moves],
            )

    def events(self, takedown_id: str) -> tuple[TakedownMove, ...]:
        """Return the events of a request, oldest first."""
        query = select(takedown_events).where(takedown_events.c.takedown_id == takedown_id)
        return tuple(
            TakedownMove(
                takedown_id=row.takedown_id,
                number=row.number,
                event=TakedownEvent(row.event),
                reason=TakedownReason(row.reason),
                state=TakedownState(row.state),
                at=row.at,
                tenant_id=row.tenant_id,
                credential_id=row.credential_id,
            )
            for row in self._connection.execute(query.order_by(takedown_events.c.number))
        )

    def of_case(self, case_id: str) -> tuple[Takedown, ...]:
        """Return all requests of a case, in the order of their opening."""
        query = select(takedowns).where(takedowns.c.case_id == case_id)
        found = self._connection.execute(query.order_by(takedowns.c.opened_at, takedowns.c.id))
        return tuple(_takedown(row) for row in found)

    def open_of_case(self, case_id: str, profile: str | None) -> tuple[Takedown, ...]:
        """Return the requests of a case that have not ended, locked."""
        query = select(takedowns).where(
            takedowns.c.case_id == case_id, takedowns.c.state.not_in([state.value for state in ENDED])
        )
        if profile is not None:
            query = query.where(takedowns.c.profile == profile)
        found = self._connection.execute(query.order_by(takedowns.c.id).with_for_update())
        return tuple(_takedown(row) for row in found)

    def page(self, wanted: TakedownPage) -> tuple[Takedown, ...]:
        """Return a page of requests."""
        query = select(takedowns).where(
            or_(
                takedowns.c.tenant_id == wanted.tenant_id,
                and_(takedowns.c.platform_id == wanted.tenant_id, takedowns.c.sent_at.is_not(None)),
            )
        )
        order = takedowns.c.opened_at if wanted.due_before is None else takedowns.c.due_at
        if wanted.due_before is not None:
            query = query.where(takedowns.c.due_at < wanted.due_before, _in(UNDECIDED))
        if wanted.states:
            query = query.where(_in(wanted.states))
        if wanted.after is not None:
            last = select(order, takedowns.c.id).where(takedowns.c.id == wanted.after)
            query = query.where(tuple_(order, takedowns.c.id) > last.scalar_subquery())
        query = query.order_by(order, takedowns.c.id).limit(wanted.limit)
        return tuple(_takedown(row) for row in self._connection.execute(query))

    def due(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return ids of requests whose deadline or temporary block is over."""
        missed = and_(_in(RUNNING), takedowns.c.paused_at.is_(None), takedowns.c.due_at < now)
        over = and_(_in([TakedownState.TEMP_BLOCKED]), takedowns.c.block_ends_at < now)
        query = select(takedowns.c.id).where(or_(missed, over))
        return tuple(self._connection.execute(query.order_by(takedowns.c.due_at).limit(limit)).scalars())

    def idle(self, profile: str, before: datetime, limit: int) -> tuple[str, ...]:
        """Return ids of requests of a profile with content that wait for no decision and had no event since a time."""
        query = select(takedowns.c.id).where(
            takedowns.c.profile == profile,
            takedowns.c.changed_at < before,
            takedowns.c.erased_at.is_(None),
            not_(_in(UNDECIDED)),
        )
        return tuple(self._connection.execute(query.order_by(takedowns.c.changed_at).limit(limit)).scalars())

    def erase_content(self, takedown_id: str) -> None:
        """Delete the content of a request."""
        self._connection.execute(
            delete(takedown_contents).where(takedown_contents.c.takedown_id == takedown_id)
        )

    def erase_case(self, case_id: str, now: datetime) -> None:
        """Delete the contents of all requests of a case and the key that sealed them."""
        self._connection.execute(delete(takedown_keys).where(takedown_keys.c.case_id == case_id))
        self._connection.execute(delete(takedown_contents).where(takedown_contents.c.case_id == case_id))
        self._connection.execute(
            update(takedowns)
            .where(takedowns.c.case_id == case_id, takedowns.c.erased_at.is_(None))
            .values(erased_at=now)
        )

    def opened_since(self, tenant_id: str, credential_id: str, since: datetime) -> tuple[int, int]:
        """Return how many requests a tenant, and one of its keys, opened since a time."""
        lock_until_commit(self._connection, b"takedowns", tenant_id.encode("ascii"))
        count = select(func.count()).select_from(takedowns).where(takedowns.c.opened_at >= since)
        of_tenant = count.where(takedowns.c.tenant_id == tenant_id)
        of_key = count.where(takedowns.c.opened_by == credential_id)
        return (
            self._connection.execute(of_tenant).scalar_one(),
            self._connection.execute(of_key).scalar_one(),
        )

    def _sealed(self, takedown: Takedown, content: TakedownContent) -> bytes:
        key = self._key(takedown.case_id) or self._new_key(takedown.case_id)
        text = json.dumps({"target": content.target, "elements": dict(content.elements)})
        return key.seal(text.encode("ascii"), _context(takedown))

    def _key(self, case_id: str) -> Sealing | None:
        query = select(takedown_keys.c.sealed_key).where(takedown_keys.c.case_id == case_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return None if sealed is None else self._sealing.open_key(bytes(sealed), _key_context(case_id))

    def _new_key(self, case_id: str) -> Sealing:
        sealed = self._sealing.make_key(_key_context(case_id))
        self._connection.execute(insert(takedown_keys).values(case_id=case_id, sealed_key=sealed))
        return self._sealing.open_key(sealed, _key_context(case_id))


def _in(states: Collection[TakedownState]) -> ColumnElement[bool]:
    return takedowns.c.state.in_([state.value for state in states])


def _key_context(case_id: str) -> bytes:
    return b"takedown key|" + case_id.encode("ascii")


def _context(takedown: Takedown) -> bytes:
    return f"takedown content|{takedown.case_id}|{takedown.id}".encode("ascii")


def _columns(takedown: Takedown) -> dict[str, Any]:
    return {name: getattr(takedown, name) for name in _FIELDS}


def _takedown(row: Row[Any]) -> Takedown:
    found = {name: getattr(row, name) for name in _FIELDS}
    return Takedown(**{**found, "language": Language(row.language), "state": TakedownState(row.state)})
