"""The deployment's secret, the pepper, and every key and digest that comes from it.

The pepper keys each stored digest and each seal, so that a stolen database cannot be read without it. No other module
sees the pepper: a caller names a purpose and gets a key or a digest.

    key     =  HMAC-SHA256(pepper, label)                     32 bytes, handed to the code that uses it
    digest  =  HMAC-SHA256(pepper, label | 0x00 | message)    32 bytes
    seals   =  HKDF-SHA256(pepper, no salt, label)            32 bytes

1. Each purpose has a label of its own, without a zero byte. A digest of one purpose is never a digest or a key of
   another.
2. Stored digests, sealed rows and index files depend on these bytes. A label never changes; a new purpose gets a new
   label.
"""

import hmac
from collections.abc import Callable
from enum import Enum, unique
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from registry.errors import StorageUnavailable
from registry.security.private_files import write_private

PEPPER_BYTES: Final = 32
KEY_BYTES: Final = 32
_FILE: Final = "secret"


@unique
class KeyPurpose(Enum):
    """The purpose of a key that is used outside this module. The value is its label."""

    SEALING = b"takedown registry: sealed windows, 1"
    """AES-256-GCM key of sealed rows. Derived by HKDF; the other keys are plain HMACs."""

    INDEX_BIT_ORDER = b"index bit order"
    """Secret order of the bits of the codes in index files."""

    FACE_TEMPLATES = b"face templates"
    """Key of the index files of face templates."""

    FACE_ROTATION = b"rotation of faces"
    """Secret that seeds the rotations of face vectors."""

    CHECKPOINTS = b"checkpoints of the ledger"
    """Seed of the Ed25519 key that signs checkpoints."""

    CLAIM_PROOFS = b"secrets of cases"
    """Key of argon2id, which digests the secrets of cases without an account."""


@unique
class DigestPurpose(Enum):
    """The purpose of a keyed digest. The value is its label."""

    CREDENTIAL = b"credential"
    """Secrets of API keys."""

    IDEMPOTENCY_KEY = b"idempotency"
    """Idempotency-Key headers."""

    PRIVATE_ANSWER = b"private answer"
    """Keys of stored answers that hold a secret, made of the client's Idempotency-Key."""

    REQUEST = b"request"
    """Parameters of requests that carry an Idempotency-Key."""

    PROBE = b"probe"
    """Near-threshold questions."""

    PROBE_EDGE = b"edge"
    """Distance up to which a question is held once the budget is spent."""

    PROBE_BLUR = b"blur"
    """PDQ distance within which a copy is told once answers are blurred."""

    PROBE_BLUR_SECOND = b"blur, second code"
    """The same of dHash-128."""

    CURSOR = b"cursor"
    """Signatures of lists' cursors."""

    UPLOADER = b"uploader"
    """Platforms' names for their users."""

    WITHDRAWAL_JOURNAL = b"withdrawal journal"
    """The chain of the withdrawal journal's lines."""

    CLAIM_TAG = b"tags of secrets of cases"
    """First bits by which the secret of a case is known before argon2id."""

    CLAIM_DECOY = b"decoys of secrets of cases"
    """What the secret of an unknown case is compared with."""

    ADDRESS = b"address"
    """Network addresses, in the counters of the rate limits alone."""

    MANDATE = b"secrets of mandates"
    """Secrets with which subjects end the mandates of their agents."""

    SEEN_FRAMES = b"seen frames"
    """Seed of a file, by its digest: it decides which frames are looked at. The file's decoder gets it."""


class Keys:
    """The keys and digests of one pepper. Implements `registry.ports.SecretDigests`. Threads: any."""

    __slots__ = ("_pepper",)

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    @classmethod
    def load(cls, folder: Path, random: Callable[[int], bytes], setting: SecretStr | None = None) -> Self:
        """Return the keys of a deployment.

        Args:
            folder: the data folder. Its file `secret` holds the pepper. The first start creates the file, readable by
                its owner only. The file is always complete or absent.
            random: source of a new pepper.
            setting: the pepper as 64 hexadecimal digits; replaces the file.

        Raises:
            StorageUnavailable: the file is not 32 bytes long. With another pepper every key would be refused.
        """
        if setting is not None:
            return cls(bytes.fromhex(setting.get_secret_value()))
        path = folder / _FILE
        if not path.exists():
            write_private(path, random(PEPPER_BYTES))
        pepper = path.read_bytes()
        if len(pepper) != PEPPER_BYTES:
            raise StorageUnavailable(f"The file {_FILE} of the data folder is damaged.")
        return cls(pepper)

    def derive(self, purpose: KeyPurpose) -> bytes:
        """Return the key of a purpose, 32 bytes."""
        if purpose is KeyPurpose.SEALING:
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.value)
            return hkdf.derive(self._pepper)
        return hmac.digest(self._pepper, purpose.value, "sha256")

    def digest(self, purpose: DigestPurpose, message: bytes) -> bytes:
        """Return the keyed digest of a message, 32 bytes."""
        return hmac.digest(self._pepper, purpose.value + b"\0" + message, "sha256")

    def digest_secret(self, secret: str) -> bytes:
        """Return the stored form of an API key's secret, 32 bytes."""
        return self.digest(DigestPurpose.CREDENTIAL, secret.encode("ascii"))
