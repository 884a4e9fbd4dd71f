"""The port for idempotent answers. `registry.storage` implements it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The answer to an idempotent request.

    It is kept for 24 hours: the same key gives the same status and body again.

    Attributes:
        key_hmac: keyed digest of the client's Idempotency-Key, 32 bytes.
        request_hmac: keyed digest of the request's parameters, 32 bytes.
        body: the answer's body as it was sent.
    """

    tenant_id: str
    key_hmac: bytes = field(repr=False)
    request_hmac: bytes = field(repr=False)
    status: int
    body: bytes = field(repr=False)
    created_at: datetime


Acknowledge = Callable[[object], Acknowledged]
"""Turns a use case's result into the answer that is stored."""


class Acknowledgements(Protocol):
    """Stored answers to idempotent requests."""

    def find(self, tenant_id: str, key_hmac: bytes, now: datetime) -> Acknowledged | None:
        """Return the answer stored under a key, unless it is older than 24 hours."""
        ...

    def keep(self, answer: Acknowledged) -> None:
        """Store the answer to a request that wrote nothing else; raise `AlreadyAcknowledged`."""
        ...
