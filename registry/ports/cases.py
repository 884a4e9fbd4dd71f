"""Ports for cases and their references. `registry.storage` implements them.

Errors: `StorageUnavailable` when the database is locked, full or unreachable. Nothing was written then.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from index.hashing import Code
from index.verdict import ReferenceKind
from registry.domain import (
    Case,
    CaseLink,
    NewReference,
    Reference,
    ReferenceState,
    Verification,
    VersionCounts,
)


class Cases(Protocol):
    """The cases, as one unit of work sees them."""

    def add(self, case: Case) -> None:
        """Add a new case."""
        ...

    def get(self, case_id: str, tenant_id: str, *, for_update: bool = False) -> Case:
        """Return the tenant's case; raise `NotFound`, also if the case belongs to another tenant.

        With `for_update`, no other unit of work can change the case before this one ends.
        """
        ...

    def of_any_tenant(self, case_id: str) -> Case:
        """Return a case of whichever tenant, locked as with `for_update`; raise `NotFound`.

        Only for actors with a permission of the whole service.
        """
        ...

    def of_tenant(
        self, tenant_id: str, *, after: str | None, limit: int, label: str | None = None
    ) -> tuple[Case, ...]:
        """Return a tenant's cases in the order of their opening, at most `limit`, from the one after `after` on.

        With `label` only those that have it.
        """
        ...

    def save(self, case: Case) -> None:
        """Write state, levels and times of an existing case."""
        ...

    def withdrawn_since(self, at: datetime) -> tuple[Case, ...]:
        """Return the cases that were withdrawn at a time or later, oldest first."""
        ...

    def any(self) -> bool:
        """Return whether there is any case."""
        ...

    def unerased(self) -> tuple[Case, ...]:
        """Return the withdrawn cases whose erasure is not finished, oldest first."""
        ...

    def gone_from_files(self, cases: Sequence[Case], now: datetime) -> tuple[Case, ...]:
        """Return the cases whose codes are erased from the index files of all machines (`IndexMachines`)."""
        ...


class CaseLinks(Protocol):
    """The links between cases, as one unit of work sees them. A link has no direction."""

    def linkable(self, case_ids: Sequence[str]) -> frozenset[str]:
        """Return those of the cases, of all tenants, that are not withdrawn, and keep them so until this ends."""
        ...

    def add(self, pairs: Sequence[tuple[str, str]], at: datetime) -> frozenset[tuple[str, str]]:
        """Add links, and return those that were not there. The two ids of a pair are in their order."""
        ...

    def remove(self, pairs: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Remove links, and return those that were there."""
        ...

    def of(self, case_id: str) -> tuple[CaseLink, ...]:
        """Return the links of one case."""
        ...

    def all(self) -> tuple[CaseLink, ...]:
        """Return all links, by their cases."""
        ...


class Verifications(Protocol):
    """The verification records, as one unit of work sees them. They are never changed or deleted."""

    def add(self, record: Verification) -> None:
        """Add a record."""
        ...

    def of_case(self, case_id: str) -> tuple[Verification, ...]:
        """Return the records of a case, oldest first."""
        ...


class References(Protocol):
    """The references and their codes, as one unit of work sees them.

    Every change of a searched code is logged in the change log by the same transaction.
    """

    def add(self, reference: NewReference) -> None:
        """Add a reference with its codes. Windows, frames of clips and likenesses are stored sealed.

        A likeness also replaces the case's face templates: each becomes the mean of all its photographs.

        Raises:
            Refused: the photographs of the case cannot show one person.
        """
        ...

    def add_many(self, references: Sequence[NewReference]) -> None:
        """Add references as `add` does, with few statements."""
        ...

    def known(self, tenant_id: str, kind: ReferenceKind, codes: Sequence[Code]) -> frozenset[bytes]:
        """Return the values among `codes` that the tenant has in active cases as references of this kind.

        All of `codes` have the same algorithm.
        """
        ...

    def of_case(self, case_id: str) -> tuple[Reference, ...]:
        """Return the case's references in the order of enrolment. Those of a withdrawn case have no codes."""
        ...

    def named(self, case_id: str, reference_ids: Collection[str]) -> tuple[Reference, ...]:
        """Return those of the references that are in the case, in the order of enrolment."""
        ...

    def find_equal(self, reference: NewReference, *, in_case: str | None) -> Reference | None:
        """Return the tenant's active reference of the same kind with the same media, or None.

        Media is the same if its SHA-256 is equal. For references without a SHA-256, the PDQ codes are compared. A
        likeness is the same only if the same models described both: a photograph sent again for another engine is new.

        Until this unit of work ends, no other unit of work can find that this media of the tenant is absent.

        Args:
            reference: the reference to search for.
            in_case: the only case to search; None for all active cases of the tenant.
        """
        ...

    def holders(self, reference_ids: Sequence[str]) -> dict[str, str]:
        """Return the cases, of all tenants, of those references whose cases are not withdrawn, by reference."""
        ...

    def move(self, reference_ids: Sequence[str], state: ReferenceState) -> None:
        """Write the state of references. The caller has locked their case."""
        ...

    def versions(self) -> VersionCounts:
        """Return how many active references of all tenants have which fingerprint. It reads every code's row."""
        ...

    def erase_codes(self, case_id: str, now: datetime) -> None:
        """Delete all codes, windows, clips and faces of a case and the key of its faces, and log the removals."""
        ...

    def erase_faces(self, case_id: str, now: datetime) -> None:
        """Delete the faces of a case and their key, and log the removals. Codes of the photographs stay."""
        ...
