"""Signatures of checkpoints and erasure receipts: Ed25519 with a key that comes from the pepper."""

from dataclasses import replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry.domain import Checkpoint, VerifierKey, checkpoint_text
from registry.security.keys import KeyPurpose, Keys


class CheckpointSigner:
    """The signing key of a deployment. Threads: any.

    Implements `registry.ports.CheckpointSigning` and `registry.ports.StatementSigning`.
    """

    def __init__(self, keys: Keys) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(keys.derive(KeyPurpose.CHECKPOINTS))
        self._public = self._private.public_key()

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        return VerifierKey(public=self._public.public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return the checkpoint with its signature."""
        return replace(checkpoint, signature=self._private.sign(self._signed(checkpoint)))

    def sign_bytes(self, statement: bytes) -> bytes:
        """Return the signature of a statement, whose first line differs from that of every checkpoint."""
        return self._private.sign(statement)

    def is_signed(self, checkpoint: Checkpoint) -> bool:
        """Tell whether the checkpoint's signature is this key's."""
        try:
            self._public.verify(checkpoint.signature, self._signed(checkpoint))
        except InvalidSignature:
            return False
        return True

    def _signed(self, checkpoint: Checkpoint) -> bytes:
        return checkpoint_text(checkpoint, self.key).encode("utf-8")
