"""What keeping an index in step needs from the outside, as Protocols. `registry.storage` implements them.

Errors of every port here: `StorageUnavailable` when the database is locked, full or away.
"""

from dataclasses import dataclass, field
from typing import Protocol

from index.arrays import I64, U8
from index.search import EngineStatus
from registry.domain import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """Where the change log stands.

    Attributes:
        epoch: names the database's life.
        head: the log's last position, of all families.
        families: names of all code families that the database has ever held codes of.
    """

    epoch: str
    head: int
    families: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """One entry of the change log.

    Attributes:
        code_id: a code's id, or the key of the reference or frame whose windows these are (`Family`).
        value: the codes, one behind the other; None for a removal, and for an addition erased since.
        large: `registry.domain.windows.large_mask` of windows.
    """

    position: int
    code_id: int
    value: bytes | None = field(repr=False)
    large: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Some changes of one family, and the position up to which there are no others of it."""

    changes: tuple[FeedChange, ...]
    reached: int


class ChangeFeed(Protocol):
    """The change log as the index of one family reads it. Positions are those of the whole log.

    Positions are given to committed changes only, each once, ascending, without ever being reused: who has read
    up to a position has missed nothing before it.

    Errors: `StorageUnavailable`, and `SealBroken` where windows cannot be opened.
    """

    @property
    def family(self) -> Family:
        """Whose changes these are."""
        ...

    def has_news(self) -> bool:
        """Tells cheaply whether anything may have been committed since the last call; true when unsure."""
        ...

    def state(self) -> FeedState:
        """Numbers what waits to be numbered, and tells where the log stands."""
        ...

    def after(self, position: int, until: int, limit: int) -> FeedPage:
        """Returns changes at positions in (position, until], in order, of about `limit` codes at most.

        The page's `reached` goes beyond `position` wherever the log does.
        """
        ...

    def waiting(self, position: int, until: int) -> int:
        """Counts the codes that the changes at positions in (position, until] bring or take."""
        ...

    def everything(self) -> tuple[int, I64, U8]:
        """Returns the position, and index ids int64 [n] and codes uint8 [n, row_bytes] of all searched codes at it."""
        ...

    def totals(self) -> EngineStatus:
        """Returns position, count and checksum that an index in step has."""
        ...


class IndexMachines(Protocol):
    """How far each machine has overwritten, in its files of one family, what the change log removed."""

    def erased_position(self, machine_id: str) -> int:
        """Returns the position up to which this machine has; 0 for one that is new."""
        ...

    def removed(self, after: int, until: int, limit: int) -> tuple[int, I64] | None:
        """Returns the position of a removal in (after, until], and the index ids of the family removed up to it.

        About `limit` ids at most; none where other families' codes alone were removed, which is to be told all the
        same: a case waits for all families to reach its last removal. None where nothing was removed.
        """
        ...

    def save(self, machine_id: str, position: int) -> None:
        """Writes down how far this machine has come."""
        ...
