"""Checkpoints of the ledger and the tiles of its tree, as rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, tuple_

from registry.domain import Checkpoint, TilePlace
from registry.storage.pages import MAX_NAMES
from registry.storage.schema import ledger_checkpoints, ledger_tiles


class SqlCheckpoints:
    """SQL implementation of `registry.ports.Checkpoints`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> Checkpoint | None:
        """Return the checkpoint that covers most entries."""
        query = select(ledger_checkpoints).order_by(ledger_checkpoints.c.size.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _checkpoint(row)

    def after(self, size: int = 0) -> Iterator[Checkpoint]:
        """Yield the checkpoints of more than `size` entries, the smallest first."""
        query = select(ledger_checkpoints).where(ledger_checkpoints.c.size > size)
        for row in self._connection.execute(query.order_by(ledger_checkpoints.c.size)):
            yield _checkpoint(row)

    def tile(self, place: TilePlace) -> bytes:
        """Return the bytes of a tile."""
        query = select(ledger_tiles.c.hashes).where(
            ledger_tiles.c.level == place.level, ledger_tiles.c.position == place.position
        )
        return bytes(self._connection.execute(query).scalar_one_or_none() or b"")

    def tiles(self) -> Mapping[TilePlace, bytes]:
        """Return all tiles."""
        rows = self._connection.execute(select(ledger_tiles))
        return {TilePlace(row.level, row.position): bytes(row.hashes) for row in rows}

    def add(self, checkpoint: Checkpoint, tiles: Mapping[TilePlace, bytes]) -> None:
        """Add a checkpoint, and write the tiles that changed."""
        self._connection.execute(
            insert(ledger_checkpoints).values(
                size=checkpoint.size, root=checkpoint.root, at=checkpoint.at, signature=checkpoint.signature
            )
        )
        places = list(tiles)
        for start in range(0, len(places), MAX_NAMES // 2):
            page = places[start : start + MAX_NAMES // 2]
            self._connection.execute(
                delete(ledger_tiles).where(tuple_(ledger_tiles.c.level, ledger_tiles.c.position).in_(page))
            )
            self._connection.execute(
                insert(ledger_tiles),
                [
                    {"level": place.level, "position": place.position, "hashes": tiles[place]}
                    for place in page
                ],
            )


def _checkpoint(row: Row[Any]) -> Checkpoint:
    return Checkpoint(size=row.size, root=bytes(row.root), at=row.at, signature=bytes(row.signature))
