"""One process's background work: the index follows the database, and withdrawn cases are erased.

Requests do not depend on it for being right: a check follows the log by itself, and a withdrawal holds from its commit.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from registry.events import LogEvent
from registry.security.logs import ServiceLog
from registry.usecases.erase import Eraser
from registry.usecases.keep_index import IndexKeeper
from registry.usecases.sync_index import IndexFollower

FOLLOW_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 1.0
ERASE_RETRY_SECONDS: Final = 0.5
FIRST_RECONCILE_SECONDS: Final = 30.0
"""Soon after the start: what files hold was true when they were written."""


class Upkeep:
    """Runs in a thread of its own from `start` to `stop`, and merges files in another."""

    def __init__(
        self,
        *,
        follower: IndexFollower,
        keeper: IndexKeeper,
        eraser: Eraser,
        log: ServiceLog,
        reconcile_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._follower = follower
        self._keeper = keeper
        self._eraser = eraser
        self._log = log
        self._reconcile_seconds = reconcile_seconds
        self._monotonic = monotonic
        self._wake = threading.Event()
        self._stopped = False
        self._erase_at = 0.0
        self._reconcile_at = monotonic() + FIRST_RECONCILE_SECONDS
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._merging: threading.Thread | None = None

    def start(self) -> None:
        """Begins; the index becomes ready some time after."""
        self._thread.start()

    def withdrawal(self) -> None:
        """Erases now instead of at the next look."""
        self._erase_at = 0.0
        self._wake.set()

    def wait_until_ready(self) -> bool:
        """Waits until the index is ready; returns false where the work ended before."""
        self._ready.wait()
        return not self._stopped

    def once(self) -> None:
        """Does here and now what is due: for commands, which have no background.

        Raises:
            RegistryError, SearchError: what could not be done.
        """
        if self._follower.current_engine() is None:
            self._follower.begin()
        self._follower.follow()
        self._keeper.tend()
        self._eraser.erase()

    def stop(self) -> None:
        """Ends, after what is being done; harmless where it never started."""
        self._stopped = True
        self._wake.set()
        self._ready.set()
        for thread in (self._thread, self._merging):
            if thread is not None and thread.ident is not None:
                thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            followed = self._attempt(self._keep_index, LogEvent.INDEX_SYNC_FAILED)
            if followed:
                self._attempt(self._keep_files, LogEvent.INDEX_UPKEEP_FAILED)
            self._wake.wait(FOLLOW_SECONDS if followed else RETRY_SECONDS)

    def _attempt(self, work: Callable[[], None], event: LogEvent) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001  whatever happens, the next look must come: erasures depend on it
            self._log.failed(event, error)
            return False
        return True

    def _keep_index(self) -> None:
        if self._follower.current_engine() is None:
            self._follower.begin()
        self._follower.follow()
        self._ready.set()
        if self._monotonic() >= self._reconcile_at:
            self._reconcile_at = self._monotonic() + self._reconcile_seconds
            self._follower.reconcile()

    def _keep_files(self) -> None:
        writes = self._keeper.tend()
        if writes and self._keeper.needs_compaction and not self._is_merging():
            self._merging = threading.Thread(target=self._merge, name="merge", daemon=True)
            self._merging.start()
        if writes and self._monotonic() >= self._erase_at:
            done = self._attempt(self._erase, LogEvent.ERASURE_DEFERRED)
            self._erase_at = 0.0 if done else self._monotonic() + ERASE_RETRY_SECONDS

    def _is_merging(self) -> bool:
        return self._merging is not None and self._merging.is_alive()

    def _merge(self) -> None:
        self._attempt(self._keeper.compact, LogEvent.INDEX_UPKEEP_FAILED)

    def _erase(self) -> None:
        for case_id in self._eraser.erase():
            self._log.note(LogEvent.CASE_ERASED, case_id=case_id)
