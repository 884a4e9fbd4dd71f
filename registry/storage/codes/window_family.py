"""The base of all families of anchored windows: logging, erasing, reading and confirming sealed rows."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from sqlalchemy import Column, Connection, Select, and_, delete, func, select

from index.arrays import I64, U8
from index.search import CODE_BYTES, id_checksum
from registry.domain import AnchoredCandidate, Family, window_ids
from registry.ports import FeedChange, Sealing, SearchedEngine, SubjectSealing
from registry.storage.codes.change_log import LoggedRows
from registry.storage.codes.family import Added, Writing, keys_of_case
from registry.storage.codes.sealed_windows import WindowSeal
from registry.storage.codes.searched import SearchedCodes, Unnumbered, between
from registry.storage.pages import batched, pages
from registry.storage.schema import changes

C = TypeVar("C", bound=AnchoredCandidate)
"""The candidates of a family: pictures or key frames."""


class WindowFamily(ABC, Generic[C]):
    """Implementation of `registry.storage.codes.family.CodeFamily` for sealed rows with a `reference_key`.

    A new family of windows defines how its rows are made, and how a row becomes a candidate.
    """

    def __init__(self, seal: WindowSeal, *, key: Column[int], confirming: Select[Any]) -> None:
        """Store the parts in which families differ.

        Args:
            seal: seals and opens the rows.
            key: the column by which log and index name a row.
            confirming: the query of rows of active cases, with the parameters `keys` and `family`.
        """
        self.seal = seal
        self.confirming = (confirming,)
        self.logged = LoggedRows(key=key, family=key.table.c.family)

    @property
    def family(self) -> Family:
        """The family."""
        return self.seal.family

    @abstractmethod
    def add(self, writing: Writing, added: Added) -> None:
        """Store the family's rows of new references, and log them."""

    @abstractmethod
    def candidate(self, row: Any, sealing: Sealing) -> C:
        """Return the candidate of a row that was read; raise `SealBroken`."""

    def log(self, writing: Writing, added: Added) -> None:
        """Log the rows of new references."""
        which = self.logged.key.table.c.reference_key.in_(added.keys)
        writing.log.add(self.logged, which, self.family)

    def erase(self, writing: Writing, case_id: str) -> None:
        """Log the removal of a case's rows, and delete them."""
        table = self.logged.key.table
        which = table.c.reference_key.in_(keys_of_case(case_id))
        writing.log.remove(self.logged, which)
        writing.connection.execute(delete(table).where(which))

    def read(self, connection: Connection, keys: Sequence[int]) -> list[Any]:
        """Return the rows with these keys whose cases are active."""
        (query,) = self.confirming
        rows: list[Any] = []
        for page in batched(keys):
            rows += connection.execute(query, {"keys": page, "family": self.family.value}).all()
        return rows

    def searched(
        self,
        sealing: SubjectSealing,
        engines: Sequence[SearchedEngine],  # noqa: ARG002 - windows are not faces
    ) -> tuple[SearchedCodes, ...]:
        """Return the source of the index."""
        return (SearchedWindows(self.seal, self.logged.key, sealing),)


class SearchedWindows:
    """The source of the index of a family of windows. The log names all windows of a sealed row by the row's key."""

    def __init__(self, seal: WindowSeal, key: Column[int], sealing: Sealing) -> None:
        self.family = seal.family
        self._seal = seal
        self._key = key
        self._columns = key.table.c
        self._held = self._columns.family == seal.family.value
        self._sealing = sealing

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Return changes, additions with all their codes."""
        query = (
            select(
                changes.c.position,
                changes.c.code_id,
                self._columns.count,
                self._columns.large_mask,
                self._columns.sealed,
            )
            .join_from(
                changes,
                self._key.table,
                and_(self._key == changes.c.code_id, self._held, changes.c.added),
                isouter=True,
            )
            .where(between(self.family, position, until))
            .order_by(changes.c.position)
            .limit(limit)
        )
        found = []
        for at, key, count, large, sealed in connection.execute(query):
            value = None if sealed is None else self._seal.open_codes(key, sealed, count, self._sealing)
            found.append(FeedChange(position=at, code_id=key, value=value, large=large or 0))
        return found

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Return the number of added windows, plus one for each removal."""
        query = (
            select(func.coalesce(func.sum(func.coalesce(self._columns.count, 1)), 0))
            .join_from(
                changes, self._key.table, and_(self._key == changes.c.code_id, self._held), isouter=True
            )
            .where(between(self.family, position, until))
        )
        return int(connection.execute(query).scalar_one())

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Open all rows, page by page, at about 5 µs each."""
        columns = self._columns
        query = select(self._key, columns.count, columns.large_mask, columns.sealed)
        late = set(unnumbered.late.tolist())
        ids: list[I64] = [np.empty(0, np.int64)]
        values: list[bytes] = []
        for page in pages(connection, query.where(self._held).order_by(self._key)):
            standing = [row for row in page if row[0] not in late]
            ids.append(_ids([row[:3] for row in standing]))
            values += [
                self._seal.open_codes(key, sealed, count, self._sealing) for key, count, _, sealed in standing
            ]
        all_ids = np.concatenate(ids)
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(all_ids), CODE_BYTES)
        return all_ids, held

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Count from the columns in the clear. Deleted rows whose removal has no position yet cannot be counted."""
        if len(unnumbered.gone):
            return None
        query = select(self._key, self._columns.count, self._columns.large_mask).where(self._held)
        late = set(unnumbered.late.tolist())
        size, checksum = 0, 0
        for page in pages(connection, query):
            ids = _ids([row for row in page if row[0] not in late])
            size += len(ids)
            checksum += id_checksum(ids)
        return size, checksum % (1 << 64)


def _ids(rows: Sequence[Sequence[int]]) -> I64:
    """Return the index ids of the windows of rows that hold key, count and mask of large windows."""
    columns = np.array(rows, np.int64).reshape(-1, 3)
    return window_ids(columns[:, 0], columns[:, 1], columns[:, 2])
