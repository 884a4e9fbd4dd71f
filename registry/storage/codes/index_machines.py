"""The positions up to which each machine has erased its index files of a family, as rows."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
from sqlalchemy import select

from index.arrays import I64
from registry.domain import Family, removed_ids
from registry.storage.database import Database
from registry.storage.schema import changes, index_machines
from registry.storage.upserts import insert_into


class SqlIndexMachines:
    """SQL implementation of `registry.ports.indexing.IndexMachines` for one family. Threads: any."""

    def __init__(self, database: Database, family: Family, now: Callable[[], datetime]) -> None:
        self._database = database
        self._family = family
        self._now = now

    def erased_position(self, machine_id: str) -> int:
        """Return the position up to which this machine has overwritten removals; 0 for a new machine."""
        query = select(index_machines.c.erased_position).where(
            index_machines.c.id == machine_id, index_machines.c.family == self._family.value
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def removed(self, after: int, until: int, limit: int) -> tuple[int, I64] | None:
        """Return the position of a removal in (after, until], and the family's index ids removed up to it."""
        query = (
            select(changes.c.position, changes.c.family, changes.c.code_id)
            .where(changes.c.position > after, changes.c.position <= until, ~changes.c.added)
            .order_by(changes.c.position)
            .limit(max(1, limit // self._family.most_codes))
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        mine = np.array([row.code_id for row in rows if row.family == self._family.value], np.int64)
        return rows[-1].position, removed_ids(self._family, mine)

    def save(self, machine_id: str, position: int) -> None:
        """Store the position up to which this machine has overwritten removals."""
        row = {
            "id": machine_id,
            "family": self._family.value,
            "erased_position": position,
            "seen_at": self._now(),
        }
        with self._database.write() as connection:
            adding = insert_into(connection.dialect.name, index_machines).values(row)
            connection.execute(adding.on_conflict_do_update(index_elements=["id", "family"], set_=row))
            connection.commit()
