"""An index in files: snapshots that all processes share, and each process's own overlay.

    search  =  every snapshot of the base (but for masked ids)  +  a scan of what was added since

One process of the machine, the writer, also owns the files: it compacts (the overlay becomes a snapshot) and
erases. The others, readers, map the same files and take up newer ones by `refresh`; a reader whose writer
died may take its place (`try_become_writer`). Every process applies the change log by itself: files save
work, they carry no truth.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from index.arrays import I64, U8
from index.errors import DamagedSnapshot, NotReady, NotTheWriter
from index.search.engine import Changes, EngineStatus, Hits, Role, check_changes, check_query
from index.search.files.base import Base, merged_hits
from index.search.files.disk import Disk, shared_lock
from index.search.files.guard import FILES_LOCK, JOURNAL
from index.search.files.keeper import Keeper
from index.search.files.manifest import Manifest, read_manifest
from index.search.files.mapped import MappedSnapshot
from index.search.files.state import Holder, Settings
from index.search.files.upkeep import Upkeep


class FiledIndex:
    """A `ProposingEngine` over files, whatever its rows are; each kind of rows adds its own `open`.

    Threads: any method from any thread. `compact`, `rebuild`, `refresh` and `verify` are long; they are for a
    background thread, and searches and applies go on beside them.
    """

    def __init__(self, folder: Path, settings: Settings, disk: Disk) -> None:
        self._folder = folder
        self._settings = settings
        self._disk = disk
        self._holder: Holder
        self._upkeep: Upkeep | None = None

    @classmethod
    def _open(
        cls,
        folder: Path,
        settings: Settings,
        *,
        role: Role,
        discard: bool = False,
        disk: Disk | None = None,
    ) -> Self:
        """Opens an index's folder at the sequence of its newest manifest; `status` tells it.

        The caller then applies the changes after that sequence. Codes that those changes remove or replace
        may be gone from the files already. A process that forks opens in each child: a lock is inherited.

        Args:
            folder: the index's own folder; one for each code family.
            settings: whose rows they are, and what a row is.
            role: `WRITER` for at most one process of the machine.
            discard: begin with an empty index and remove the files that stand there (writer only): the way
                on after `DamagedSnapshot` and into a new epoch.
            disk: changes the files; tests break it.

        Raises:
            NotTheWriter: `role` is `WRITER` and another process is the writer.
            DamagedSnapshot: a file is damaged, missing, of a newer format or not the one the manifest names.
            NotReady: the files belong to another family, epoch or key, or a dead writer left an erasure.
            SnapshotNotWritten: the disk refused the writer.
        """
        engine = cls(folder, settings, disk or Disk())
        keeper = None
        if role is Role.WRITER:
            keeper = Keeper.take(folder, settings.identity, engine._disk, discard=discard)
            if keeper is None:
                raise NotTheWriter("another process of this machine writes this index")
        engine._start(keeper)
        return engine

    def apply(self, changes: Changes) -> None:
        """Adds and removes codes: 3 ms for one change over an overlay of 50,000, so batches pay."""
        form = self._settings.form
        check_changes(changes, form.row_bytes)
        form.check(changes.add_codes)
        self._holder.apply(changes)

    def propose(self, codes: U8, radius: int) -> Hits:
        """Meets codes within `radius`, those at distance d with `meeting_probability(d)`."""
        form = self._settings.form
        check_query(codes, radius, form.furthest, form.row_bytes)
        form.check(codes)
        return self._find(codes, radius)

    def meeting_probability(self, distance: int) -> float:
        """The least over the snapshots; the overlay is scanned and misses nothing."""
        base = self._holder.current().base
        return base.meeting_probability(distance) if distance <= self._settings.form.furthest else 0.0

    def status(self) -> EngineStatus:
        """Tells what the engine holds."""
        return self._holder.status()

    def close(self) -> None:
        """Lets go of the files and, as the writer, of the lock."""
        self._holder.drop()
        if self._upkeep is not None:
            self._upkeep.keeper.release()
            self._upkeep = None

    @property
    def role(self) -> Role:
        """What this process is at present."""
        return Role.READER if self._upkeep is None else Role.WRITER

    @property
    def can_rebuild(self) -> bool:
        """Tells whether this process is the writer."""
        return self._upkeep is not None

    @property
    def needs_compaction(self) -> bool:
        """Tells whether the overlay has grown so far that `compact` (or, for a reader, `refresh`) is due."""
        return self._holder.current().overlay.changes >= self._settings.compact_after

    def verify(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Verifies every block of every snapshot, and brings them into memory; 0.5 s a gigabyte.

        Until it has run, searches verify the blocks that they use. Raises `DamagedSnapshot`.
        """
        for segment in self._holder.current().base.segments:
            segment.snapshot.verify(stop)

    def refresh(self) -> bool:
        """Takes up a newer manifest; returns whether there was one.

        New snapshots are verified, and thereby in memory, before the first search meets them. A manifest that
        is behind this process's base (its writer began anew) is left alone until it has caught up. Afterwards
        `status` may tell a later sequence: go on from there; older batches are passed over.

        Raises `DamagedSnapshot` or `NotReady` as `open` does; the engine then goes on with what it has.
        """
        present = self._holder.current().base
        if self._upkeep is not None or read_manifest(self._folder) in {present.manifest, None}:
            return False
        base = self._load(segment.snapshot for segment in present.segments)
        if base.manifest.sequence < present.manifest.sequence:
            return False
        for segment in base.segments:
            segment.snapshot.verify_once()
        with self._holder.lock:
            self._holder.replace(base, self._holder.later_than(base.manifest.sequence))
        return True

    def try_become_writer(self) -> bool:
        """Takes the place of a writer that died; returns false while there is one. Raises as `open` does.

        Takes up newer files as `refresh` does, so `status` may tell a later sequence afterwards.
        """
        if self._upkeep is not None:
            return True
        keeper = Keeper.take(self._folder, self._settings.identity, self._disk, discard=False)
        if keeper is None:
            return False
        try:
            self._catch_up(keeper.manifest)
        except BaseException:
            keeper.release()
            raise
        self._upkeep = Upkeep(self._holder, keeper, self._settings)
        return True

    def erase(self, ids: I64) -> None:
        """Removes ids and overwrites their codes in every file; returns when that is on the device.

        Idempotent. A compaction that is writing these codes begins again without them. Removals that this
        process had not yet applied are applied.

        Raises:
            NotTheWriter: this process is a reader.
            SnapshotNotWritten: the disk refused; the ids are gone from answers, and what is half erased is
                finished by the next erasure, compaction or writer.
        """
        self._owner().erase(ids)

    def compact(self, *, everything: bool = False) -> bool:
        """Writes the overlay into a snapshot, merged with smaller segments or with `everything`.

        Returns whether there was anything to do. Raises `NotTheWriter`, `SnapshotNotWritten` (the old files
        still stand and count) or `DamagedSnapshot` (a block to be copied is bad).
        """
        return self._owner().compact(everything=everything)

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replaces all snapshots by one of the given codes: the bulk way in, a million codes in 1 s.

        Args:
            sequence: position in the change log that the codes reflect; not before the files' own. Changes
                after it that were applied here stay applied.
            ids: int64 [n], unique.
            codes: uint8 [n, 32], or [n, 4 * dimension] of vectors.

        Raises `InvalidQuery`, `NotTheWriter`, `SnapshotNotWritten`.
        """
        self._owner().rebuild(sequence, ids, codes)

    def _start(self, keeper: Keeper | None) -> None:
        try:
            self._holder = Holder(self._load(()), self._settings.form)
        except BaseException:
            if keeper is not None:
                keeper.release()
            raise
        if keeper is not None:
            self._upkeep = Upkeep(self._holder, keeper, self._settings)

    def _load(self, known: Iterable[MappedSnapshot]) -> Base:
        """Opens what the manifest names, while no writer changes manifest or files."""
        with shared_lock(self._folder / FILES_LOCK):
            manifest = read_manifest(self._folder) or Manifest(identity=self._settings.identity)
            if manifest.identity != self._settings.identity:
                raise NotReady("the files belong to another family, epoch or key")
            try:
                return Base.open(self._folder, manifest, known, self._settings.form.open)
            except DamagedSnapshot as error:
                if (self._folder / JOURNAL).exists():
                    raise NotReady("an erasure waits to be finished by the next writer") from error
                raise

    def _catch_up(self, manifest: Manifest) -> None:
        """Takes up the files of a manifest; raises `NotReady` where they are behind this process's own."""
        self.refresh()
        if self._holder.current().base.manifest != manifest:
            raise NotReady("the writer began these files anew and then died: open them again")

    def _find(self, codes: U8, radius: int) -> Hits:
        state = self._holder.current()
        parts = state.overlay.find(codes, radius)
        if state.base.segments:
            parts += state.base.find(self._settings.form.stored(codes), radius, state.overlay.masked)
        return merged_hits(parts)

    def _owner(self) -> Upkeep:
        if self._upkeep is None:
            raise NotTheWriter("this process only reads the index's files")
        return self._upkeep
