"""Checkpoints: the signed sizes and roots of the ledger's tree that are published outside of the deployment.

A published checkpoint is a signed note (C2SP's signed-note and tlog-checkpoint):

    takedown-registry/89abcdef             the origin: it ends with the first digits of the key's digest
    1024                                   the number of entries
    4UQ9oMUnSAn08w+UB6hZ7zpnb5d1e+Ydm7Y=   the root in base64
    2026-11-30T12:00:00.000000+00:00       the time, an extension line
                                           (an empty line)
    — takedown-registry/89abcdef Ab0C...   the name of the key, and the base64 of its id and the Ed25519 signature
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_ED25519: Final = b"\x01"
_DASH: Final = "\N{EM DASH}"
_NOTE: Final = re.compile(
    rf"(?P<origin>[^\s+]+)\n(?P<size>0|[1-9][0-9]*)\n(?P<root>[A-Za-z0-9+/]{{43}}=)\n(?P<at>[^\n]+)\n\n"
    rf"{_DASH} (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]{{91}}=)(?:\n+|\Z)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The ledger's tree at one time.

    Attributes:
        size: number of entries that the tree covers.
        root: root of the tree, 32 bytes.
        signature: Ed25519 signature of the note's text, 64 bytes.
    """

    size: int
    root: bytes
    at: datetime
    signature: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """The public key of a deployment's checkpoints: Ed25519, 32 bytes."""

    public: bytes

    @property
    def name(self) -> str:
        """The origin of the checkpoints, which is also the name of the key."""
        return f"takedown-registry/{hashlib.sha256(self.public).hexdigest()[:8]}"

    @property
    def id(self) -> bytes:
        """The first four bytes of the digest of name, algorithm and key, as signed notes define them."""
        digest = hashlib.sha256(self.name.encode("ascii") + b"\n" + _ED25519 + self.public)
        return digest.digest()[:4]

    def __str__(self) -> str:
        """Return the key as other programs for signed notes read it: `name+id+base64`."""
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.public)}"


def checkpoint_text(checkpoint: Checkpoint, key: VerifierKey) -> str:
    """Return the text of a note, which is what is signed."""
    at = checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{key.name}\n{checkpoint.size}\n{_base64(checkpoint.root)}\n{at}\n"


def note_of(checkpoint: Checkpoint, key: VerifierKey) -> str:
    """Return a checkpoint as it is published."""
    signature = _base64(key.id + checkpoint.signature)
    return f"{checkpoint_text(checkpoint, key)}\n{_DASH} {key.name} {signature}\n"


def parse_notes(text: str, key: VerifierKey) -> Iterator[Checkpoint]:
    """Yield the checkpoints of a published file, which holds notes separated by empty lines.

    Signatures are not verified.

    Raises:
        ValueError: a part of the text is not a checkpoint, or another deployment's.
    """
    place = 0
    while place < len(text):
        found = _NOTE.match(text, place)
        if found is None:
            raise ValueError(f"it is no checkpoint from line {text.count(chr(10), 0, place) + 1} on")
        if found["origin"] != key.name or found["name"] != key.name:
            raise ValueError(f"the checkpoint of {found['origin']} is not one of {key.name}")
        yield Checkpoint(
            size=int(found["size"]),
            root=base64.b64decode(found["root"], validate=True),
            at=datetime.fromisoformat(found["at"]),
            signature=base64.b64decode(found["signature"], validate=True)[len(key.id) :],
        )
        place = found.end()


def whole_length(text: str) -> int:
    """Return the number of characters up to the end of the last whole note: a power cut can leave a part of another."""
    place = 0
    while found := _NOTE.match(text, place):
        place = found.end()
    return place


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
