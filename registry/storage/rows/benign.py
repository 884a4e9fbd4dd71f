"""Pictures that are known to be benign, as rows."""

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from registry.domain import CODE_BYTES, BenignCodes, BenignPicture
from registry.storage.schema import benign_pictures

_ALL = select(benign_pictures).order_by(benign_pictures.c.added_at, benign_pictures.c.id)


class SqlBenignPictures:
    """SQL implementation of `registry.ports.BenignPictures`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, picture: BenignPicture) -> None:
        """Add an entry."""
        self._connection.execute(
            insert(benign_pictures).values(
                id=picture.id,
                label=picture.label,
                pdqs=picture.pdqs,
                sha256=picture.sha256,
                added_at=picture.added_at,
            )
        )

    def remove(self, picture_id: str) -> bool:
        """Remove an entry; return False if there is none with this id."""
        gone = delete(benign_pictures).where(benign_pictures.c.id == picture_id)
        return bool(self._connection.execute(gone).rowcount)

    def all(self) -> tuple[BenignPicture, ...]:
        """Return all entries, oldest first."""
        return tuple(
            BenignPicture(
                id=row.id,
                label=row.label,
                pdqs=bytes(row.pdqs),
                sha256=bytes(row.sha256),
                added_at=row.added_at,
            )
            for row in self._connection.execute(_ALL)
        )

    def codes(self) -> BenignCodes:
        """Return the codes of all entries."""
        rows = self._connection.execute(select(benign_pictures.c.pdqs, benign_pictures.c.sha256)).all()
        pdqs = np.frombuffer(b"".join(bytes(row.pdqs) for row in rows), np.uint8).reshape(-1, CODE_BYTES)
        return BenignCodes(pdqs=pdqs, digests=frozenset(bytes(row.sha256) for row in rows))
