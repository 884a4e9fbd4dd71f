"""The port for the rotation of subjects' keys. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked, full or unreachable; `SealBroken` if a stored value does not
open. Nothing was written then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Templates(Protocol):
    """Subjects' keys and everything sealed by them, as one unit of work sees them."""

    def cases_with_keys(self, made_before: datetime, after: str, limit: int) -> Sequence[str]:
        """Return the first `limit` case ids after `after`, in order, whose keys were made before `made_before`."""
        ...

    def reseal(self, case_id: str, made_before: datetime, now: datetime) -> bool:
        """Seal all photographs and templates of a case under a new key, and delete the old key.

        Return False and write nothing if the case was withdrawn in the meantime, or if its key is newer. No other unit
        of work can add to the case's faces before this one ends.
        """
        ...
