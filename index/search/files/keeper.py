"""The one writer of an index's folder: owns its lock, its manifest and every change of its files."""

import os
import secrets
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from index.arrays import I64
from index.errors import NotReady, SnapshotNotWritten
from index.search.files.base import Segment
from index.search.files.disk import TEMPORARY_SUFFIX, Disk, exclusive_lock, try_lock
from index.search.files.erasure import apply_patch, erase, finish_erasure, plan_patch
from index.search.files.form import Form, Rows
from index.search.files.guard import FILES_LOCK, JOURNAL
from index.search.files.manifest import (
    MANIFEST,
    SNAPSHOT_SUFFIX,
    Entry,
    Manifest,
    read_manifest,
    write_manifest,
)
from index.search.files.mapped import MappedSnapshot
from index.search.files.snapshot_format import Identity

WRITER_LOCK: Final = "writer.lock"

_ROWS_PER_JOURNAL: Final = 4096
"""Rows erased by one journal: about 60,000 writes, 2 MB of journal."""


class Keeper:
    """Changes the files of one folder. Every method may be called from any thread; they take turns.

    Attributes:
        manifest: what the folder's manifest says now.
        turn: held by whoever changes files, for as long as several changes belong together.
    """

    def __init__(self, folder: Path, manifest: Manifest, disk: Disk, lock: int) -> None:
        self.manifest = manifest
        self.turn = threading.RLock()
        self._folder = folder
        self._disk = disk
        self._unpublished: set[str] = set()
        self._in_doubt = False
        self.release = weakref.finalize(self, os.close, lock)

    @classmethod
    def take(cls, folder: Path, identity: Identity, disk: Disk, *, discard: bool) -> "Keeper | None":
        """Becomes the writer of a folder, or returns None when another process is.

        1. Take the lock, which the kernel releases when its holder dies.
        2. Finish the erasure that a dead writer left.
        3. Read the manifest, or begin one; `discard` begins a new one whatever stands there.
        4. Remove files that the manifest does not name.

        Raises `DamagedSnapshot` for a damaged manifest or journal, `NotReady` for another identity.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = try_lock(folder / WRITER_LOCK)
        if lock is None:
            return None
        keeper = cls(folder, Manifest(identity=identity), disk, lock)
        try:
            keeper._begin(discard=discard)
        except OSError as error:
            keeper.release()
            raise _refused(error) from error
        except BaseException:
            keeper.release()
            raise
        return keeper

    def _begin(self, *, discard: bool) -> None:
        identity = self.manifest.identity
        if discard:
            self._remove_all()
        finish_erasure(self._folder, self._disk)
        found = read_manifest(self._folder)
        if found is None:
            self._publish(Manifest(identity=identity))
        elif found.identity != identity:
            raise NotReady("the files belong to another family, epoch or key")
        else:
            self.manifest = found
        self.tidy()

    def erase(self, segments: tuple[Segment, ...], ids: I64) -> None:
        """Erases ids from the snapshots that hold them; returns when nothing of the codes is on the device.

        Raises `SnapshotNotWritten`; what is then half done is finished by the next call or the next writer.
        """
        with self.turn:
            self._settle()
            for start in range(0, len(ids), _ROWS_PER_JOURNAL):
                some = ids[start : start + _ROWS_PER_JOURNAL]
                patches = []
                for segment in segments:
                    rows = _live_rows(segment.snapshot, some)
                    if len(rows):
                        patches.append(plan_patch(segment.snapshot, rows))
                if patches:
                    self.manifest = erase(self._folder, self.manifest, patches, self._disk)

    def erase_unpublished(self, snapshot: MappedSnapshot, ids: I64) -> None:
        """Erases ids from a snapshot that no manifest names yet: a crash leaves it to `tidy`."""
        rows = _live_rows(snapshot, ids)
        if not len(rows):
            return
        try:
            apply_patch(self._folder, plan_patch(snapshot, rows), self._disk)
        except OSError as error:
            raise _refused(error) from error

    def write(
        self, form: Form, sequence: int, ids: I64, rows: Rows, stop: Callable[[], bool]
    ) -> MappedSnapshot:
        """Writes a snapshot under a name that was never there, and verifies every block of it as read back.

        Raises `SnapshotNotWritten`, `CalledOff`, or `DamagedSnapshot` when the disk does not give back what
        it was given.
        """
        path = self._folder / (secrets.token_hex(8) + SNAPSHOT_SUFFIX)
        identity = self.manifest.identity
        self._unpublished = {path.name, path.name + TEMPORARY_SUFFIX}
        form.write(path, identity=identity, sequence=sequence, ids=ids, rows=rows, disk=self._disk, stop=stop)
        snapshot = form.open(path, identity, None)
        snapshot.verify()
        return snapshot

    def publish(self, sequence: int, snapshots: list[MappedSnapshot]) -> Manifest:
        """Makes these the snapshots that count. Raises `SnapshotNotWritten`; then the old ones still do."""
        entries = tuple(Entry(name=snapshot.path.name, pin=snapshot.pin) for snapshot in snapshots)
        with self.turn:
            self._settle()
            self._publish(replace(self.manifest, sequence=sequence, entries=entries))
            return self.manifest

    @contextmanager
    def building(self) -> Iterator[None]:
        """Spares the file that `write` makes from `tidy`, until it counts or was given up."""
        try:
            yield
        finally:
            self._unpublished = set()

    def tidy(self) -> None:
        """Removes files that do not count; who has them mapped keeps them until it lets go.

        Raises `SnapshotNotWritten` when a file cannot be removed. `erase` begins with this, so that no code
        outlives its erasure in a file that was left behind.
        """
        if self._in_doubt:
            return
        names = {entry.name for entry in self.manifest.entries} | self._unpublished
        try:
            with self.turn:
                for path in (
                    *self._folder.glob("*" + SNAPSHOT_SUFFIX),
                    *self._folder.glob("*" + TEMPORARY_SUFFIX),
                ):
                    if path.name not in names:
                        self._disk.remove(path)
        except OSError as error:
            raise _refused(error) from error

    def _settle(self) -> None:
        """Brings to its end what the disk refused before: a manifest in doubt, an erasure, a removal."""
        if self._in_doubt:
            self._publish(self.manifest)
        self.manifest = finish_erasure(self._folder, self._disk) or self.manifest
        self.tidy()

    def _publish(self, manifest: Manifest) -> None:
        """Replaces the manifest. After a refusal either may stand, so no file of either is removed."""
        self._in_doubt = True
        try:
            with exclusive_lock(self._folder / FILES_LOCK):
                write_manifest(self._folder, manifest, self._disk)
        except OSError as error:
            raise _refused(error) from error
        self.manifest = manifest
        self._in_doubt = False

    def _remove_all(self) -> None:
        """Removes what stands in the folder; the manifest last: no snapshot is ever left without one."""
        with exclusive_lock(self._folder / FILES_LOCK):
            for pattern in ("*" + SNAPSHOT_SUFFIX, "*" + TEMPORARY_SUFFIX, JOURNAL + "*", MANIFEST):
                for path in self._folder.glob(pattern):
                    self._disk.remove(path)
            self._disk.sync_folder(self._folder)


def _live_rows(snapshot: MappedSnapshot, ids: I64) -> I64:
    _, rows = snapshot.rows_of(np.unique(ids))
    live: I64 = rows[snapshot.alive.take(rows) != 0]
    return live


def _refused(error: OSError) -> SnapshotNotWritten:
    return SnapshotNotWritten(f"the disk refused (errno {error.errno})")
