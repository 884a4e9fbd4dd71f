"""Erasing codes in snapshots in place. A crash at any moment leaves each code erased or whole.

1. Plan: for each row, the writes that erase it, and the checksums of the blocks that they change. `alive` becomes 0.
   The code, or the vector and its sketch, become zeros. Each entry of a code in the tables becomes a random row, which
   makes it one more decoy (`index.search.codes.format` explains the reason). New checksums are
   computed from blocks that still match their old ones: a damaged block never receives a fresh checksum.
2. Write a journal of the writes, the checksums and the digests of the files afterwards (a sealed file, fsynced,
   renamed). It holds no code.
3. Under the lock that prevents readers from opening: make the writes, then the checksums, fsync, and replace the
   manifest by one with the new digests.
4. Rename the journal, overwrite it with zeros (its offsets would reveal the erased entries) and remove it.

A writer that finds a journal repeats step 3 from it, which is idempotent, then step 4. The id stays in its row: it is
a database key, never reused, and every process needs it to keep its count and checksum correct.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from index.arrays import I64
from index.errors import DamagedSnapshot, SnapshotNotWritten
from index.resources import exclusive_lock
from index.search.files.disk import Disk
from index.search.files.format import BLOCK_BYTES, FORMAT, RandomBytes, SnapshotDigests, check_fields
from index.search.files.manifest import (
    FILES_LOCK,
    JOURNAL,
    Manifest,
    ManifestEntry,
    parse_digests,
    parse_name,
    read_manifest,
    seal,
    unseal,
    write_manifest,
)
from index.search.files.snapshot import MappedSnapshot

_FINISHED_JOURNAL: Final = JOURNAL + ".done"
_SUM_BYTES: Final = 4
_MAX_SUM: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPatch:
    """The writes that erase rows from one snapshot.

    Attributes:
        name: the file.
        writes: (offset, bytes as hex), `alive` first.
        zeros: (offset, length), spans that become zeros after the writes.
        sums: (offset, uint32), the new checksums.
        digests: of the file afterwards.
    """

    name: str
    writes: tuple[tuple[int, str], ...]
    zeros: tuple[tuple[int, int], ...]
    sums: tuple[tuple[int, int], ...]
    digests: SnapshotDigests

    @property
    def end(self) -> int:
        """The place behind the last byte that is written."""
        ends = [offset + len(data) // 2 for offset, data in self.writes]
        ends += [offset + length for offset, length in self.zeros]
        ends += [offset + _SUM_BYTES for offset, _ in self.sums]
        return max(ends, default=0)


def plan_patch(snapshot: MappedSnapshot, rows: I64, random_bytes: RandomBytes = os.urandom) -> SnapshotPatch:
    """Plan the erasure of some live rows (1.); raise `DamagedSnapshot` if a needed block is damaged."""
    sections = snapshot.header.sections
    erasing = snapshot.erasing_writes(rows, random_bytes)
    writes = (*((sections["alive"].offset + row, b"\0") for row in rows.tolist()), *erasing.writes)
    sums, digests = _sums_after(snapshot, (*writes, *((at, bytes(length)) for at, length in erasing.zeros)))
    return SnapshotPatch(
        name=snapshot.path.name,
        writes=tuple((offset, data.hex()) for offset, data in writes),
        zeros=erasing.zeros,
        sums=tuple((sections["sums"].offset + 4 * block, value) for block, value in sums.items()),
        digests=digests,
    )


def apply_patch(folder: Path, patch: SnapshotPatch, disk: Disk) -> None:
    """Make the writes and the checksums, and return when they are on the device.

    Raises:
        OSError: the disk refused.
        DamagedSnapshot: the file is missing, or the patch reaches beyond its end.
    """
    try:
        descriptor = os.open(folder / patch.name, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise DamagedSnapshot("a snapshot is missing") from error
    try:
        if patch.end > os.fstat(descriptor).st_size:
            raise DamagedSnapshot("an erasure reaches beyond the end of a snapshot")
        for offset, data in patch.writes:
            disk.patch(descriptor, offset, bytes.fromhex(data))
        for offset, length in patch.zeros:
            disk.patch(descriptor, offset, bytes(length))
        for offset, value in patch.sums:
            disk.patch(descriptor, offset, value.to_bytes(_SUM_BYTES, "little"))
        disk.sync(descriptor)
    finally:
        os.close(descriptor)


def erase(folder: Path, manifest: Manifest, patches: list[SnapshotPatch], disk: Disk) -> Manifest:
    """Apply patches (2. to 4.) and return the new manifest; raise `SnapshotNotWritten` if the disk refuses.

    After a refusal the journal may exist. `finish_erasure` then completes the erasure, now or in the next writer.
    """
    try:
        disk.write_file(folder / JOURNAL, _encode_journal(patches))
    except OSError as error:
        raise SnapshotNotWritten(f"the disk refused an erasure (errno {error.errno})") from error
    return finish_erasure(folder, disk) or manifest


def finish_erasure(folder: Path, disk: Disk) -> Manifest | None:
    """Complete an erasure from its journal (3. and 4.); return the manifest, or None if there is no journal.

    Raises:
        SnapshotNotWritten: the disk refused; the journal still exists.
        DamagedSnapshot: the journal or the manifest is damaged.
    """
    try:
        _remove_finished_journal(folder, disk)
        journal = folder / JOURNAL
        if not journal.exists():
            return None
        patches = parse_journal(journal.read_bytes())
        with exclusive_lock(folder / FILES_LOCK):
            manifest = _apply_all(folder, patches, disk)
        disk.replace(journal, folder / _FINISHED_JOURNAL)
        disk.sync_folder(folder)
        _remove_finished_journal(folder, disk)
    except OSError as error:
        raise SnapshotNotWritten(f"the disk refused an erasure (errno {error.errno})") from error
    return manifest


def _apply_all(folder: Path, patches: list[SnapshotPatch], disk: Disk) -> Manifest | None:
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    digests = {patch.name: patch.digests for patch in patches}
    for patch in patches:
        if any(entry.name == patch.name for entry in manifest.entries):
            apply_patch(folder, patch, disk)
    entries = tuple(
        ManifestEntry(name=entry.name, digests=digests.get(entry.name, entry.digests))
        for entry in manifest.entries
    )
    renewed = replace(manifest, entries=entries)
    write_manifest(folder, renewed, disk)
    return renewed


def _encode_journal(patches: list[SnapshotPatch]) -> bytes:
    """Return the bytes of the journal. The stored name of a patch's digests is `pin`."""
    stored = [
        {
            "name": patch.name,
            "writes": patch.writes,
            "zeros": patch.zeros,
            "sums": patch.sums,
            "pin": asdict(patch.digests),
        }
        for patch in patches
    ]
    return seal({"format": FORMAT, "patches": stored})


def parse_journal(data: bytes) -> list[SnapshotPatch]:
    """Return the patches of a journal; raise `DamagedSnapshot` for bytes that `erase` did not write."""
    try:
        return [_parse_patch(fields) for fields in unseal(data)["patches"]]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DamagedSnapshot("the journal does not describe an erasure") from None


def _parse_patch(fields: dict[str, Any]) -> SnapshotPatch:
    patch = SnapshotPatch(
        name=parse_name(fields["name"]),
        writes=tuple((offset, data) for offset, data in fields["writes"]),
        # Journals of older versions contain their zeros among the writes.
        zeros=tuple((offset, length) for offset, length in fields.get("zeros", ())),
        sums=tuple((offset, value) for offset, value in fields["sums"]),
        digests=parse_digests(fields["pin"]),
    )
    check_fields((offset for offset, _ in (*patch.writes, *patch.zeros, *patch.sums)), ())
    check_fields((number for _, number in (*patch.zeros, *patch.sums)), (data for _, data in patch.writes))
    for _, data in patch.writes:
        bytes.fromhex(data)
    if any(value > _MAX_SUM for _, value in patch.sums):
        raise ValueError("a checksum has 32 bits")
    return patch


def _remove_finished_journal(folder: Path, disk: Disk) -> None:
    """Overwrite and remove a journal whose writes are all made."""
    finished = folder / _FINISHED_JOURNAL
    if not finished.exists():
        return
    descriptor = os.open(finished, os.O_RDWR | os.O_CLOEXEC)
    try:
        disk.patch(descriptor, 0, bytes(os.fstat(descriptor).st_size))
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    disk.remove(finished)


def _sums_after(
    snapshot: MappedSnapshot, writes: Iterable[tuple[int, bytes]]
) -> tuple[dict[int, int], SnapshotDigests]:
    """Return the new checksums of the blocks that the writes change, and the digests of the file afterwards."""
    touched: dict[int, list[tuple[int, bytes]]] = {}
    for start, data in writes:
        offset, rest = start, data
        while rest:
            block, inside = divmod(offset, BLOCK_BYTES)
            part, rest = rest[: BLOCK_BYTES - inside], rest[BLOCK_BYTES - inside :]
            touched.setdefault(block, []).append((inside, part))
            offset += len(part)
    sums = {}
    for block, changes in touched.items():
        snapshot.verifier.verify_block(block)
        image = bytearray(snapshot.block(block))
        for inside, data in changes:
            image[inside : inside + len(data)] = data
        sums[block] = snapshot.header.block_sum(bytes(image), block)
    table = snapshot.verifier.sums.copy()
    table[list(sums)] = list(sums.values())
    return sums, replace(snapshot.digests, sums=hashlib.sha256(table.tobytes()).hexdigest())
