"""The port for pictures that are known to be benign. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from typing import Protocol

from registry.domain import BenignCodes, BenignPicture


class BenignPictures(Protocol):
    """The operator's list of benign pictures, as one unit of work sees it."""

    def add(self, picture: BenignPicture) -> None:
        """Add an entry."""
        ...

    def remove(self, picture_id: str) -> bool:
        """Remove an entry; return False if there is none with this id."""
        ...

    def all(self) -> tuple[BenignPicture, ...]:
        """Return all entries, oldest first."""
        ...

    def codes(self) -> BenignCodes:
        """Return the codes of all entries."""
        ...
