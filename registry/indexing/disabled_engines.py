"""Face engines that are disabled on this machine while the database holds templates of them.

1. Those templates are not searched. This is logged once as an alert, because their subjects rely on the search.
2. This machine's index files of such an engine are deleted, because withdrawn templates in them would stay. If
   another process of this machine still searches them (a server beside a command that runs with other settings), that
   process keeps them and reports its own erasures.
3. The machine then saves that it has erased everything. Otherwise no withdrawal would ever count as erased.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from registry.domain import Family
from registry.events import LogEvent
from registry.indexing.families import unsearched_faces
from registry.indexing.keeper import HEARTBEAT_INTERVAL_S
from registry.ports import ChangeFeed, IndexMachines

_NEVER: Final = (-1, float("-inf"))

_ANY_DIMENSION: Final = 1
"""Files are deleted by the engine's id; the dimension of its vectors is not used."""


class DisabledFaceEngines:
    """Deletion of the index files of disabled engines, with reports of their erasure. For one thread at a time."""

    def __init__(
        self,
        *,
        feed: ChangeFeed,
        enabled: Sequence[Family],
        delete_files: Callable[[Family], bool],
        machines: Callable[[Family], IndexMachines],
        machine_id: str,
        report: Callable[[LogEvent, Family], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Store the parts.

        Args:
            feed: the change log, of any family.
            enabled: families of the engines that are enabled.
            delete_files: deletes this machine's files of a family; returns False if another process uses them. Its
                errors are raised, and the next `clean_up` tries again.
            machines: stores the positions up to which machines have erased a family.
            machine_id: id of this machine.
            report: logs an engine whose templates are not searched here.
            monotonic: clock, in seconds.
        """
        self._feed = feed
        self._enabled = tuple(enabled)
        self._delete_files = delete_files
        self._machines = machines
        self._machine_id = machine_id
        self._report = report
        self._monotonic = monotonic
        self._reported: set[Family] = set()
        self._saved: dict[Family, tuple[int, float]] = {}

    def clean_up(self) -> None:
        """Do the due work; raise `StorageUnavailable` or `SnapshotNotWritten`. After an error, call it again later."""
        state = self._feed.state()
        for engine_id in unsearched_faces(state, self._enabled):
            self._clean_up(Family.faces(engine_id, _ANY_DIMENSION), state.head)

    def _clean_up(self, family: Family, head: int) -> None:
        if family not in self._reported:
            self._report(LogEvent.FACES_UNSEARCHED, family)  # 1.
            self._reported.add(family)
        is_new = family not in self._saved
        if is_new and not self._delete_files(family):  # 2.
            return
        position, saved_at = self._saved.get(family, _NEVER)
        machines = self._machines(family)
        is_due = self._monotonic() - saved_at > HEARTBEAT_INTERVAL_S
        if is_new or is_due or (head > position and machines.removed(position, head, 1) is not None):
            machines.save(self._machine_id, head)  # 3.
            saved_at = self._monotonic()
        self._saved[family] = (head, saved_at)
