"""Erasing codes out of snapshots in place, so that a crash at any moment leaves them erased or whole.

1. Plan: for each row, the writes that erase it: `alive` becomes 0; of a code, its entry in every chunk's table
   becomes a random row, which makes it one more decoy (`tables` tells why that is needed and what it hides);
   the code, or the vector and its sketch, become zeros. And the check sums of the blocks so changed, computed
   from blocks that still match theirs: a damaged block is never given a fresh sum.
2. Journal the writes, the sums and the pins (a sealed file, fsynced, renamed). It holds no code.
3. Under the lock that keeps readers from opening: make the writes, then the sums, fsync, and replace the
   manifest by one with the new pins.
4. Put the journal aside, overwrite it with zeros (its places would tell what the writes hid) and remove it.

A writer that finds a journal repeats step 3 from it, which is idempotent, then step 4. The id stays in its
row: it is a database key, never reused, and lets every process keep its books.
"""

import hashlib
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from index.arrays import I64
from index.errors import SnapshotNotWritten
from index.search.files.disk import Disk, exclusive_lock
from index.search.files.guard import FILES_LOCK, JOURNAL
from index.search.files.manifest import Entry, Manifest, read_manifest, seal, unseal, write_manifest
from index.search.files.mapped import MappedSnapshot
from index.search.files.snapshot_format import BLOCK_BYTES, FORMAT, Pin, RandomBytes

_DONE: Final = JOURNAL + ".done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The writes that erase rows from one snapshot.

    Attributes:
        name: the file.
        writes: (offset, bytes as hex), `alive` first.
        zeros: (offset, length), spans that become zeros after the writes.
        sums: (offset, uint32), the new check sums.
        pin: what the file is afterwards.
    """

    name: str
    writes: tuple[tuple[int, str], ...]
    zeros: tuple[tuple[int, int], ...]
    sums: tuple[tuple[int, int], ...]
    pin: Pin


def plan_patch(snapshot: MappedSnapshot, rows: I64, random_bytes: RandomBytes = os.urandom) -> Patch:
    """Step 1 for some live rows of a snapshot; raises `DamagedSnapshot` when a block it needs is damaged."""
    sections = snapshot.description.sections
    writes, zeros = snapshot.writes_to_erase(rows, random_bytes)
    writes = [(sections["alive"].offset + row, b"\0") for row in rows.tolist()] + writes
    sums, pin = _sums_after(snapshot, writes, zeros)
    return Patch(
        name=snapshot.path.name,
        writes=tuple((offset, data.hex()) for offset, data in writes),
        zeros=tuple(zeros),
        sums=tuple((sections["sums"].offset + 4 * block, value) for block, value in sums.items()),
        pin=pin,
    )


def apply_patch(folder: Path, patch: Patch, disk: Disk) -> None:
    """Makes the writes and the sums, and returns when they are on the device; raises `OSError`."""
    descriptor = os.open(folder / patch.name, os.O_RDWR | os.O_CLOEXEC)
    try:
        for offset, data in patch.writes:
            disk.patch(descriptor, offset, bytes.fromhex(data))
        for offset, length in patch.zeros:
            disk.patch(descriptor, offset, bytes(length))
        for offset, value in patch.sums:
            disk.patch(descriptor, offset, value.to_bytes(4, "little"))
        disk.sync(descriptor)
    finally:
        os.close(descriptor)


def erase(folder: Path, manifest: Manifest, patches: list[Patch], disk: Disk) -> Manifest:
    """Steps 2 to 4; returns the new manifest. Raises `SnapshotNotWritten` when the disk refuses.

    After a refusal the journal may stand; `finish_erasure` then completes it, now or in the next writer.
    """
    try:
        disk.write_file(
            folder / JOURNAL, seal({"format": FORMAT, "patches": [asdict(patch) for patch in patches]})
        )
    except OSError as error:
        raise SnapshotNotWritten(f"the disk refused an erasure (errno {error.errno})") from error
    return finish_erasure(folder, disk) or manifest


def finish_erasure(folder: Path, disk: Disk) -> Manifest | None:
    """Steps 3 and 4 from the journal; returns the manifest, or None where there is no journal.

    Raises `SnapshotNotWritten`.
    """
    try:
        _scrub(folder, disk)
        journal = folder / JOURNAL
        if not journal.exists():
            return None
        patches = [_patch(fields) for fields in unseal(journal.read_bytes())["patches"]]
        with exclusive_lock(folder / FILES_LOCK):
            manifest = _apply_all(folder, patches, disk)
        disk.replace(journal, folder / _DONE)
        disk.sync_folder(folder)
        _scrub(folder, disk)
    except OSError as error:
        raise SnapshotNotWritten(f"the disk refused an erasure (errno {error.errno})") from error
    return manifest


def _apply_all(folder: Path, patches: list[Patch], disk: Disk) -> Manifest | None:
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    pins = {patch.name: patch.pin for patch in patches}
    for patch in patches:
        if any(entry.name == patch.name for entry in manifest.entries):
            apply_patch(folder, patch, disk)
    entries = tuple(Entry(name=entry.name, pin=pins.get(entry.name, entry.pin)) for entry in manifest.entries)
    renewed = replace(manifest, entries=entries)
    write_manifest(folder, renewed, disk)
    return renewed


def _patch(fields: dict[str, Any]) -> Patch:
    return Patch(
        name=fields["name"],
        writes=tuple((offset, data) for offset, data in fields["writes"]),
        # Journals of older versions wrote their zeros out.
        zeros=tuple((offset, length) for offset, length in fields.get("zeros", ())),
        sums=tuple((offset, value) for offset, value in fields["sums"]),
        pin=Pin(**fields["pin"]),
    )


def _scrub(folder: Path, disk: Disk) -> None:
    """Overwrites and removes a journal that has served."""
    done = folder / _DONE
    if not done.exists():
        return
    descriptor = os.open(done, os.O_RDWR | os.O_CLOEXEC)
    try:
        disk.patch(descriptor, 0, bytes(os.fstat(descriptor).st_size))
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    disk.remove(done)


def _sums_after(
    snapshot: MappedSnapshot, writes: list[tuple[int, bytes]], zeros: list[tuple[int, int]]
) -> tuple[dict[int, int], Pin]:
    """Computes the check sums of the blocks that the writes touch, and the pin that follows."""
    touched: dict[int, list[tuple[int, bytes]]] = {}
    for start, data in (*writes, *((offset, bytes(length)) for offset, length in zeros)):
        offset, rest = start, data
        while rest:
            block, inside = divmod(offset, BLOCK_BYTES)
            part, rest = rest[: BLOCK_BYTES - inside], rest[BLOCK_BYTES - inside :]
            touched.setdefault(block, []).append((inside, part))
            offset += len(part)
    sums = {}
    for block, changes in touched.items():
        snapshot.guard.verify_block(block)
        image = bytearray(snapshot.block(block))
        for inside, data in changes:
            image[inside : inside + len(data)] = data
        sums[block] = snapshot.description.block_sum(bytes(image), block)
    table = snapshot.guard.sums.copy()
    table[list(sums)] = list(sums.values())
    return sums, replace(snapshot.pin, sums=hashlib.sha256(table.tobytes()).hexdigest())
