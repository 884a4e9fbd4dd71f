"""Speaks for face engines that are switched off here, while the database holds templates of them.

1. Nobody searches those templates: that is said loudly, once, as their subjects believe that somebody does.
2. Index files that this machine may have of them are deleted: nobody would erase withdrawn templates in them. Where
   another process of this machine searches them still, as a server does beside a command without its settings, they
   are its own, and so is saying what is erased.
3. The machine then says that it has erased everything, as otherwise no withdrawal would ever be called erased.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from registry.domain import Family
from registry.events import LogEvent
from registry.indexing.follower import unsearched_faces
from registry.indexing.keeper import SHOWN_EVERY_SECONDS
from registry.ports import ChangeFeed, IndexMachines

_NEVER: Final = (-1, float("-inf"))


class AbsentFaces:
    """Tends what is absent; for one thread at a time."""

    def __init__(
        self,
        *,
        feed: ChangeFeed,
        enabled: Sequence[Family],
        forget: Callable[[Family], bool],
        machines: Callable[[Family], IndexMachines],
        machine_id: str,
        report: Callable[[LogEvent, Family], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes its parts.

        Args:
            feed: the change log, of any family.
            enabled: families of the engines that are on.
            forget: deletes this machine's files of a family; false where another process uses them. What it raises
                passes through, and the next look tries again.
            machines: where machines say how far they have come with a family.
            machine_id: this machine's.
            report: tells of an engine whose templates nobody searches here.
            monotonic: seconds.
        """
        self._feed = feed
        self._enabled = tuple(enabled)
        self._forget = forget
        self._machines = machines
        self._machine_id = machine_id
        self._report = report
        self._monotonic = monotonic
        self._reported: set[Family] = set()
        self._said: dict[Family, tuple[int, float]] = {}

    def tend(self) -> None:
        """Does what is due; raises `StorageUnavailable` or `SnapshotNotWritten`, then nothing is lost."""
        state = self._feed.state()
        for engine_id in unsearched_faces(state, self._enabled):
            self._tend(Family.faces(engine_id, 1), state.head)  # of absent files no dimension is asked

    def _tend(self, family: Family, head: int) -> None:
        if family not in self._reported:
            self._report(LogEvent.FACES_UNSEARCHED, family)  # 1.
            self._reported.add(family)
        is_new = family not in self._said
        if is_new and not self._forget(family):  # 2.
            return
        position, at = self._said.get(family, _NEVER)
        machines = self._machines(family)
        is_late = self._monotonic() - at > SHOWN_EVERY_SECONDS
        if is_new or is_late or (head > position and machines.removed(position, head, 1) is not None):
            machines.save(self._machine_id, head)  # 3.
            at = self._monotonic()
        self._said[family] = (head, at)
