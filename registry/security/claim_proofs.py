"""What is kept of the secrets of cases without an account, and how a secret is compared with it.

    tag     =  first 12 bits of HMAC-SHA256(pepper, label | 0x00 | salt | secret)
    digest  =  argon2id(secret, salt, key of the pepper; 19 MiB, 2 passes, 1 lane), 32 bytes

1. The secret is random (70 bits, recovery words 94). A thief of the database has none of it without the pepper. A thief
   of both tests 2**12 fewer secrets by the tag, and needs 2**57 argon2id on average for the rest.
2. An unknown case is compared with a decoy that follows from the case's id and the pepper: the same tag, the same
   argon2id, the same answer.
3. Memory is bounded: `PLACES` comparisons run at a time, in each process. Those whose tag is right go first. Of the
   others `MAX_UNLIKELY` wait and the rest are refused at once: 10,000 wrong secrets keep nobody out who has the right
   one, as only one in 4,096 of them has the right tag.
4. Tags and digests are compared in constant time.
"""

import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from registry.domain.claims import KeptProof
from registry.errors import ProofsBusy
from registry.security.keys import DigestPurpose, KeyPurpose, Keys

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
"""OWASP's smallest profile of argon2id: 0.03 s and 19 MiB. The secret is random and long, so it needs no more."""

DIGEST_BYTES: Final = 32
SALT_BYTES: Final = 16
TAG_BITS: Final = 12
PLACES: Final = 2
"""Comparisons of one process at a time: 38 MiB."""

MAX_UNLIKELY: Final = 2
"""Comparisons that wait though their tag is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCost:
    """Cost of argon2id."""

    memory_kib: int = MEMORY_KIB
    passes: int = PASSES


class ArgonProofs:
    """Implementation of `registry.ports.ClaimProofs`. Threads: any."""

    def __init__(self, keys: Keys, random: Callable[[int], bytes], cost: ProofCost | None = None) -> None:
        self._keys = keys
        self._random = random
        self.cost = cost or ProofCost()
        self._secret = keys.derive(KeyPurpose.CLAIM_PROOFS)
        self._gate = _Gate()

    def keep(self, value: bytes) -> KeptProof:
        """Return what is kept of a secret."""
        salt = self._random(SALT_BYTES)
        with self._gate.turn(is_likely=True):
            return KeptProof(salt=salt, tag=self._tag(salt, value), digest=self._digest(salt, value))

    def is_likely(self, case_id: str, value: bytes, kept: KeptProof | None) -> bool:
        """Return whether a secret may be the right one (3.)."""
        compared = self._or_decoy(case_id, kept)
        tag = self._tag(compared.salt, value)
        return hmac.compare_digest(tag.to_bytes(2, "big"), compared.tag.to_bytes(2, "big"))  # 4.

    def is_right(self, case_id: str, value: bytes, kept: KeptProof | None, *, is_likely: bool) -> bool:
        """Return whether a secret is the right one; raise `ProofsBusy`."""
        compared = self._or_decoy(case_id, kept)
        with self._gate.turn(is_likely=is_likely):
            digest = self._digest(compared.salt, value)
        return hmac.compare_digest(digest, compared.digest) and kept is not None

    def _or_decoy(self, case_id: str, kept: KeptProof | None) -> KeptProof:
        """Return what is kept, or the decoy of the case's id (2.). The decoy is made in both cases."""
        seed = self._keys.digest(DigestPurpose.CLAIM_DECOY, case_id.encode("ascii"))
        tag = int.from_bytes(seed[SALT_BYTES : SALT_BYTES + 2], "big") >> (16 - TAG_BITS)
        decoy = KeptProof(salt=seed[:SALT_BYTES], tag=tag, digest=bytes(DIGEST_BYTES))
        return decoy if kept is None else kept

    def _tag(self, salt: bytes, value: bytes) -> int:
        digest = self._keys.digest(DigestPurpose.CLAIM_TAG, salt + value)
        return int.from_bytes(digest[:2], "big") >> (16 - TAG_BITS)

    def _digest(self, salt: bytes, value: bytes) -> bytes:
        hashing = Argon2id(
            salt=salt,
            length=DIGEST_BYTES,
            iterations=self.cost.passes,
            lanes=LANES,
            memory_cost=self.cost.memory_kib,
            secret=self._secret,
        )
        return hashing.derive(value)


class _Gate:
    """Places for comparisons (3.)."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._likely = 0
        self._unlikely = 0

    @contextmanager
    def turn(self, *, is_likely: bool) -> Iterator[None]:
        """Wait for a place and hold it; raise `ProofsBusy`."""
        with self._changed:
            self._wait(is_likely=is_likely)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _wait(self, *, is_likely: bool) -> None:
        if is_likely:
            self._likely += 1
            self._changed.wait_for(lambda: self._running < PLACES)
            self._likely -= 1
            return
        if self._unlikely >= MAX_UNLIKELY:
            raise ProofsBusy
        self._unlikely += 1
        self._changed.wait_for(lambda: self._running < PLACES and not self._likely)
        self._unlikely -= 1
