"""The only writer of an index's folder. It owns the lock, the manifest and every change of the files."""

import os
import secrets
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from index.arrays import I64
from index.errors import DamagedSnapshot, NotReady, SnapshotNotWritten
from index.resources import exclusive_lock, try_lock
from index.search.files.disk import TEMPORARY_SUFFIX, Disk
from index.search.files.erasure import apply_patch, erase, finish_erasure, plan_patch
from index.search.files.format import IndexIdentity
from index.search.files.manifest import (
    FILES_LOCK,
    JOURNAL,
    MANIFEST,
    SNAPSHOT_SUFFIX,
    WRITER_LOCK,
    Manifest,
    ManifestEntry,
    read_manifest,
    write_manifest,
)
from index.search.files.row_format import RowFormat
from index.search.files.snapshot import MappedSnapshot, Rows

_ROWS_PER_JOURNAL: Final = 4096
"""Rows erased by one journal: about 60,000 writes, 2 MB of journal."""


class FolderWriter:
    """Writer of the files of one folder. Any thread may call any method; the methods take turns.

    Attributes:
        manifest: the current manifest of the folder.
        lock: held during a change of the files, also by callers with several changes that belong together.
        release: function that gives up the role of the writer.
    """

    def __init__(self, folder: Path, manifest: Manifest, disk: Disk, lock_descriptor: int) -> None:
        self.manifest = manifest
        self.lock = threading.RLock()
        self._folder = folder
        self._disk = disk
        self._unpublished: set[str] = set()
        self._is_manifest_uncertain = False
        self.release = weakref.finalize(self, os.close, lock_descriptor)

    @classmethod
    def try_open(
        cls, folder: Path, identity: IndexIdentity, disk: Disk, *, discard: bool
    ) -> "FolderWriter | None":
        """Become the writer of a folder; return None if another process is.

        1. Take the lock, which the kernel releases when its holder dies.
        2. Finish an erasure that a dead writer left.
        3. Read the manifest, or write an empty one. `discard` removes all files first.
        4. Remove files that the manifest does not name.

        Raises:
            DamagedSnapshot: the manifest or the journal is damaged.
            NotReady: the files have another identity.
            SnapshotNotWritten: the disk refused.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_descriptor = try_lock(folder / WRITER_LOCK)  # 1.
        if lock_descriptor is None:
            return None
        writer = cls(folder, Manifest(identity=identity), disk, lock_descriptor)
        try:
            writer._begin(discard=discard)
        except OSError as error:
            writer.release()
            raise _refused(error) from error
        except BaseException:
            writer.release()
            raise
        return writer

    def _begin(self, *, discard: bool) -> None:
        identity = self.manifest.identity
        if discard:
            self._remove_all()
        finish_erasure(self._folder, self._disk)  # 2.
        found = read_manifest(self._folder)  # 3.
        if found is None:
            self._replace_manifest(Manifest(identity=identity))
        elif found.identity != identity:
            raise NotReady("the files belong to another family, epoch or key")
        else:
            self.manifest = found
        self.remove_leftovers()  # 4.

    def erase(self, snapshots: Iterable[MappedSnapshot], ids: I64) -> None:
        """Erase ids from the snapshots that hold them. Return when none of their codes is on the device any more.

        Raises:
            SnapshotNotWritten: the disk refused; the next call or the next writer finishes the erasure.
        """
        searched = tuple(snapshots)
        with self.lock:
            self._finish_interrupted()
            for snapshot in searched:
                snapshot.verify_if_changed()
            for start in range(0, len(ids), _ROWS_PER_JOURNAL):
                some = ids[start : start + _ROWS_PER_JOURNAL]
                patches = []
                for snapshot in searched:
                    rows = _live_rows(snapshot, some)
                    if len(rows):
                        patches.append(plan_patch(snapshot, rows))
                if patches:
                    self.manifest = erase(self._folder, self.manifest, patches, self._disk)
            for snapshot in searched:
                snapshot.accept_change()

    def require_unchanged(self, snapshots: Iterable[MappedSnapshot]) -> None:
        """Raise `DamagedSnapshot` if another program changed the manifest, the journal or the manifest's snapshots.

        A snapshot that was touched and still is what it was verified as is accepted.

        Raises:
            SnapshotNotWritten: an erasure that the disk refused earlier is finished here, and was refused again.
        """
        with self.lock:
            if self._is_manifest_uncertain:
                return
            self.manifest = finish_erasure(self._folder, self._disk) or self.manifest
            if read_manifest(self._folder) != self.manifest:
                raise DamagedSnapshot("another program changed the manifest")
            for snapshot in snapshots:
                if not snapshot.is_in_place:
                    raise DamagedSnapshot("another program replaced a snapshot")
                snapshot.verify_if_changed()

    def erase_unpublished(self, snapshot: MappedSnapshot, ids: I64) -> None:
        """Erase ids from a snapshot that no manifest names yet; after a crash `remove_leftovers` removes it."""
        rows = _live_rows(snapshot, ids)
        if not len(rows):
            return
        try:
            apply_patch(self._folder, plan_patch(snapshot, rows), self._disk)
        except OSError as error:
            raise _refused(error) from error

    def write(
        self, row_format: RowFormat, sequence: int, ids: I64, rows: Rows, is_cancelled: Callable[[], bool]
    ) -> MappedSnapshot:
        """Write a snapshot under a new name, and verify every block of it as the disk returns it.

        Raises:
            SnapshotNotWritten, WriteCancelled: as `write_blocks`.
            DamagedSnapshot: the disk returns other bytes than were written.
        """
        path = self._folder / (secrets.token_hex(8) + SNAPSHOT_SUFFIX)
        identity = self.manifest.identity
        self._unpublished = {path.name, path.name + TEMPORARY_SUFFIX}
        row_format.write(
            path,
            identity=identity,
            sequence=sequence,
            ids=ids,
            rows=rows,
            disk=self._disk,
            is_cancelled=is_cancelled,
        )
        snapshot = row_format.open(path, identity, None)
        snapshot.verify()
        return snapshot

    def publish(self, sequence: int, snapshots: list[MappedSnapshot]) -> Manifest:
        """Make these the valid snapshots; raise `SnapshotNotWritten`, and then the old ones stay valid."""
        entries = tuple(
            ManifestEntry(name=snapshot.path.name, digests=snapshot.digests) for snapshot in snapshots
        )
        with self.lock:
            self._finish_interrupted()
            self._replace_manifest(replace(self.manifest, sequence=sequence, entries=entries))
            return self.manifest

    @contextmanager
    def keeping_unpublished(self) -> Iterator[None]:
        """Protect the file that `write` makes from `remove_leftovers`, until it is published or given up."""
        try:
            yield
        finally:
            self._unpublished = set()

    def remove_leftovers(self) -> None:
        """Remove files that the manifest does not name. A process that has mapped such a file keeps it until it closes.

        `erase` begins with this step, so that no code outlives its erasure in a leftover file.

        Raises:
            SnapshotNotWritten: a file cannot be removed.
        """
        if self._is_manifest_uncertain:
            return
        names = {entry.name for entry in self.manifest.entries} | self._unpublished
        try:
            with self.lock:
                for path in (
                    *self._folder.glob("*" + SNAPSHOT_SUFFIX),
                    *self._folder.glob("*" + TEMPORARY_SUFFIX),
                ):
                    if path.name not in names:
                        self._disk.remove(path)
        except OSError as error:
            raise _refused(error) from error

    def _finish_interrupted(self) -> None:
        """Finish operations that the disk refused earlier: replacing the manifest, an erasure, a removal."""
        if self._is_manifest_uncertain:
            self._replace_manifest(self.manifest)
        self.manifest = finish_erasure(self._folder, self._disk) or self.manifest
        self.remove_leftovers()

    def _replace_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest. After a refusal the folder may hold either one, so no file of either is removed."""
        self._is_manifest_uncertain = True
        try:
            with exclusive_lock(self._folder / FILES_LOCK):
                write_manifest(self._folder, manifest, self._disk)
        except OSError as error:
            raise _refused(error) from error
        self.manifest = manifest
        self._is_manifest_uncertain = False

    def _remove_all(self) -> None:
        """Remove all files of the folder, the manifest last, so that no snapshot is ever left without one."""
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
