"""Subject keys: each seals the stored face data of one person. Erasing the key makes the data unreadable (shredding).

    sealed  =  nonce (12 bytes)  |  AES-256-GCM ciphertext and tag (16 bytes)

1. A key is 32 random bytes. It is stored only sealed by the deployment's key (`registry.security.sealing`), for one
   subject. Decryption needs both the pepper and the subject's row of the database.
2. Sealing uses a random nonce. A subject has dozens of photographs, and 2**32 seals are safe.
3. The context is authenticated: a value that was sealed for one context opens in no other.
4. Opening returns the exact value or raises `SealBroken`.
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
    """Implementation of `registry.ports.Sealing` with one subject's key. Threads: any."""

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
        """Return the value that was sealed in this context; raise `SealBroken`."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise SealBroken
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except InvalidTag:  # 4.
            raise SealBroken from None
