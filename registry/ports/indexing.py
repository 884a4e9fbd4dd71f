"""Ports for keeping an index in step with the change log. `registry.storage` implements them.

Errors: `StorageUnavailable` when the database is locked, full or unreachable.
"""

from dataclasses import dataclass, field
from typing import Protocol

from index.arrays import I64, U8
from index.search import EngineStatus
from registry.domain import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """The state of the change log.

    Attributes:
        epoch: identifies the life of the database; a restored backup gets another one.
        head: last position of the log, over all families.
        families: names of all code families of which the database ever held codes.
    """

    epoch: str
    head: int
    families: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """One entry of the change log.

    Attributes:
        code_id: a code's id, or the key of the reference or key frame that the windows belong to (`Family`).
        value: the codes, concatenated; None for a removal, and for an addition that was erased since.
        large: which windows are large (`registry.domain.large_mask`); 0 for other codes.
    """

    position: int
    code_id: int
    value: bytes | None = field(repr=False)
    large: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Some changes of one family, and the position up to which they are all of its changes."""

    changes: tuple[FeedChange, ...]
    reached: int


class ChangeFeed(Protocol):
    """The change log as the index of one family reads it. Positions are those of the whole log.

    Only committed changes have positions. Positions ascend and are never reused, so a reader that has read up to a
    position has missed nothing before it.

    Errors: `StorageUnavailable`, and `SealBroken` if a sealed row does not open.
    """

    @property
    def family(self) -> Family:
        """The family whose changes are read."""
        ...

    def has_news(self) -> bool:
        """Return whether anything may have been committed since the last call. It is cheap; True when unsure."""
        ...

    def state(self) -> FeedState:
        """Give positions to committed changes that have none yet, and return the state of the log."""
        ...

    def after(self, position: int, until: int, limit: int) -> FeedPage:
        """Return changes at positions in (position, until], in order, with about `limit` codes at most.

        The page's `reached` is beyond `position` if the log is.
        """
        ...

    def waiting(self, position: int, until: int) -> int:
        """Return how many codes the changes at positions in (position, until] add or remove."""
        ...

    def everything(self) -> tuple[int, I64, U8]:
        """Return a position, and index ids int64 [n] and codes uint8 [n, row_bytes] of all searched codes at it."""
        ...

    def totals(self) -> EngineStatus:
        """Return the position, count and checksum of an index that is in step."""
        ...


class IndexMachines(Protocol):
    """How far each machine has overwritten removed codes in its index files of one family."""

    def erased_position(self, machine_id: str) -> int:
        """Return the position up to which this machine has overwritten removals; 0 for a new machine."""
        ...

    def removed(self, after: int, until: int, limit: int) -> tuple[int, I64] | None:
        """Return the position of a removal in (after, until], and the family's index ids removed up to it.

        There are about `limit` ids at most. If only codes of other families were removed there are no ids, but the
        position still counts: a case is erased once all families have reached its last removal.
        Return None if nothing was removed.
        """
        ...

    def save(self, machine_id: str, position: int) -> None:
        """Store the position up to which this machine has overwritten removals."""
        ...
