"""Keys of subjects: each key seals the stored data of one person's face. Erasing the key erases the data (shredding).

    sealed  =  nonce (12 bytes)  |  AES-256-GCM ciphertext and tag (16 bytes)

1. A key is 32 random bytes. It is kept only sealed by the deployment's own (`registry.security.sealing`), for one
   subject. Neither the database without the pepper nor the pepper without the subject's row opens anything.
2. Sealing uses a random nonce; a subject has dozens of photographs, and 2**32 seals are safe.
3. The context is authenticated: what was sealed for one place opens in no other.
4. Whatever does not open exactly raises `SealBroken`; there is no other outcome.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import SealBroken

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


class SubjectSealer:
    """Implements `registry.ports.Sealing` with one subject's key. Threads: any."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        """Take the key, 32 bytes; raise `SealBroken` for any other length."""
        if len(key) != KEY_BYTES:  # 1.
            raise SealBroken
        self._cipher = AESGCM(key)
        self._random = random

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt and authenticate."""
        nonce = self._random(NONCE_BYTES)  # 2.
        return nonce + self._cipher.encrypt(nonce, plain, context)  # 3.

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Return what was sealed in this context, exactly; raise `SealBroken`."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise SealBroken
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except InvalidTag:  # 4.
            raise SealBroken from None
