"""The small file that says which snapshots count: replaced atomically, read by every process.

It pins each snapshot to its exact bytes (`Pin`), so an older snapshot, or an older copy of the same snapshot
from before an erasure, is damage. Who puts back an older manifest *with* its files has put back an older
moment, and the engine's `sequence` says so.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from index.errors import DamagedSnapshot
from index.search.files.disk import Disk
from index.search.files.snapshot_format import FORMAT, Identity, Pin

MANIFEST: Final = "manifest.json"
SNAPSHOT_SUFFIX: Final = ".snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One snapshot that counts: its file's name and what it must be."""

    name: str
    pin: Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The state of an index's folder.

    Attributes:
        identity: family, epoch and key.
        sequence: position in the change log up to which the snapshots hold everything.
        entries: the snapshots; no id is alive in two of them.
    """

    identity: Identity
    sequence: int = 0
    entries: tuple[Entry, ...] = ()


def seal(value: object) -> bytes:
    """Writes a small JSON file: the SHA-256 of the second line, then that line."""
    body = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unseal(data: bytes) -> dict[str, Any]:
    """Reads what `seal` wrote; raises `DamagedSnapshot` for anything else."""
    digest, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise DamagedSnapshot("a small file of the index does not match its checksum")
    try:
        fields = json.loads(body)
    except (RecursionError, ValueError):
        raise DamagedSnapshot("a small file of the index is not JSON") from None
    if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
        raise DamagedSnapshot("a small file of the index has another format")
    return fields


def read_manifest(folder: Path) -> Manifest | None:
    """Reads the manifest; None where nothing was ever written. Raises `DamagedSnapshot`.

    Snapshots without a manifest are damage: an index that forgot what it held is not an empty index.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        if any(folder.glob("*" + SNAPSHOT_SUFFIX)):
            raise DamagedSnapshot("there are snapshots and no manifest") from None
        return None
    return parse_manifest(data)


def parse_manifest(data: bytes) -> Manifest:
    """Reads a manifest's bytes; raises `DamagedSnapshot` for anything that `write_manifest` did not write."""
    fields = unseal(data)
    try:
        return Manifest(
            identity=Identity(**fields["identity"]),
            sequence=fields["sequence"],
            entries=tuple(Entry(name=entry["name"], pin=Pin(**entry["pin"])) for entry in fields["entries"]),
        )
    except (KeyError, TypeError):
        raise DamagedSnapshot("the manifest does not describe snapshots") from None


def write_manifest(folder: Path, manifest: Manifest, disk: Disk) -> None:
    """Replaces the manifest; raises `OSError`, and then the old one stands."""
    disk.write_file(folder / MANIFEST, seal({"format": FORMAT} | asdict(manifest)))
