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
        epoch: id of the database's life; a restored backup gets a new one.
        head: last position of the log, over all families.
        families: names of all code families whose codes the database holds or once held.
    """

    epoch: str
    head: int
    families: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """One entry of the change log.

    Attributes:
        code_id: a code's id, or the key of the reference or key frame that the windows belong to (`Family`).
        value: the codes, concatenated; None for a removal, and for an addition that was erased later.
        large: which windows are large (`registry.domain.large_mask`); 0 for other codes.
    """

    position: int
    code_id: int
    value: bytes | None = field(repr=False)
    large: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Some changes of one family, complete up to the position `reached`."""

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
        """Number the committed changes that have no position yet, and return the state of the log."""
        ...

    def after(self, position: int, until: int, limit: int) -> FeedPage:
        """Return changes at positions in (position, until], in order, with about `limit` codes at most.

        The page's `reached` is greater than `position` if the log continues after it.
        """
        ...

    def waiting(self, position: int, until: int) -> int:
        """Return how many codes the changes at positions in (position, until] add or remove."""
        ...

    def everything(self) -> tuple[int, I64, U8]:
        """Return a position and all searched codes at it: index ids, int64 [n], and codes, uint8 [n, row_bytes]."""
        ...

    def totals(self) -> EngineStatus:
        """Return the position, count and checksum that an index in step with the log must have."""
        ...


class IndexMachines(Protocol):
    """Positions up to which each machine has overwritten removed codes in its index files of one family."""

    def erased_position(self, machine_id: str) -> int:
        """Return the position up to which this machine has overwritten removals; 0 for a new machine."""
        ...

    def removed(self, after: int, until: int, limit: int) -> tuple[int, I64] | None:
        """Return the position of a removal in (after, until], and the family's index ids removed up to it.

        About `limit` ids are returned at most. If only codes of other families were removed, there are no ids. The
        position still counts, because a case is erased once all families have reached its last removal.
        Return None if nothing was removed.
        """
        ...

    def save(self, machine_id: str, position: int) -> None:
        """Store the position up to which this machine has overwritten removals."""
        ...
