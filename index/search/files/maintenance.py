"""The writer's work on the files, beside searches and applies: compaction, erasure and bulk rebuilding."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import I64, U8
from index.errors import InvalidQuery
from index.search.contract import Changes, check_changes
from index.search.files.disk import WriteCancelled
from index.search.files.row_format import FileEngineSettings, RowFormat
from index.search.files.snapshot import MappedSnapshot, Rows
from index.search.files.state import Base, HeldSnapshot, IndexState, Mask, Overlay, StateHolder, is_among
from index.search.files.writer import FolderWriter

_ROWS_AT_ONCE: Final = 1 << 14
"""Rows copied in one step: 32 MB of vectors."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MergeSelection:
    """The snapshots that a compaction merges into a new one, and those that it keeps."""

    merged: tuple[HeldSnapshot, ...]
    kept: tuple[HeldSnapshot, ...]


class Maintenance:
    """Maintenance of the files of a `StateHolder`. One compaction or rebuild runs at a time; erasures run beside it."""

    def __init__(self, holder: StateHolder, writer: FolderWriter, settings: FileEngineSettings) -> None:
        self.writer = writer
        self._holder = holder
        self._settings = settings
        self._building = threading.Lock()
        self._erased: list[I64] = []
        """Ids erased since the running compaction or rebuild began."""

    def erase(self, ids: I64) -> None:
        """Remove and erase ids; see `SearchEngine.erase`."""
        with self._holder.lock:
            self._holder.remove(ids)
            self._erased.append(ids)
        with self.writer.lock:
            held = self._holder.current().base.snapshots
            self.writer.erase((one.snapshot for one in held), ids)

    def check(self) -> None:
        """Raise `DamagedSnapshot` if another program changed the files."""
        with self.writer.lock:
            self.writer.require_unchanged(held.snapshot for held in self._holder.current().base.snapshots)

    def compact(self, *, everything: bool) -> bool:
        """Write the overlay into a snapshot, merged with the snapshots that `select_merges` chooses.

        1. Take the current state and choose the snapshots to merge.
        2. Write the new snapshot and verify it, which also loads it into memory. If ids are erased meanwhile, begin
           again. The third attempt is always finished, and erased from in step 4.
        3. Erase the rows that the overlay masks from the kept files. They would reappear at the end of the overlay.
        4. Apply the changes since step 1 over the new base, erase from the new file the ids that were erased
           meanwhile, and publish the manifest: from here on other processes use the new files.
        5. Switch to the new base, and remove the files that are no longer valid.

        Args:
            everything: merge all snapshots.

        Returns:
            True if there was anything to do.
        """
        with self._building, self.writer.keeping_unpublished():
            for may_cancel in (True, True, False):
                state = self._begin()
                chosen = select_merges(
                    state.base,
                    state.overlay,
                    merge_ratio=self._settings.merge_ratio,
                    everything=everything,
                )  # 1.
                if not chosen.merged and not state.overlay.log:
                    return False
                try:
                    new = self._merge(chosen, state, may_cancel=may_cancel)  # 2.
                except WriteCancelled:
                    continue
                kept = [held.snapshot for held in chosen.kept]
                self.writer.erase(kept, state.overlay.masked)  # 3.
                self._publish(state, new, kept)  # 4. and 5.
                break
        return True

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """Replace all snapshots by one of the given codes; see `SearchEngine.rebuild`."""
        row_format = self._settings.row_format
        check_changes(Changes(sequence=sequence, add_ids=ids, add_codes=codes), row_format.row_bytes)
        row_format.check(codes)
        order = np.argsort(ids, kind="stable")
        ids = ids.take(order)
        if (ids[1:] == ids[:-1]).any():
            raise InvalidQuery("ids are unique")
        with self._building, self.writer.keeping_unpublished():
            if sequence < self._begin().base.manifest.sequence:
                raise InvalidQuery("the codes are older than what the files hold")
            in_order = bool((order[1:] > order[:-1]).all())
            rows = row_format.to_rows(codes if in_order else codes.take(order, axis=0))
            new = self._write(sequence, ids, rows, lambda: False)
            with self.writer.lock, self._holder.lock:
                self._switch(sequence, new, [], self._holder.later_than(sequence))

    def _begin(self) -> IndexState:
        with self._holder.lock:
            self._erased.clear()
            return self._holder.current()

    def _merge(self, chosen: MergeSelection, state: IndexState, *, may_cancel: bool) -> list[MappedSnapshot]:
        ids, rows = rows_to_write(chosen.merged, state.overlay, self._settings.row_format)
        return self._write(state.sequence, ids, rows, lambda: may_cancel and bool(self._erased))

    def _write(
        self, sequence: int, ids: I64, rows: Rows, is_cancelled: Callable[[], bool]
    ) -> list[MappedSnapshot]:
        """Write and verify one snapshot, or none if there is nothing to write."""
        if not len(ids):
            return []
        return [self.writer.write(self._settings.row_format, sequence, ids, rows, is_cancelled)]

    def _publish(self, state: IndexState, new: list[MappedSnapshot], kept: list[MappedSnapshot]) -> None:
        with self.writer.lock, self._holder.lock:
            later = self._holder.current().overlay.log[len(state.overlay.log) :]
            self._switch(state.sequence, new, kept, later)

    def _switch(
        self, sequence: int, new: list[MappedSnapshot], kept: list[MappedSnapshot], later: tuple[Changes, ...]
    ) -> None:
        for snapshot in new:
            self.writer.erase_unpublished(snapshot, np.concatenate([np.empty(0, np.int64), *self._erased]))
        manifest = self.writer.publish(sequence, kept + new)
        self._holder.replace_base(Base.of(manifest, kept + new), later)
        self.writer.remove_leftovers()


def select_merges(
    base: Base, overlay: Overlay, *, merge_ratio: int, everything: bool = False
) -> MergeSelection:
    """Select snapshots from the smallest up while each is at most `merge_ratio` times as large as those before it.

    A snapshot is then rewritten about once for each factor of `merge_ratio` by which the index grows, and there are
    about log(N / delta) / log(merge_ratio) of them: three at ten million codes with a ratio of 8 and a delta of 50,000.
    A snapshot of which more than a quarter was erased is rewritten in any case.
    """
    merged: list[HeldSnapshot] = []
    total = len(overlay.ids)
    for held in sorted(base.snapshots, key=lambda held: held.size):
        is_worn = 4 * len(held.erased) > held.snapshot.header.count
        if everything or is_worn or held.size <= merge_ratio * total:
            merged.append(held)
            total += held.size
    kept = tuple(held for held in base.snapshots if held not in merged)
    return MergeSelection(merged=tuple(merged), kept=kept)


def rows_to_write(
    merged: tuple[HeldSnapshot, ...], overlay: Overlay, row_format: RowFormat
) -> tuple[I64, Rows]:
    """Return the content of the new snapshot: ids int64 [n], ascending, and their rows.

    Every block that is copied is verified again: damage must not receive a fresh checksum. Rows are copied once, each
    to its final place: a million vectors are gigabytes.
    """
    sources = [row_format.to_rows(overlay.codes)]
    chosen = [np.arange(len(overlay.ids))]
    all_ids = [overlay.ids]
    for held in merged:
        snapshot = held.snapshot
        snapshot.verifier.verify_section("codes")
        snapshot.verifier.verify_section("ids")
        snapshot.verifier.verify_section("alive")
        rows = np.flatnonzero((snapshot.alive != 0) & ~_is_masked(snapshot.ids, overlay.masked))
        all_ids.append(snapshot.ids.take(rows))
        sources.append(snapshot.stored_rows)
        chosen.append(rows)
    ids = np.concatenate(all_ids)
    order = np.argsort(ids, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    out = np.empty((len(ids), sources[0].shape[1]), sources[0].dtype)
    first = 0
    for source, rows in zip(sources, chosen, strict=True):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            out[places[first : first + len(some)]] = source.take(some, axis=0)
            first += len(some)
    return ids.take(order), out


def _is_masked(ids: I64, masked: I64) -> Mask:
    """Return which of many ascending ids are masked, by finding the few masked ones among them."""
    out = np.zeros(len(ids), np.bool_)
    places = np.searchsorted(ids, masked)
    out[places[is_among(masked, ids)]] = True
    return out
