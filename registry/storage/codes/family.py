"""The contract of a code family in the database.

Three steps add a family: name it in `registry.domain.family`, write one module here with an object of this contract,
and list the object in `families`. No other module of the storage layer knows individual families.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Select, select

from registry.domain import NewReference
from registry.ports import SearchedEngine, SubjectSealing
from registry.storage.codes.change_log import ChangeLog
from registry.storage.codes.searched import SearchedCodes
from registry.storage.schema import references


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One writing transaction: its connection, the sealing of its rows, and its entries in the change log."""

    connection: Connection
    sealing: SubjectSealing
    log: ChangeLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The references that one transaction adds.

    Attributes:
        by_key: the references by the keys of their rows.
        keys: a query of these keys, so that no statement has to list thousands of them.
    """

    by_key: Mapping[int, NewReference]
    keys: Select[int]


class CodeFamily(Protocol):
    """The rows of one code family, and all operations on them. Threads: any.

    Index and change log know a row only by its key. A key is therefore never used again, and the codes of a row never
    change: other codes are another row.
    """

    @property
    def confirming(self) -> Sequence[Select[Any]]:
        """The queries that confirm proposals of the family's index. Each reads `active_references`."""
        ...

    def add(self, writing: Writing, added: Added) -> None:
        """Store the family's rows of new references, and log those that are searched."""
        ...

    def erase(self, writing: Writing, case_id: str) -> None:
        """Log the removal of a case's rows, and delete them."""
        ...

    def searched(self, sealing: SubjectSealing, engines: Sequence[SearchedEngine]) -> Sequence[SearchedCodes]:
        """Return the sources of the family's indexes: one for each engine for faces, two for the rows of key frames."""
        ...


def keys_of_case(case_id: str) -> Select[int]:
    """Return the query of the keys of a case's references."""
    return select(references.c.key).where(references.c.case_id == case_id)
