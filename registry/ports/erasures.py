"""The ports for erasure receipts: their rows, and the key that signs them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from registry.domain import Erasure, VerifierKey


class Erasures(Protocol):
    """The erasure receipts, as one unit of work sees them."""

    def count(self, case_id: str) -> None:
        """Remember how much is held of a case; call it before its rows are deleted."""
        ...

    def counts(self, case_id: str) -> Mapping[str, int] | None:
        """Return what was remembered; None for a case that was withdrawn before there were receipts."""
        ...

    def machines(self, now: datetime) -> tuple[Sequence[str], Sequence[str]]:
        """Return the ids of the machines with index files that are there now, and of those that are absent."""
        ...

    def add(self, erasure: Erasure) -> None:
        """Add the receipt of a case."""
        ...

    def get(self, case_id: str) -> Erasure | None:
        """Return the receipt of a case; None if there is none."""
        ...


class StatementSigning(Protocol):
    """The key that signs checkpoints and receipts."""

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        ...

    def sign_bytes(self, statement: bytes) -> bytes:
        """Return the signature of a statement, 64 bytes. Its first line says what kind of statement it is."""
        ...
