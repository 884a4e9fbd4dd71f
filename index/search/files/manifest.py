"""The manifest: a small file that names the valid snapshots. It is replaced atomically, and every process reads it.

The manifest records the exact bytes of each snapshot (`SnapshotDigests`). An older snapshot, or an older copy of the
same snapshot from before an erasure, is therefore damage. Restoring an older manifest *with* its files restores an
older state, which the engine's `sequence` shows.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from index.errors import DamagedSnapshot
from index.search.files.disk import Disk
from index.search.files.format import FORMAT, IndexIdentity, SnapshotDigests, check_fields

MANIFEST: Final = "manifest.json"
SNAPSHOT_SUFFIX: Final = ".snapshot"

FILES_LOCK: Final = "files.lock"
"""Lock that is held exclusively during changes of files, and shared during reads that depend on each other."""

WRITER_LOCK: Final = "writer.lock"
"""Lock that the writer holds as long as it lives."""

JOURNAL: Final = "erasing.json"
"""Journal that exists during an erasure (`erasure`). If a writer dies, the next one finishes the erasure from it."""

_NAME: Final = re.compile(r"[0-9a-z]{1,64}\.snapshot", re.ASCII)
"""Names of snapshots. A name leads nowhere but into the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One valid snapshot: its file name and the digests of its bytes."""

    name: str
    digests: SnapshotDigests


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The state of an index's folder.

    Attributes:
        identity: family, epoch and key.
        sequence: position in the change log up to which the snapshots hold every change.
        entries: the snapshots; no id is alive in two of them.
    """

    identity: IndexIdentity
    sequence: int = 0
    entries: tuple[ManifestEntry, ...] = ()


def seal(value: object) -> bytes:
    """Return the bytes of a small JSON file: the SHA-256 of the second line, then that line."""
    body = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unseal(data: bytes) -> dict[str, Any]:
    """Return the fields that `seal` wrote; raise `DamagedSnapshot` for any other bytes."""
    digest, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise DamagedSnapshot("a small file of the index does not match its checksum")
    try:
        fields = json.loads(body)
    except (RecursionError, ValueError):
        raise DamagedSnapshot("a small file of the index is not JSON") from None
    if not isinstance(fields, dict):
        raise DamagedSnapshot("a small file of the index holds no fields")
    version = fields.pop("format", None)
    if type(version) is not int or version != FORMAT:
        raise DamagedSnapshot("a small file of the index has another format")
    return fields


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest, or None if nothing was ever written. Raise `DamagedSnapshot` for a bad one.

    Snapshots without a manifest are damage: an index that lost its manifest is not an empty index.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        if any(folder.glob("*" + SNAPSHOT_SUFFIX)):
            raise DamagedSnapshot("there are snapshots and no manifest") from None
        return None
    return parse_manifest(data)


def parse_manifest(data: bytes) -> Manifest:
    """Return the manifest in `data`; raise `DamagedSnapshot` for bytes that `write_manifest` did not write."""
    fields = unseal(data)
    try:
        check_fields([fields["sequence"]], fields["identity"].values())
        entries = tuple(
            ManifestEntry(name=parse_name(entry["name"]), digests=parse_digests(entry["pin"]))
            for entry in fields["entries"]
        )
        manifest = Manifest(
            identity=IndexIdentity(**fields["identity"]), sequence=fields["sequence"], entries=entries
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DamagedSnapshot("the manifest does not describe snapshots") from None
    if len({entry.name for entry in entries}) != len(entries):
        raise DamagedSnapshot("the manifest names a snapshot twice")
    return manifest


def parse_name(name: Any) -> str:
    """Return a snapshot's name; raise `ValueError` for one that `FolderWriter.write` does not give."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError("a snapshot has another name")
    return name


def parse_digests(fields: Any) -> SnapshotDigests:
    """Return the digests of a JSON value; raise `ValueError`, or the errors of a value of another shape."""
    digests = SnapshotDigests(**fields)
    check_fields([digests.length], [digests.header, digests.sums])
    return digests


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of the manifest file. The stored name of an entry's digests is `pin`."""
    entries = [{"name": entry.name, "pin": asdict(entry.digests)} for entry in manifest.entries]
    identity = asdict(manifest.identity)
    return seal({"format": FORMAT, "identity": identity, "sequence": manifest.sequence, "entries": entries})


def write_manifest(folder: Path, manifest: Manifest, disk: Disk) -> None:
    """Replace the manifest. Raise `OSError`; the folder may then hold the old or the new manifest."""
    disk.write_file(folder / MANIFEST, encode_manifest(manifest))
