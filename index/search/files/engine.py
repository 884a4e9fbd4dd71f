"""The engine over files: snapshots that all processes of a machine share, and each process's own overlay.

    search  =  every snapshot of the base (without masked ids)  +  all codes that were added since

One process of the machine, the writer, also owns the files: it compacts (the overlay becomes a snapshot) and erases.
The others, readers, map the same files and switch to newer ones by `refresh`. A reader whose writer died may take its
place (`try_become_writer`). Every process applies the change log by itself: the files save work, the database is the
truth.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from index.arrays import I64, U8
from index.errors import DamagedSnapshot, InvalidQuery, NotReady, NotTheWriter
from index.resources import shared_lock
from index.search.contract import (
    Changes,
    EngineStatus,
    Hits,
    Role,
    check_changes,
    check_doubtful,
    check_query,
)
from index.search.files.damage import nonsense_is_damage
from index.search.files.disk import Disk
from index.search.files.maintenance import Maintenance
from index.search.files.manifest import FILES_LOCK, JOURNAL, Manifest, read_manifest
from index.search.files.row_format import FileEngineSettings
from index.search.files.snapshot import MappedSnapshot, Rows
from index.search.files.state import Base, IndexState, StateHolder, merged_hits
from index.search.files.writer import FolderWriter


class FileEngine:
    """Implementation of `SearchEngine` over files, for any row format. Each row format has a subclass with `open`."""

    def __init__(self, folder: Path, settings: FileEngineSettings, disk: Disk) -> None:
        self._folder = folder
        self._settings = settings
        self._disk = disk
        self._holder: StateHolder
        self._maintenance: Maintenance | None = None

    @classmethod
    def _open(
        cls,
        folder: Path,
        settings: FileEngineSettings,
        *,
        role: Role,
        discard: bool = False,
        disk: Disk | None = None,
    ) -> Self:
        """Open an index's folder at the sequence of its newest manifest; `status` returns it.

        The caller then applies the changes after that sequence. Codes that those changes remove or replace may be
        gone from the files already. A process that forks must open in each child, because a lock is inherited.

        Args:
            folder: the index's own folder; one for each code family.
            settings: identity, row format and compaction.
            role: `WRITER` for at most one process of the machine.
            discard: begin with an empty index and remove all files of the folder (writer only): the way on after
                `DamagedSnapshot` and into a new epoch.
            disk: file operations; tests replace them by failing ones.

        Raises:
            NotTheWriter: `role` is `WRITER` and another process is the writer.
            DamagedSnapshot: a file is damaged, missing, of a newer format or not the one the manifest names.
            NotReady: the files belong to another family, epoch or key, or a dead writer left an erasure.
            SnapshotNotWritten: the disk refused the writer.
        """
        engine = cls(folder, settings, disk or Disk())
        writer = None
        with nonsense_is_damage():
            if role is Role.WRITER:
                writer = FolderWriter.try_open(folder, settings.identity, engine._disk, discard=discard)
                if writer is None:
                    raise NotTheWriter("another process of this machine writes this index")
            engine._start(writer)
        return engine

    def apply(self, changes: Changes) -> None:
        """Add and remove codes: 3 ms for one change over an overlay of 50,000, so large batches are cheaper."""
        row_format = self._settings.row_format
        check_changes(changes, row_format.row_bytes)
        row_format.check(changes.add_codes)
        with nonsense_is_damage():
            self._holder.apply(changes)

    def propose(self, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Find codes within `radius`, those at distance d with a probability of at least `recall_at(d)`.

        With `doubtful` the probability is higher, by how much depends on how well it tells the bits that differ.
        """
        row_format = self._settings.row_format
        check_query(codes, radius, row_format.max_radius, row_format.row_bytes)
        row_format.check(codes)
        check_doubtful(codes, doubtful)
        if doubtful is not None and not row_format.has_bits:
            raise InvalidQuery("the numbers of a vector have no doubtful bits")
        return self._find(codes, radius, doubtful)

    def recall_at(self, distance: int) -> float:
        """Return the smallest recall of the snapshots; all codes of the overlay are compared, so it misses nothing."""
        base = self._holder.current().base
        return base.recall_at(distance) if distance <= self._settings.row_format.max_radius else 0.0

    def status(self) -> EngineStatus:
        """Return sequence, count and checksum."""
        return self._holder.status()

    def close(self) -> None:
        """Release the files and, as the writer, the lock."""
        self._holder.clear()
        if self._maintenance is not None:
            self._maintenance.writer.release()
            self._maintenance = None

    @property
    def role(self) -> Role:
        """The current role of this process."""
        return Role.READER if self._maintenance is None else Role.WRITER

    @property
    def needs_compaction(self) -> bool:
        """True if the overlay has grown so far that `compact` (or, for a reader, `refresh`) is due."""
        return self._holder.current().overlay.changes >= self._settings.compact_after

    def verify(self) -> None:
        """Verify every block of every snapshot, and load them into memory: 0.5 s per gigabyte. Raise `DamagedSnapshot`.

        Until it has run, searches verify the blocks that they use.
        """
        with nonsense_is_damage():
            for held in self._holder.current().base.snapshots:
                held.snapshot.verify()

    def check_files(self) -> None:
        """Look whether another program changed the files (0.1 ms); verify what changed, and raise `DamagedSnapshot`.

        The writer compares manifest and files with its own. A file that a reader still searches and that no folder
        names any more was merged, or discarded as damaged: it is verified once more.
        """
        with nonsense_is_damage():
            if self._maintenance is not None:
                self._maintenance.check()
                return
            for held in self._holder.current().base.snapshots:
                if held.snapshot.is_removed:
                    held.snapshot.verify_if_changed()

    def refresh(self) -> bool:
        """Switch to a newer manifest; return whether there was one.

        New snapshots are verified, and thereby in memory, before the first search uses them. A manifest that is
        behind this process's base (its writer began again) is ignored until it has caught up. Afterwards `status` may
        return a later sequence: go on from there; older batches are ignored.

        Raise `DamagedSnapshot` or `NotReady` as `_open` does; the engine then continues with its current files.
        """
        present = self._holder.current().base
        with nonsense_is_damage():
            if self._maintenance is not None or read_manifest(self._folder) in {present.manifest, None}:
                return False
            base = self._load(held.snapshot for held in present.snapshots)
            if base.manifest.sequence < present.manifest.sequence:
                return False
            for held in base.snapshots:
                held.snapshot.verify_once()
            with self._holder.lock:
                self._holder.replace_base(base, self._holder.later_than(base.manifest.sequence))
        return True

    def try_become_writer(self) -> bool:
        """Take the place of a writer that died; return False while there is a writer. Raise as `_open` does.

        The engine switches to newer files as in `refresh`, so `status` may return a later sequence afterwards.
        """
        if self._maintenance is not None:
            return True
        with nonsense_is_damage():
            writer = FolderWriter.try_open(self._folder, self._settings.identity, self._disk, discard=False)
        if writer is None:
            return False
        try:
            self._catch_up(writer.manifest)
        except BaseException:
            writer.release()
            raise
        self._maintenance = Maintenance(self._holder, writer, self._settings)
        return True

    def erase(self, ids: I64) -> None:
        """Remove ids and overwrite their codes in every file; see `SearchEngine.erase`.

        A compaction that is writing these codes begins again without them. If the disk refuses, the next erasure,
        compaction or writer finishes the erasure.
        """
        with nonsense_is_damage():
            self._as_writer().erase(ids)

    def compact(self, *, everything: bool = False) -> bool:
        """Write the overlay into a snapshot, merged with smaller snapshots, or with all if `everything`.

        Return whether there was anything to do; raise as `SearchEngine.compact` does.
        """
        with nonsense_is_damage():
            return self._as_writer().compact(everything=everything)

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replace all snapshots by one of the given codes: a million codes in 1 s.

        `sequence` may not be before that of the files. Changes after it that were applied here stay applied. Raise as
        `SearchEngine.rebuild` does, and `InvalidQuery`.
        """
        self._as_writer().rebuild(sequence, ids, codes)

    def _start(self, writer: FolderWriter | None) -> None:
        try:
            self._holder = StateHolder(self._load(()), self._settings.row_format)
        except BaseException:
            if writer is not None:
                writer.release()
            raise
        if writer is not None:
            self._maintenance = Maintenance(self._holder, writer, self._settings)

    def _load(self, known: Iterable[MappedSnapshot]) -> Base:
        """Open the snapshots that the manifest names, while no writer changes manifest or files."""
        with shared_lock(self._folder / FILES_LOCK):
            manifest = read_manifest(self._folder) or Manifest(identity=self._settings.identity)
            if manifest.identity != self._settings.identity:
                raise NotReady("the files belong to another family, epoch or key")
            try:
                return Base.open(self._folder, manifest, known, self._settings.row_format.open)
            except DamagedSnapshot as error:
                if (self._folder / JOURNAL).exists():
                    raise NotReady("an erasure waits to be finished by the next writer") from error
                raise

    def _catch_up(self, manifest: Manifest) -> None:
        """Switch to the files of a manifest; raise `NotReady` if they are behind this process's own."""
        self.refresh()
        if self._holder.current().base.manifest != manifest:
            raise NotReady("the writer began these files anew and then died: open them again")

    def _find(self, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        state = self._holder.current()
        parts = state.overlay.find(codes, radius)
        if state.base.snapshots:
            to_rows = self._settings.row_format.to_rows
            marked = None if doubtful is None else to_rows(doubtful)
            parts += self._find_in_files(state, to_rows(codes), radius, marked)
        return merged_hits(parts)

    def _find_in_files(self, state: IndexState, rows: Rows, radius: int, marked: Rows | None) -> list[Hits]:
        try:
            with nonsense_is_damage():
                return state.base.find(rows, radius, state.overlay.masked, marked)
        except MemoryError as error:
            self.verify()  # Nonsense may ask for any amount of memory.
            raise NotReady("there is too little memory for a search") from error

    def _as_writer(self) -> Maintenance:
        if self._maintenance is None:
            raise NotTheWriter("this process only reads the index's files")
        return self._maintenance
