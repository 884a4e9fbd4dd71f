"""Sealing: values in the database that only this deployment's key can decrypt, such as windows and subjects' keys.

    sealed  =  number of the key (1 byte)  |  nonce (12 bytes)  |  AES-256-GCM ciphertext and tag (16 bytes)

1. The key of a pepper is derived for this purpose alone (`registry.security.keys`).
2. Sealing uses the newest key and a random nonce. Random 96-bit nonces are safe for 2**32 seals of one key
   (NIST SP 800-38D, section 8.3); rotate before.
3. The key's number and the context are authenticated: a value that was sealed for one reference opens for no other
   reference, and with no other key.
4. Opening finds the key by its number. It returns the exact value or raises `SealBroken`.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import SealBroken
from registry.security.keys import KeyPurpose, Keys
from registry.security.subject_keys import KEY_BYTES, NONCE_BYTES, TAG_BYTES, SubjectSealer

_MAX_NUMBER: Final = 255

FIRST_KEY: Final = 1
"""Number of the key of a deployment's first pepper."""


class Sealer:
    """Implementation of `registry.ports.SubjectSealing`. Threads: any."""

    def __init__(self, keys: Mapping[int, Keys], random: Callable[[int], bytes] = os.urandom) -> None:
        """Take the keys of each pepper by number, 1 to 255. The highest number seals; every number opens."""
        if not keys or not all(FIRST_KEY <= number <= _MAX_NUMBER for number in keys):
            raise ValueError("keys are numbered from 1 to 255")
        self._ciphers = {
            number: AESGCM(held.derive(KeyPurpose.SEALING)) for number, held in keys.items()
        }  # 1.
        self._newest = max(keys)
        self._random = random

    @classmethod
    def of(cls, keys: Keys, random: Callable[[int], bytes] = os.urandom) -> Self:
        """Return the sealer of a deployment that has never changed its pepper."""
        return cls({FIRST_KEY: keys}, random)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt and authenticate with the newest key."""
        head = bytes([self._newest])
        nonce = self._random(NONCE_BYTES)  # 2.
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, plain, head + context)  # 3.

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Return the value that was sealed in this context; raise `SealBroken`."""
        if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES:
            raise SealBroken
        cipher = self._ciphers.get(sealed[0])  # 4.
        if cipher is None:
            raise SealBroken("Stored data was encrypted with a key that is not here.")
        body = 1 + NONCE_BYTES
        try:
            return cipher.decrypt(sealed[1:body], sealed[body:], sealed[:1] + context)
        except InvalidTag:
            raise SealBroken from None

    def make_key(self, context: bytes) -> bytes:
        """Return a new subject key, sealed in this context."""
        return self.seal(self._random(KEY_BYTES), context)

    def open_key(self, sealed_key: bytes, context: bytes) -> SubjectSealer:
        """Return the sealer of a subject's key; raise `SealBroken`."""
        return SubjectSealer(self.unseal(sealed_key, context), self._random)
