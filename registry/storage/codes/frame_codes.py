"""Whole codes of key frames: the source of their index. The rows are those of `key_frames`, where the PDQ is sealed.

The change log names a code by its key frame's key, which is also its index id. Key frames that show too little are not
searched, because black frames and title cards would match each other.
"""

from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, and_, literal, select

from index.arrays import I64, U8
from index.search import CODE_BYTES
from registry.domain import Family
from registry.ports import FeedChange, Sealing
from registry.storage.codes.change_log import LoggedRows
from registry.storage.codes.sealed_windows import WindowSeal
from registry.storage.codes.searched import Unnumbered, between, books_of, count_changes
from registry.storage.pages import pages
from registry.storage.schema import changes, clip_frames

SEARCHED_QUALITY: Final = 50
"""PDQ quality, 0 to 100, from which a key frame is searched by its whole code; `index.verdict.MIN_QUALITY` when the
family was made. It is part of the family: another minimum selects other rows than the change log names."""

_IS_SEARCHED: Final = and_(
    clip_frames.c.family == Family.FRAMES.value, clip_frames.c.quality >= SEARCHED_QUALITY
)

LOGGED_FRAME_CODES: Final = LoggedRows(
    key=clip_frames.c.key, family=literal(Family.FRAME_WHOLE.value), only=_IS_SEARCHED
)


class SearchedFrameCodes:
    """The source of the index of whole codes of key frames. One row is one code, and its key is the index id."""

    family = Family.FRAME_WHOLE

    def __init__(self, seal: WindowSeal, sealing: Sealing) -> None:
        """Take the seal of the rows, and the encryption."""
        self._seal = seal
        self._sealing = sealing

    def after(self, connection: Connection, position: int, until: int, limit: int) -> list[FeedChange]:
        """Return changes, additions with their code."""
        stands = and_(clip_frames.c.key == changes.c.code_id, _IS_SEARCHED, changes.c.added)
        query = (
            select(changes.c.position, changes.c.code_id, clip_frames.c.sealed)
            .join_from(changes, clip_frames, stands, isouter=True)
            .where(between(self.family, position, until))
            .order_by(changes.c.position)
            .limit(limit)
        )
        return [
            FeedChange(position=at, code_id=key, value=None if sealed is None else self._opened(key, sealed))
            for at, key, sealed in connection.execute(query)
        ]

    def waiting(self, connection: Connection, position: int, until: int) -> int:
        """Return the number of changes."""
        return count_changes(connection, self.family, position, until)

    def everything(self, connection: Connection, unnumbered: Unnumbered) -> tuple[I64, U8]:
        """Open all rows, page by page, at about 5 µs each."""
        query = (
            select(clip_frames.c.key, clip_frames.c.sealed).where(_IS_SEARCHED).order_by(clip_frames.c.key)
        )
        late = set(unnumbered.late.tolist())
        ids: list[int] = []
        values: list[bytes] = []
        for page in pages(connection, query):
            standing = [row for row in page if row[0] not in late]
            ids += [row[0] for row in standing]
            values += [self._opened(*row) for row in standing]
        held: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(ids), CODE_BYTES)
        return np.array(ids, np.int64), held

    def books(self, connection: Connection, unnumbered: Unnumbered) -> tuple[int, int] | None:
        """Read all ids. Nothing is opened."""
        return books_of(connection, select(clip_frames.c.key).where(_IS_SEARCHED), unnumbered)

    def _opened(self, key: int, sealed: Any) -> bytes:
        """Return the PDQ of a row, with which its sealed whole codes begin; raise `SealBroken`."""
        return self._seal.open_whole(key, sealed, self._sealing)[:CODE_BYTES]
