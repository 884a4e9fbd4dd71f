"""Tends the index's files of one family: who writes them, what is erased from them, when they are merged.

1. One process of a machine is the writer; another takes its place when it dies.
2. The writer overwrites in all files what the change log removed, and only then says so in the database. Until then a
   withdrawn case is not called erased. Repeating is harmless, so a crash in between is.
3. The writer merges what was added into the files; the others take the newer files up.
4. Files that turn out damaged are thrown away and built anew from the database, loudly.
"""

import time
from collections.abc import Callable
from typing import Final

from index.errors import DamagedSnapshot, NotReady
from index.search import Role
from index.search.files import FiledIndex
from registry.events import LogEvent
from registry.indexing.follower import IndexFollower
from registry.ports import IndexMachines

ERASED_AT_ONCE: Final = 10_000

SHOWN_EVERY_SECONDS: Final = 3600.0
"""How often a machine writes down that it is there, when nothing is removed."""


class IndexKeeper:
    """Tends one process's view of one family's files; `tend` and `compact` may run beside each other, in a thread each.

    Attributes:
        compaction_seconds: how long the last merge took here; 0 before the first.
    """

    def __init__(
        self,
        *,
        follower: IndexFollower,
        machines: IndexMachines,
        machine_id: str,
        report: Callable[[LogEvent, int], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._shown_at = float("-inf")
        self._looked_until: int | None = None
        self.compaction_seconds = 0.0
        self._follower = follower
        self._machines = machines
        self._machine_id = machine_id
        self._report = report

    def tend(self) -> bool:
        """Does what is due but for merging (1., 2., 3.); returns whether this process is the writer.

        Raises:
            SnapshotNotWritten: the disk refused; nothing is lost, call again later.
            StorageUnavailable, IndexBehind: likewise.
        """
        engine = self._engine()
        if engine is None:
            return False
        try:
            if engine.role is Role.READER:
                if not engine.try_become_writer():
                    engine.refresh()
                    return False
                self._report(LogEvent.INDEX_WRITER, self._follower.position)
            self._erase(engine)
        except (DamagedSnapshot, NotReady):
            self._begin_again()
            return False
        return True

    @property
    def needs_compaction(self) -> bool:
        """Tells whether `compact` is due."""
        engine = self._engine()
        return engine is not None and engine.role is Role.WRITER and engine.needs_compaction

    def compact(self) -> None:
        """Merges what was added into the files (3.); takes seconds at a million codes. Raises as `tend` does."""
        engine = self._engine()
        if engine is None or engine.role is not Role.WRITER:
            return
        began = self._monotonic()
        try:
            if engine.compact():
                self.compaction_seconds = self._monotonic() - began
                self._report(LogEvent.INDEX_COMPACTED, self._follower.position)
        except (DamagedSnapshot, NotReady):
            self._begin_again()

    def _engine(self) -> FiledIndex | None:
        engine = self._follower.current_engine()
        return engine if isinstance(engine, FiledIndex) else None

    def _erase(self, engine: FiledIndex) -> None:
        position = self._follower.position
        if (
            self._looked_until is None or self._looked_until > position
        ):  # the database may be an older copy now
            self._looked_until = self._machines.erased_position(self._machine_id)
        while self._looked_until < position:
            removed = self._machines.removed(self._looked_until, position, ERASED_AT_ONCE)
            if removed is None:
                self._looked_until = position
                break
            reached, ids = removed
            if len(ids):
                engine.erase(ids)
            self._show(reached)
            self._looked_until = reached
        if self._monotonic() - self._shown_at > SHOWN_EVERY_SECONDS:
            self._show(position)

    def _show(self, position: int) -> None:
        self._machines.save(self._machine_id, position)
        self._shown_at = self._monotonic()

    def _begin_again(self) -> None:
        self._report(LogEvent.INDEX_DAMAGED, self._follower.position)
        self._follower.begin_again()
