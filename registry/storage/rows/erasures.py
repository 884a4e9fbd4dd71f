"""Erasure receipts as rows: first what a withdrawal is about to delete, later the signed statement."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, func, select

from registry.domain import Erasure
from registry.storage.rows.cases import FORGOTTEN_AFTER
from registry.storage.schema import (
    anchored_windows,
    clip_frames,
    clips,
    codes,
    erasures,
    face_keys,
    face_photos,
    face_templates,
    index_machines,
    references,
)
from registry.storage.upserts import insert_into

_OF_REFERENCES: Final[Mapping[str, Table]] = {
    "codes": codes,
    "windows": anchored_windows,
    "clips": clips,
    "clip_frames": clip_frames,
    "face_photographs": face_photos,
}
_OF_CASES: Final[Mapping[str, Table]] = {
    "references": references,
    "face_templates": face_templates,
    "face_keys": face_keys,
}


class SqlErasures:
    """SQL implementation of `registry.ports.Erasures`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, case_id: str) -> None:
        """Remember how much is held of a case."""
        mine = select(references.c.key).where(references.c.case_id == case_id)
        counted = {
            **{name: table.c.reference_key.in_(mine) for name, table in _OF_REFERENCES.items()},
            **{name: table.c.case_id == case_id for name, table in _OF_CASES.items()},
        }
        tables = {**_OF_REFERENCES, **_OF_CASES}
        query = select(
            *(
                select(func.count()).select_from(tables[name]).where(which).scalar_subquery().label(name)
                for name, which in sorted(counted.items())
            )
        )
        held = dict(self._connection.execute(query).mappings().one())
        row = {"case_id": case_id, "counts": json.dumps(held)}
        self._connection.execute(
            insert_into(self._connection.dialect.name, erasures).values(row).on_conflict_do_nothing()
        )

    def counts(self, case_id: str) -> Mapping[str, int] | None:
        """Return what was remembered."""
        query = select(erasures.c.counts).where(erasures.c.case_id == case_id)
        held = self._connection.execute(query).scalar_one_or_none()
        if held is None:
            return None
        found: dict[str, int] = json.loads(held)
        return found

    def machines(self, now: datetime) -> tuple[Sequence[str], Sequence[str]]:
        """Return the ids of the machines with index files that are there now, and of those that are absent."""
        query = select(index_machines.c.id, func.max(index_machines.c.seen_at).label("seen_at"))
        rows = self._connection.execute(query.group_by(index_machines.c.id)).all()
        here = {row.id for row in rows if row.seen_at > now - FORGOTTEN_AFTER}
        return sorted(here), sorted({row.id for row in rows} - here)

    def add(self, erasure: Erasure) -> None:
        """Add the receipt of a case."""
        row = {
            "case_id": erasure.case_id,
            "statement": erasure.statement,
            "signature": erasure.signature,
            "entry": erasure.entry,
        }
        adding = insert_into(self._connection.dialect.name, erasures).values(row)
        self._connection.execute(adding.on_conflict_do_update(index_elements=["case_id"], set_=row))

    def get(self, case_id: str) -> Erasure | None:
        """Return the receipt of a case."""
        query = select(erasures).where(erasures.c.case_id == case_id, erasures.c.statement.is_not(None))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Erasure(
            case_id=row.case_id,
            statement=row.statement,
            signature=bytes(row.signature),
            entry=bytes(row.entry),
        )
