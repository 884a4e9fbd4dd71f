"""The background work of one process.

Its indexes follow the database, withdrawn cases are erased, room is kept, and duties are done
(`registry.bootstrap.duties` has them).

The correctness of requests does not depend on it: every check reads the change log itself, and a withdrawal takes
effect with its commit.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from registry.domain import Family
from registry.events import LogEvent
from registry.indexing import DisabledFaceEngines, Indexes, IndexKeeper
from registry.jobs.duties import Duty
from registry.security import ServiceLog
from registry.usecases.cases import Eraser

FOLLOW_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 1.0
ERASE_RETRY_SECONDS: Final = 0.5
FIRST_RECONCILE_SECONDS: Final = 30.0
"""Delay of the first comparison after the start. It is short because index files may be out of date."""

ROOM_SECONDS: Final = 5.0
"""Interval at which the room for withdrawals is made again."""


class Upkeep:
    """Background thread, active from `start` to `stop`. It merges index files in a second thread."""

    def __init__(
        self,
        *,
        indexes: Indexes,
        keepers: Mapping[Family, IndexKeeper],
        disabled_engines: DisabledFaceEngines | None = None,
        eraser: Eraser,
        log: ServiceLog,
        reconcile_seconds: float,
        keep_room: Callable[[], bool] = lambda: True,
        duties: Sequence[Duty] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexes = indexes
        self._keepers = dict(keepers)
        self._disabled_engines = disabled_engines
        self._eraser = eraser
        self._log = log
        self._reconcile_seconds = reconcile_seconds
        self._keep_room = keep_room
        self._has_room = True
        self._duties = tuple(duties)
        self._room_at = 0.0
        self._monotonic = monotonic
        self._wake = threading.Event()
        self._stopped = False
        self._erase_at = 0.0
        self._reconcile_at = dict.fromkeys(keepers, monotonic() + FIRST_RECONCILE_SECONDS)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._merging: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread. The indexes become ready some time later."""
        self._thread.start()

    def withdrawal(self) -> None:
        """Wake the thread to erase withdrawn cases at once."""
        self._erase_at = 0.0
        self._wake.set()

    def wait_until_ready(self) -> bool:
        """Wait until the indexes are ready; return False if the work was stopped first."""
        self._ready.wait()
        return not self._stopped

    def once(self) -> None:
        """Do the due work once, for commands, which have no background thread.

        Raises:
            RegistryError, SearchError: part of the work failed.
        """
        self._indexes.follow()
        for keeper in self._keepers.values():
            keeper.maintain()
        self._clean_up_disabled()
        self._eraser.erase()
        for duty in self._duties:
            if duty.in_commands:
                duty.work()

    def stop(self) -> None:
        """Stop after the current step. Has no effect if the thread was never started."""
        self._stopped = True
        self._wake.set()
        self._ready.set()
        for thread in (self._thread, self._merging):
            if thread is not None and thread.ident is not None:
                thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            followed = [
                family
                for family in self._keepers
                if self._attempt(partial(self._keep_index, family), LogEvent.INDEX_SYNC_FAILED, family)
            ]
            in_step = len(followed) == len(self._keepers)
            if in_step:
                self._ready.set()
            self._keep_files(followed)
            self._make_room()
            self._fulfil(in_writer=False)
            self._wake.wait(FOLLOW_SECONDS if in_step else RETRY_SECONDS)

    def _attempt(self, work: Callable[[], object], event: LogEvent, family: Family | None = None) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001  the loop must go on after any error: erasures depend on it
            self._log.failed(event, error, **({} if family is None else {"family": family.value}))
            return False
        return True

    def _keep_index(self, family: Family) -> None:
        follower = self._indexes.follower(family)
        follower.catch_up()
        if self._monotonic() >= self._reconcile_at[family]:
            self._reconcile_at[family] = self._monotonic() + self._reconcile_seconds
            follower.reconcile()

    def _keep_files(self, followed: Sequence[Family]) -> None:
        """Maintain the files of the families that follow the database. A failure of one does not affect the others."""
        writing: list[Family] = []
        for family in followed:
            self._attempt(partial(self._tend, family, writing), LogEvent.INDEX_UPKEEP_FAILED, family)
        if writing:
            self._attempt(self._clean_up_disabled, LogEvent.INDEX_UPKEEP_FAILED)
        due = [family for family in writing if self._keepers[family].needs_compaction]
        if due and not self._is_merging():
            self._merging = threading.Thread(target=self._merge, args=(due,), name="merge", daemon=True)
            self._merging.start()
        if writing and self._monotonic() >= self._erase_at:
            done = self._attempt(self._erase, LogEvent.ERASURE_DEFERRED)
            self._erase_at = 0.0 if done else self._monotonic() + ERASE_RETRY_SECONDS
        if writing:
            self._fulfil(in_writer=True)

    def _tend(self, family: Family, writing: list[Family]) -> None:
        if self._keepers[family].maintain():
            writing.append(family)

    def _clean_up_disabled(self) -> None:
        if self._disabled_engines is not None:
            self._disabled_engines.clean_up()

    def _make_room(self) -> None:
        """Make the room for withdrawals again, if it was used; raise an alert if there is too little for it."""
        if self._monotonic() < self._room_at:
            return
        self._room_at = self._monotonic() + ROOM_SECONDS
        has_room = self._keep_room()
        if self._has_room and not has_room:
            self._log.alert(LogEvent.ROOM_MISSING)
        self._has_room = has_room

    def _fulfil(self, *, in_writer: bool) -> None:
        """Do the duties that are due. Those of every process are done whatever the state of the indexes."""
        for duty in self._duties:
            if duty.in_writer is in_writer and duty.begins(self._monotonic()):
                self._attempt(duty.work, duty.failure)

    def _is_merging(self) -> bool:
        return self._merging is not None and self._merging.is_alive()

    def _merge(self, due: Sequence[Family]) -> None:
        for family in due:
            self._attempt(self._keepers[family].compact, LogEvent.INDEX_UPKEEP_FAILED, family)

    def _erase(self) -> None:
        for case_id in self._eraser.erase():
            self._log.note(LogEvent.CASE_ERASED, case_id=case_id)
