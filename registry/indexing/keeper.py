"""Maintenance of one family's index files: the writer's role, erasures and merges.

1. One process of a machine is the writer; another takes its place when it dies.
2. The writer overwrites in all files the codes that the change log removed, and only then saves the position in the
   database. Until then a withdrawn case does not count as erased. Repeating an erasure is harmless, so a crash between
   the two steps is, too.
3. The writer merges added codes into the files; the other processes switch to the newer files.
4. Damaged files are discarded and built again from the database, which is logged. Meanwhile the service is not ready.
   Files that another program changed while they were in use are seen at the next maintenance.
"""

import time
from collections.abc import Callable
from typing import Final

from index.errors import DamagedSnapshot, NotReady
from index.search import Role, SearchEngine
from registry.events import LogEvent
from registry.indexing.follower import IndexFollower
from registry.ports import IndexMachines

MAX_ERASED_AT_ONCE: Final = 10_000

HEARTBEAT_INTERVAL_S: Final = 3600.0
"""Interval at which a machine saves its position if nothing is removed. A machine without a recent save counts as
removed."""


class IndexKeeper:
    """Maintenance of one family's files by one process. `maintain` and `compact` may run in one thread each.

    Attributes:
        compaction_seconds: duration of the last merge here, in seconds; 0 before the first.
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
        self._saved_at = float("-inf")
        self._erased_until: int | None = None
        self.compaction_seconds = 0.0
        self._follower = follower
        self._machines = machines
        self._machine_id = machine_id
        self._report = report

    def maintain(self) -> bool:
        """Do all due work but merging (1. to 3.); return whether this process is the writer.

        Raises:
            SnapshotNotWritten: the disk refused; nothing is lost, call again later.
            StorageUnavailable, IndexBehind: nothing is lost, call again later.
        """
        engine = self._follower.current_engine()
        if engine is None:
            return False
        try:
            if engine.role is Role.READER:
                if not engine.try_become_writer():
                    engine.refresh()
                    engine.check_files()
                    return False
                self._report(LogEvent.INDEX_WRITER, self._follower.position)
            engine.check_files()
            self._erase(engine)
        except (DamagedSnapshot, NotReady):
            self._begin_again()
            return False
        return True

    @property
    def needs_compaction(self) -> bool:
        """True if `compact` is due in this process."""
        engine = self._follower.current_engine()
        return engine is not None and engine.role is Role.WRITER and engine.needs_compaction

    def compact(self) -> None:
        """Merge added codes into the files (3.); takes seconds at a million codes. Raise as `maintain`."""
        engine = self._follower.current_engine()
        if engine is None or engine.role is not Role.WRITER:
            return
        began = self._monotonic()
        try:
            if engine.compact():
                self.compaction_seconds = self._monotonic() - began
                self._report(LogEvent.INDEX_COMPACTED, self._follower.position)
        except (DamagedSnapshot, NotReady):
            self._begin_again()

    def _erase(self, engine: SearchEngine) -> None:
        position = self._follower.position
        if (
            self._erased_until is None or self._erased_until > position
        ):  # the database may be an older copy now
            self._erased_until = self._machines.erased_position(self._machine_id)
        while self._erased_until < position:
            removed = self._machines.removed(self._erased_until, position, MAX_ERASED_AT_ONCE)
            if removed is None:
                self._erased_until = position
                break
            reached, ids = removed
            if len(ids):
                engine.erase(ids)
            self._save_position(reached)
            self._erased_until = reached
        if self._monotonic() - self._saved_at > HEARTBEAT_INTERVAL_S:
            self._save_position(position)

    def _save_position(self, position: int) -> None:
        self._machines.save(self._machine_id, position)
        self._saved_at = self._monotonic()

    def _begin_again(self) -> None:
        self._report(LogEvent.INDEX_DAMAGED, self._follower.position)
        self._follower.begin_again()
