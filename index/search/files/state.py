"""What a process holds of one index, swapped as one reference."""

import threading
from dataclasses import dataclass

from index.arrays import I64
from index.errors import NotReady
from index.search.engine import Changes, EngineStatus
from index.search.files.base import Base
from index.search.files.form import Form
from index.search.files.overlay import Overlay
from index.search.files.snapshot_format import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What stays the same over an engine's life: whose rows, what a row is, and when files are merged.

    Attributes:
        compact_after: changes in the overlay from which on `needs_compaction` is true. A scan of 50,000 codes
            takes 65 us a query, about as long as the base at one million.
        merge_ratio: see `compaction.select`.
    """

    identity: Identity
    form: Form
    compact_after: int
    merge_ratio: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Everything one call needs: the files, the changes over them, and the position that both reflect."""

    base: Base
    overlay: Overlay
    sequence: int


class Holder:
    """The present state. `current` takes no lock; who changes the state takes turns by `lock`."""

    def __init__(self, base: Base, form: Form) -> None:
        self.lock = threading.RLock()
        self._form = form
        sequence = base.manifest.sequence
        self._state: State | None = State(base=base, overlay=Overlay.empty(form), sequence=sequence)
        self._compactions = 0
        self._retired_scans = 0

    def current(self) -> State:
        """Raises `NotReady` once the engine is closed."""
        if self._state is None:
            raise NotReady("the engine is closed")
        return self._state

    def apply(self, changes: Changes) -> None:
        """Lays one more batch over the state, unless the files hold all of it already.

        A process that took up newer files may still be handed a batch from before them; its additions would
        bring back what the files no longer hold.
        """
        with self.lock:
            state = self.current()
            if not 0 < changes.sequence <= state.base.manifest.sequence:
                overlay = state.overlay.after(state.base, changes)
                self._state = State(base=state.base, overlay=overlay, sequence=changes.sequence)

    def remove(self, ids: I64) -> None:
        """Removes ids ahead of the change log."""
        with self.lock:
            state = self.current()
            gone = Changes(sequence=state.sequence, remove_ids=ids)
            overlay = state.overlay.after(state.base, gone)
            self._state = State(base=state.base, overlay=overlay, sequence=state.sequence)

    def replace(self, base: Base, later: tuple[Changes, ...], *, compacted: bool = False) -> None:
        """Puts a newer base under the batches that came later than it."""
        with self.lock:
            old = self.current()
            overlay = Overlay.fold(self._form, base, later)
            sequence = max(old.sequence, base.manifest.sequence)
            self._compactions += compacted
            self._retired_scans += old.base.fallback_scans - base.fallback_scans
            self._state = State(base=base, overlay=overlay, sequence=sequence)

    def later_than(self, sequence: int) -> tuple[Changes, ...]:
        """The batches that a base of that sequence does not hold, or not wholly."""
        return tuple(changes for changes in self.current().overlay.log if changes.sequence > sequence)

    def status(self) -> EngineStatus:
        """All numbers of one moment."""
        state = self.current()
        return EngineStatus(
            sequence=state.sequence,
            size=state.overlay.size(state.base),
            checksum=state.overlay.checksum(state.base),
            delta_size=len(state.overlay.ids),
            segments=len(state.base.segments),
            fallback_scans=self._retired_scans + state.base.fallback_scans,
            compactions=self._compactions,
        )

    def drop(self) -> None:
        """Lets go of everything."""
        with self.lock:
            self._state = None
