"""The content of one index in a process: a base of snapshots and an overlay of changes, replaced as one reference.

- `HeldSnapshot`: a snapshot, with its erased ids, count and checksum fixed at one moment.
- `Base`: all snapshots of a manifest.
- `Overlay`: the changes since the base was written.
- `IndexState`: base and overlay of one moment; a search uses one state from its beginning to its end.
- `StateHolder`: the current state of the process.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.arrays import I64, U8
from index.errors import NotReady
from index.search.contract import Changes, EngineStatus, Hits, id_checksum, sorted_hits
from index.search.files.format import IndexIdentity, SnapshotDigests
from index.search.files.manifest import Manifest
from index.search.files.row_format import MemoryScan, RowFormat
from index.search.files.snapshot import MappedSnapshot, Rows

OpenSnapshot = Callable[[Path, IndexIdentity, SnapshotDigests | None], MappedSnapshot]
"""Function that maps a snapshot (`RowFormat.open`)."""

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldSnapshot:
    """A snapshot with its count and checksum at one moment.

    The writer may erase a row in the file at any time. This class fixes the rows that the process counts, so that size
    and checksum change only by the changes that the process has applied itself.

    Attributes:
        snapshot: the file.
        erased: int64, ascending: ids of the rows that were erased at that moment.
        size: number of rows alive at that moment.
        checksum: `id_checksum` of their ids.
    """

    snapshot: MappedSnapshot
    erased: I64
    size: int
    checksum: int

    @classmethod
    def of(cls, snapshot: MappedSnapshot) -> "HeldSnapshot":
        """Return the current state of a snapshot: 2 ms at ten million rows."""
        erased = snapshot.ids_of(np.flatnonzero(snapshot.alive == 0))
        checksum = (snapshot.header.checksum - id_checksum(erased)) % (1 << 64)
        size = snapshot.header.count - len(erased)
        return cls(snapshot=snapshot, erased=erased, size=size, checksum=checksum)

    def held(self, ids: I64) -> I64:
        """Return the ids in `ids` that the snapshot holds."""
        known, _ = self.snapshot.rows_of(ids)
        found = ids[known]
        return found[~is_among(found, self.erased)]

    def find(self, queries: Rows, radius: int, masked: I64, doubtful: Rows | None) -> Hits:
        """Find rows near queries (as `RowFormat.to_rows` makes them), without those of the ascending ids `masked`."""
        found = self.snapshot.find(queries, radius, doubtful)
        ids = self.snapshot.ids_of(found.rows)
        keep = ~is_among(ids, masked)
        return Hits(queries=found.queries[keep], ids=ids[keep], distances=found.distances[keep])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """All snapshots of a manifest; no id is held by two of them."""

    manifest: Manifest
    snapshots: tuple[HeldSnapshot, ...] = ()

    @classmethod
    def open(
        cls, folder: Path, manifest: Manifest, known: Iterable[MappedSnapshot], open_snapshot: OpenSnapshot
    ) -> "Base":
        """Open the snapshots that the manifest names, and reuse those in `known`. Raise `DamagedSnapshot`.

        The caller holds the files' lock, so that manifest and files belong together.
        """
        open_already = {snapshot.path.name: snapshot for snapshot in known}
        snapshots = []
        for entry in manifest.entries:
            snapshot = open_already.get(entry.name)
            if snapshot is None:
                snapshot = open_snapshot(folder / entry.name, manifest.identity, entry.digests)
            snapshots.append(snapshot)
        return cls.of(manifest, snapshots)

    @classmethod
    def of(cls, manifest: Manifest, snapshots: Iterable[MappedSnapshot]) -> "Base":
        """Return a base of the current states of open snapshots."""
        return cls(manifest=manifest, snapshots=tuple(HeldSnapshot.of(snapshot) for snapshot in snapshots))

    @property
    def fallback_scans(self) -> int:
        """Number of queries for which a snapshot compared all its rows."""
        return sum(held.snapshot.fallback_scans for held in self.snapshots)

    @property
    def size(self) -> int:
        """The number of held codes."""
        return sum(held.size for held in self.snapshots)

    @property
    def checksum(self) -> int:
        """The `id_checksum` of the held ids."""
        return sum(held.checksum for held in self.snapshots) % (1 << 64)

    def held(self, ids: I64) -> I64:
        """Return those of `ids` (unique) that a snapshot holds."""
        return np.concatenate([np.empty(0, np.int64), *(held.held(ids) for held in self.snapshots)])

    def find(self, queries: Rows, radius: int, masked: I64, doubtful: Rows | None) -> list[Hits]:
        """Search every snapshot."""
        return [held.find(queries, radius, masked, doubtful) for held in self.snapshots]

    def recall_at(self, distance: int) -> float:
        """Return the smallest recall of the snapshots."""
        return min((held.snapshot.recall_at(distance) for held in self.snapshots), default=1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlay:
    """The changes since the base was written.

    Immutable: a batch makes a new overlay beside the old one, so a search sees either the whole batch or none of it.

    Attributes:
        row_format: codes or vectors.
        log: the batches since the base, in order; they are applied again over the next base.
        ids: int64 [d], the ids added and still held.
        codes: uint8 [d, row_bytes], their codes as they cross the contract.
        masked: int64, ascending: ids that the base holds and that were removed or replaced.
        changes: number of ids added or removed by the log; decides when to compact.
        scan: searches the codes; None while there are none.
    """

    row_format: RowFormat
    log: tuple[Changes, ...]
    ids: I64
    codes: U8
    masked: I64
    changes: int
    scan: MemoryScan | None

    @classmethod
    def empty(cls, row_format: RowFormat) -> "Overlay":
        """Return the overlay without changes."""
        no_ids = np.empty(0, np.int64)
        return cls(
            row_format=row_format,
            log=(),
            ids=no_ids,
            codes=np.empty((0, row_format.row_bytes), np.uint8),
            masked=no_ids,
            changes=0,
            scan=None,
        )

    @classmethod
    def of(cls, row_format: RowFormat, base: Base, log: tuple[Changes, ...]) -> "Overlay":
        """Return the overlay of batches over a base."""
        overlay = cls.empty(row_format)
        for changes in log:
            overlay = overlay.after(base, changes)
        return overlay

    def after(self, base: Base, changes: Changes) -> "Overlay":
        """Return the overlay with one more batch; 3 ms at 50,000 codes, most of it for copying them."""
        touched = np.union1d(changes.add_ids, changes.remove_ids)
        if not len(touched):
            return self
        old = np.flatnonzero(~is_among(self.ids, touched))
        new = np.flatnonzero(~np.isin(changes.add_ids, changes.remove_ids))
        ids = np.concatenate([self.ids.take(old), changes.add_ids.take(new)])
        # The codes of a batch that adds nothing may have any length.
        added = changes.add_codes.reshape(-1, self.row_format.row_bytes)
        codes = np.concatenate([self.codes.take(old, axis=0), added.take(new, axis=0)])
        return Overlay(
            row_format=self.row_format,
            log=(*self.log, changes),
            ids=ids,
            codes=codes,
            masked=np.union1d(self.masked, base.held(touched)),
            changes=self.changes + len(changes.add_ids) + len(changes.remove_ids),
            scan=self.row_format.memory_scan(ids, codes) if len(ids) else None,
        )

    def size(self, base: Base) -> int:
        """Return the number of codes that base and overlay hold together."""
        return base.size - len(self.masked) + len(self.ids)

    def checksum(self, base: Base) -> int:
        """Return the `id_checksum` of the ids that both hold together."""
        return (base.checksum - id_checksum(self.masked) + id_checksum(self.ids)) % (1 << 64)

    def find(self, codes: U8, radius: int) -> list[Hits]:
        """Find the added codes near queries (as they cross the contract) by comparing all of them."""
        return [self.scan.propose(codes, radius)] if self.scan else []


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexState:
    """The data of one call: the files, the changes over them, and the position that both reflect."""

    base: Base
    overlay: Overlay
    sequence: int


class StateHolder:
    """The current state. `current` takes no lock; every change of the state holds `lock`."""

    def __init__(self, base: Base, row_format: RowFormat) -> None:
        self.lock = threading.RLock()
        self._row_format = row_format
        sequence = base.manifest.sequence
        self._state: IndexState | None = IndexState(
            base=base, overlay=Overlay.empty(row_format), sequence=sequence
        )
        self._earlier_fallback_scans = 0

    def current(self) -> IndexState:
        """Return the current state; raise `NotReady` after the engine is closed."""
        if self._state is None:
            raise NotReady("the engine is closed")
        return self._state

    def apply(self, changes: Changes) -> None:
        """Apply one more batch, unless the files hold all of it already.

        A process that has switched to newer files may still receive an older batch. The additions of that batch would
        restore codes that the files no longer hold.
        """
        with self.lock:
            state = self.current()
            if not 0 < changes.sequence <= state.base.manifest.sequence:
                overlay = state.overlay.after(state.base, changes)
                self._state = IndexState(base=state.base, overlay=overlay, sequence=changes.sequence)

    def remove(self, ids: I64) -> None:
        """Remove ids ahead of the change log."""
        with self.lock:
            state = self.current()
            removal = Changes(sequence=state.sequence, remove_ids=ids)
            overlay = state.overlay.after(state.base, removal)
            self._state = IndexState(base=state.base, overlay=overlay, sequence=state.sequence)

    def replace_base(self, base: Base, later: tuple[Changes, ...]) -> None:
        """Replace the base by a newer one, and apply the later batches over it."""
        with self.lock:
            old = self.current()
            overlay = Overlay.of(self._row_format, base, later)
            sequence = max(old.sequence, base.manifest.sequence)
            self._earlier_fallback_scans += old.base.fallback_scans - base.fallback_scans
            self._state = IndexState(base=base, overlay=overlay, sequence=sequence)

    def later_than(self, sequence: int) -> tuple[Changes, ...]:
        """Return the batches that a base of that sequence holds partly or not at all."""
        return tuple(changes for changes in self.current().overlay.log if changes.sequence > sequence)

    def status(self) -> EngineStatus:
        """Return the status of one moment."""
        state = self.current()
        return EngineStatus(
            sequence=state.sequence,
            size=state.overlay.size(state.base),
            checksum=state.overlay.checksum(state.base),
            delta_size=len(state.overlay.ids),
            snapshots=len(state.base.snapshots),
            fallback_scans=self._earlier_fallback_scans + state.base.fallback_scans,
        )

    def clear(self) -> None:
        """Release the state: the engine is closed."""
        with self.lock:
            self._state = None


def is_among(ids: I64, ascending: I64) -> Mask:
    """Return which of a few ids are in an ascending array: `np.isin` without sorting the array again."""
    if not len(ascending):
        return np.zeros(len(ids), np.bool_)
    places = np.searchsorted(ascending, ids)
    found: Mask = ascending.take(places, mode="clip") == ids
    return found


def merged_hits(parts: list[Hits]) -> Hits:
    """Return the hits of all parts in the contract's order."""
    if len(parts) == 1:
        return sorted_hits(parts[0].queries, parts[0].ids, parts[0].distances)
    return sorted_hits(
        np.concatenate([np.empty(0, np.int32), *(part.queries for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.ids for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.distances for part in parts)]),
    )
