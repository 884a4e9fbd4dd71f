"""What each code family's index is fed from: whole codes as their rows, windows out of their seals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sqlalchemy import Column, ColumnElement, Connection, Select, and_, func, select

from index.arrays import I64, U8
from index.search import CODE_BYTES, id_checksum
from registry.domain import Family, window_ids
from registry.ports import FeedChange, Sealing
from registry.storage.codes.sealed_windows import open_codes
from registry.storage.pages import pages
from registry.storage.schema import anchored_windows, changes, clip_frames, codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnumbered:
    """Committed changes without a position, by what the log names; PostgreSQL has some while others write.

    What stands at the last position is what the tables hold without `late` and with `gone`.
    """

    late: I64
    gone: I64

    @classmethod
    def read(cls, connection: Connection, family: Family) -> "Unnumbered":
        """Reads those of a family."""
        query = select(changes.c.code_id, changes.c.added).where(
            changes.c.position.is_(None), changes.c.family == family.value
        )
        rows = connection.execute(query).all()
        late = np.array([row.code_id for row in rows if row.added], np.int64)
        gone = np.array([row.code_id for row in rows if not row.added], np.int64)
        return cls(late=late, gone=np.setdiff1d(gone, late))


class SearchedCodes(Protocol):
    """One family's searched codes. Threads: any; the transaction is the caller's."""

    family: Family

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Returns up to `limit` changes of the family at positions in (position, until], in order."""
        ...

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Counts the codes that these changes bring or take."""
        ...

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Returns index ids and codes of all that stand at the last position."""
        ...

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Returns count and checksum of their ids; None where what is gone can no longer be counted."""
        ...


class WholeCodes:
    """PDQ of whole pictures: a row a code, and the code's id is its index id."""

    family = Family.WHOLE

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Returns changes with the code that each brings."""
        query = (
            select(changes.c.position, changes.c.code_id, codes.c.value)
            .join_from(changes, codes, and_(codes.c.id == changes.c.code_id, changes.c.added), isouter=True)
            .where(between(self.family, position, until))
            .order_by(changes.c.position)
            .limit(limit)
        )
        return [
            FeedChange(
                position=row.position,
                code_id=row.code_id,
                value=None if row.value is None else bytes(row.value),
            )
            for row in connection.execute(query)
        ]

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Counts the changes."""
        query = select(func.count()).select_from(changes).where(between(self.family, position, until))
        return int(connection.execute(query).scalar_one())

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Reads all rows."""
        query = select(codes.c.id, codes.c.value).where(codes.c.searched).order_by(codes.c.id)
        ids: list[I64] = [np.empty(0, np.int64)]
        values: list[bytes] = []
        for page in pages(connection, query):
            page_ids, page_values = zip(*page, strict=True)
            ids.append(np.array(page_ids, np.int64))
            values.append(b"".join(page_values))
        all_ids = np.concatenate(ids)
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(all_ids), CODE_BYTES)
        if not len(unnumbered.late):
            return all_ids, held
        keep = ~np.isin(all_ids, unnumbered.late)
        return all_ids[keep], held[keep]

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Reads all ids."""
        return books_of(connection, select(codes.c.id).where(codes.c.searched), unnumbered)


class SealedCodes:
    """Windows anchored in content: a sealed row for all of one picture, named in the log by the row's key."""

    def __init__(self, family: Family, key: Column[int], sealing: Sealing) -> None:
        self.family = family
        self._key = key
        self._columns = key.table.c
        self._held = self._columns.family == family.value
        self._sealing = sealing

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Returns changes with all codes that each brings."""
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
            value = None if sealed is None else open_codes(self.family, key, sealed, count, self._sealing)
            found.append(FeedChange(position=at, code_id=key, value=value, large=large or 0))
        return found

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Counts the windows that are added, and a removal as one."""
        query = (
            select(func.coalesce(func.sum(func.coalesce(self._columns.count, 1)), 0))
            .join_from(
                changes, self._key.table, and_(self._key == changes.c.code_id, self._held), isouter=True
            )
            .where(between(self.family, position, until))
        )
        return int(connection.execute(query).scalar_one())

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Opens all rows, a page at a time: some 5 us each."""
        columns = self._columns
        query = select(self._key, columns.count, columns.large_mask, columns.sealed)
        late = set(unnumbered.late.tolist())
        ids: list[I64] = [np.empty(0, np.int64)]
        values: list[bytes] = []
        for page in pages(connection, query.where(self._held).order_by(self._key)):
            standing = [row for row in page if row[0] not in late]
            ids.append(_ids([row[:3] for row in standing]))
            values += [
                open_codes(self.family, key, sealed, count, self._sealing)
                for key, count, _, sealed in standing
            ]
        all_ids = np.concatenate(ids)
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(all_ids), CODE_BYTES)
        return all_ids, held

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Counts without opening anything: which windows were gone before the last position nobody knows."""
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


class AnchoredCodes(SealedCodes):
    """Windows of registered pictures: a row a reference, named by the reference's key."""

    def __init__(self, sealing: Sealing) -> None:
        super().__init__(Family.ANCHORED, anchored_windows.c.reference_key, sealing)


class FrameCodes(SealedCodes):
    """Windows of the frames of registered clips: a row a frame, named by the frame's key."""

    def __init__(self, sealing: Sealing) -> None:
        super().__init__(Family.FRAMES, clip_frames.c.key, sealing)


def books_of(connection: Connection, query: Select[int], unnumbered: Unnumbered) -> tuple[int, int]:
    """Returns count and checksum at the last position of what the log names by its index id; `query` reads all ids."""
    read = [np.array(page, np.int64)[:, 0] for page in pages(connection, query)]
    ids: I64 = np.concatenate([np.empty(0, np.int64), *read])
    if len(unnumbered.late) or len(unnumbered.gone):
        ids = np.setdiff1d(np.union1d(ids, unnumbered.gone), unnumbered.late)
    return len(ids), id_checksum(ids)


def between(family: Family, position: int, until: int) -> ColumnElement[bool]:
    """Picks the family's changes at positions in (position, until]."""
    return and_(changes.c.family == family.value, changes.c.position > position, changes.c.position <= until)


def _ids(rows: Sequence[Sequence[int]]) -> I64:
    """Names the windows of rows of key, count and mask."""
    columns = np.array(rows, np.int64).reshape(-1, 3)
    return window_ids(columns[:, 0], columns[:, 1], columns[:, 2])
