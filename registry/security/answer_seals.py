"""Seals of stored answers that hold a secret: only whoever sends the same Idempotency-Key again can open them.

The key of the seal is made of the client's key and the pepper. The database holds only a keyed digest of the client's
key, so neither a thief of the database nor one of the pepper opens an answer.
"""

from collections.abc import Callable
from typing import Final

from registry.security.keys import DigestPurpose, Keys
from registry.security.subject_keys import SubjectSealer

_CONTEXT: Final = b"answer"


class AnswerSeal:
    """The seal of the answers to one Idempotency-Key."""

    def __init__(self, keys: Keys, key: bytes, random: Callable[[int], bytes]) -> None:
        self._sealer = SubjectSealer(keys.digest(DigestPurpose.PRIVATE_ANSWER, key), random)

    def close(self, body: bytes) -> bytes:
        """Return an answer's body sealed."""
        return self._sealer.seal(body, _CONTEXT)

    def open(self, sealed: bytes) -> bytes:
        """Return the body of a sealed answer; raise `SealBroken`."""
        return self._sealer.unseal(sealed, _CONTEXT)
