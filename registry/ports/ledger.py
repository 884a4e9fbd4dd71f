"""The port for the ledger. `registry.storage` implements it."""

from collections.abc import Iterable
from typing import Protocol

from registry.domain import Act, LedgerEntry


class Ledger(Protocol):
    """The ledger: appended at its end, read from its start."""

    def append(self, act: Act) -> LedgerEntry:
        """Append an act. The entry counts once the unit of work is committed.

        Call it last in a unit of work: from here to the commit other appends wait.
        """
        ...

    def entries(self) -> Iterable[LedgerEntry]:
        """Yield all entries in order."""
        ...
