"""The change log as writers extend it, inside the transaction of what changed."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.domain import FACES_PREFIX, Family
from registry.storage.schema import (
    UtcDateTime,
    anchored_windows,
    changes,
    clip_frames,
    code_families,
    codes,
    face_templates,
)

_COLUMNS: Final = ["position", "family", "code_id", "added", "changed_at"]


class ChangeLog:
    """Logs what one transaction adds or removes at one time; every family that is added to is noted."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at

    def add_codes(self, which: ColumnElement[bool]) -> None:
        """Logs the addition of the searched ones of these codes."""
        logged = insert(changes).from_select(_COLUMNS, self._codes(which, added=True))
        counted = {"preserve_rowcount": True}  # psycopg forgets the number with the cursor: -1, also for none
        if self._connection.execute(logged, execution_options=counted).rowcount:
            self._note(Family.WHOLE)

    def add_windows(self, which: ColumnElement[bool]) -> None:
        """Logs the addition of these pictures' windows."""
        self._connection.execute(insert(changes).from_select(_COLUMNS, self._windows(which, added=True)))
        self._note(Family.ANCHORED)

    def add_frames(self, which: ColumnElement[bool]) -> None:
        """Logs the addition of these frames' windows."""
        self._connection.execute(insert(changes).from_select(_COLUMNS, self._frames(which, added=True)))
        self._note(Family.FRAMES)

    def add_templates(self, which: ColumnElement[bool], family: Family) -> None:
        """Logs the addition of these templates, all of one family."""
        self._connection.execute(insert(changes).from_select(_COLUMNS, self._templates(which, added=True)))
        self._note(family)

    def remove_templates(self, which: ColumnElement[bool]) -> None:
        """Logs the removal of these templates."""
        self._connection.execute(insert(changes).from_select(_COLUMNS, self._templates(which, added=False)))

    def remove(
        self,
        codes_: ColumnElement[bool],
        windows: ColumnElement[bool],
        frames: ColumnElement[bool],
        templates: ColumnElement[bool],
    ) -> int | None:
        """Logs the removal of all these; returns the last entry's id, or None without any.

        The ids are those of this transaction's own entries: another's may be higher and yet be numbered before them.
        """
        last = None
        for rows in (
            self._codes(codes_, added=False),
            self._windows(windows, added=False),
            self._frames(frames, added=False),
            self._templates(templates, added=False),
        ):
            logged = insert(changes).from_select(_COLUMNS, rows).returning(changes.c.id)
            last = max(self._connection.execute(logged).scalars(), default=last)
        return last

    def _codes(self, which: ColumnElement[bool], *, added: bool) -> Select[*tuple[Any, ...]]:
        row = self._row(codes.c.id, literal(Family.WHOLE.value), added=added)
        return row.where(which, codes.c.searched).order_by(codes.c.id)

    def _windows(self, which: ColumnElement[bool], *, added: bool) -> Select[*tuple[Any, ...]]:
        return self._sealed(anchored_windows.c.reference_key, which, added=added)

    def _frames(self, which: ColumnElement[bool], *, added: bool) -> Select[*tuple[Any, ...]]:
        return self._sealed(clip_frames.c.key, which, added=added)

    def _templates(self, which: ColumnElement[bool], *, added: bool) -> Select[*tuple[Any, ...]]:
        key = face_templates.c.key
        family = literal(FACES_PREFIX) + face_templates.c.engine
        return self._row(key, family, added=added).where(which).order_by(key)

    def _sealed(
        self, key: Column[int], which: ColumnElement[bool], *, added: bool
    ) -> Select[*tuple[Any, ...]]:
        return self._row(key, key.table.c.family, added=added).where(which).order_by(key)

    def _row(
        self, named: ColumnElement[int], family: ColumnElement[str], *, added: bool
    ) -> Select[*tuple[Any, ...]]:
        position = self._position(named)
        return select(position, family, named, literal(added), literal(self._at, UtcDateTime))

    def _position(self, named: ColumnElement[int]) -> ColumnElement[int | None]:
        """Numbers at once where there is one writer at a time; elsewhere the sequencer does (`change_feed`)."""
        if self._connection.dialect.name != "sqlite":
            return literal(None)
        head = select(func.coalesce(func.max(changes.c.position), 0)).scalar_subquery()
        position: ColumnElement[int | None] = head + func.row_number().over(order_by=named)
        return position

    def _note(self, family: Family) -> None:
        name = code_families.c.name
        if self._connection.execute(select(name).where(name == family.value)).first() is not None:
            return
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        self._connection.execute(
            dialect.insert(code_families).values(name=family.value).on_conflict_do_nothing()
        )
