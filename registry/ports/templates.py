"""What the rotation of subjects' keys needs from the outside, as a Protocol. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked, full or away; `SealBroken` where what is stored cannot be
opened. Then nothing was written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Templates(Protocol):
    """Subjects' keys of one unit of work, and all that they seal."""

    def cases_with_keys(self, made_before: datetime, after: str, limit: int) -> Sequence[str]:
        """Returns the ids of cases beyond an id whose keys were made before a time, `limit` at most, in order."""
        ...

    def reseal(self, case_id: str, made_before: datetime, now: datetime) -> bool:
        """Seals all photographs and templates of a case anew under a fresh key, and forgets the old one.

        Returns false, and writes nothing, where the case was withdrawn meanwhile or its key is not that old. Until the
        commit no other unit of work adds to the case's faces.
        """
        ...
