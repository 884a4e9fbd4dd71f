"""What only the writer does: compaction, erasure and bulk rebuilding, beside searches and applies."""

import threading
from collections.abc import Callable

import numpy as np

from index.arrays import I64, U8
from index.errors import InvalidQuery
from index.search.engine import Changes, check_changes
from index.search.files.base import Base
from index.search.files.compaction import Selection, rows_to_write, select
from index.search.files.form import Rows
from index.search.files.keeper import Keeper
from index.search.files.mapped import MappedSnapshot
from index.search.files.state import Holder, Settings, State
from index.search.files.writing import CalledOff


class Upkeep:
    """Keeps the files of a `Holder`'s state. One compaction or rebuild at a time; erasures go between."""

    def __init__(self, holder: Holder, keeper: Keeper, settings: Settings) -> None:
        self.keeper = keeper
        self._holder = holder
        self._settings = settings
        self._building = threading.Lock()
        self._erasing: list[I64] = []
        """Ids erased since the running compaction or rebuild began."""

    def erase(self, ids: I64) -> None:
        """See `FiledIndex.erase`."""
        with self._holder.lock:
            self._holder.remove(ids)
            self._erasing.append(ids)
        with self.keeper.turn:
            self.keeper.erase(self._holder.current().base.segments, ids)

    def compact(self, *, everything: bool) -> bool:
        """Writes the overlay into a snapshot, with the segments that it is time to merge.

        1. Take the present state and choose what to merge.
        2. Write the new snapshot and verify it, which also brings it into memory. Should ids be erased
           meanwhile, begin again; the third attempt is finished, and erased from in step 4.
        3. Erase in the kept files what the overlay masks there: it would come back with the overlay's end.
        4. Lay the changes since step 1 over the new base, erase from the new file what was erased meanwhile,
           and publish the manifest: from here on other processes use the new files.
        5. Swap to the new base, and remove the files that no longer count.
        """
        with self._building, self.keeper.building():
            for may_stop in (True, True, False):
                state = self._begin()
                chosen = select(
                    state.base,
                    state.overlay,
                    merge_ratio=self._settings.merge_ratio,
                    everything=everything,
                )  # 1.
                if not chosen.merged and not state.overlay.log:
                    return False
                try:
                    new = self._merge(chosen, state, may_stop=may_stop)  # 2.
                except CalledOff:
                    continue
                self.keeper.erase(chosen.kept, state.overlay.masked)  # 3.
                self._publish(state, new, [segment.snapshot for segment in chosen.kept])  # 4. and 5.
                break
        return True

    def rebuild(self, sequence: int, ids: I64, codes: U8) -> None:
        """See `FiledIndex.rebuild`."""
        form = self._settings.form
        check_changes(Changes(sequence=sequence, add_ids=ids, add_codes=codes), form.row_bytes)
        form.check(codes)
        order = np.argsort(ids, kind="stable")
        ids = ids.take(order)
        if (ids[1:] == ids[:-1]).any():
            raise InvalidQuery("ids are unique")
        with self._building, self.keeper.building():
            if sequence < self._begin().base.manifest.sequence:
                raise InvalidQuery("the codes are older than what the files hold")
            in_order = bool((order[1:] > order[:-1]).all())
            rows = form.stored(codes if in_order else codes.take(order, axis=0))
            new = self._write(sequence, ids, rows, lambda: False)
            with self.keeper.turn, self._holder.lock:
                self._swap(sequence, new, [], self._holder.later_than(sequence))

    def _begin(self) -> State:
        with self._holder.lock:
            self._erasing.clear()
            return self._holder.current()

    def _merge(self, chosen: Selection, state: State, *, may_stop: bool) -> list[MappedSnapshot]:
        ids, rows = rows_to_write(chosen.merged, state.overlay, self._settings.form)
        return self._write(state.sequence, ids, rows, lambda: may_stop and bool(self._erasing))

    def _write(self, sequence: int, ids: I64, rows: Rows, stop: Callable[[], bool]) -> list[MappedSnapshot]:
        """Writes and verifies one snapshot, or none where there is nothing to write."""
        if not len(ids):
            return []
        return [self.keeper.write(self._settings.form, sequence, ids, rows, stop)]

    def _publish(self, state: State, new: list[MappedSnapshot], kept: list[MappedSnapshot]) -> None:
        with self.keeper.turn, self._holder.lock:
            later = self._holder.current().overlay.log[len(state.overlay.log) :]
            self._swap(state.sequence, new, kept, later)

    def _swap(
        self, sequence: int, new: list[MappedSnapshot], kept: list[MappedSnapshot], later: tuple[Changes, ...]
    ) -> None:
        for snapshot in new:
            self.keeper.erase_unpublished(snapshot, np.concatenate([np.empty(0, np.int64), *self._erasing]))
        manifest = self.keeper.publish(sequence, kept + new)
        base = Base.of(manifest, kept + new)
        self._holder.replace(base, later, compacted=True)
        self.keeper.tidy()
