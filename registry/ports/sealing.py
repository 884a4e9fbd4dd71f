"""Ports for encryption at rest. `registry.security` implements them.

"Seal" means authenticated encryption bound to a context. The context says where the value is stored, so that a sealed
value moved to another row does not open there.
"""

from typing import Protocol


class Sealing(Protocol):
    """Encryption that keeps a stolen database unreadable without the deployment's secret. Threads: any."""

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt bytes for one context. Two calls with the same bytes return different results."""
        ...

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Return exactly the bytes that were sealed for this context; raise `SealBroken` for anything else."""
        ...


class SubjectSealing(Sealing, Protocol):
    """Encryption with one key for each subject. The subject's key encrypts the stored face data of that person."""

    def make_key(self, context: bytes) -> bytes:
        """Make an unpredictable key, and return it sealed for this context."""
        ...

    def open_key(self, sealed_key: bytes, context: bytes) -> Sealing:
        """Return a `Sealing` that uses the given key; raise `SealBroken` if the key does not open."""
        ...
