"""The ports for the withdrawal journal: the file, and what the database remembers of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.domain import JournalLine, JournalPlace, Withdrawal


class WithdrawalJournal(Protocol):
    """The journal as a withdrawal sees it. Threads: any."""

    def add(self, withdrawal: Withdrawal) -> bool:
        """Append a withdrawal, unless it has it; return whether it is on the disk.

        It never fails: a withdrawal is not refused because of its journal. What could not be written now is added from
        the database later (`registry.usecases.cases.journaling`).
        """
        ...


class JournalFile(WithdrawalJournal, Protocol):
    """The journal as a file. Threads and processes: any."""

    def read(self) -> tuple[str, JournalPlace, Sequence[JournalLine]] | None:
        """Return the registry's id, the place after the header and all lines; None if there is no file.

        Raises:
            JournalUnfit: the file cannot be read, or is damaged.
        """
        ...

    def complete(self, withdrawals: Sequence[Withdrawal]) -> JournalPlace | None:
        """Append those that it lacks, to a new file if there is none.

        Return the place of its end, or None if it cannot be written now.
        """
        ...

    def set_aside(self) -> None:
        """Give the file another name beside it, so that a new one can begin; nothing is deleted."""
        ...


class Journals(Protocol):
    """What the database remembers of journals, as one unit of work sees it."""

    def places(self) -> Sequence[JournalPlace]:
        """Return the place up to which each journal was seen."""
        ...

    def save(self, place: JournalPlace, at: datetime) -> None:
        """Remember a place, unless a later one of the same journal is remembered."""
        ...

    def forget(self) -> None:
        """Forget all journals: the next one begins from what the database has."""
        ...
