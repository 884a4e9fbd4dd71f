"""One process's background work: the index follows the database, and withdrawn cases are erased.

Requests do not depend on it for being right: a check follows the log by itself, and a withdrawal holds from its commit.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from index.errors import IndexingError
from registry.errors import RegistryError
from registry.events import LogEvent
from registry.security.logs import ServiceLog
from registry.usecases.erase import Eraser
from registry.usecases.sync_index import IndexFollower

FOLLOW_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 5.0


class Upkeep:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(
        self,
        *,
        follower: IndexFollower,
        eraser: Eraser,
        log: ServiceLog,
        reconcile_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._follower = follower
        self._eraser = eraser
        self._log = log
        self._reconcile_seconds = reconcile_seconds
        self._monotonic = monotonic
        self._wake = threading.Event()
        self._stopped = False
        self._erase_at = 0.0
        self._reconcile_at = monotonic() + reconcile_seconds
        self._began = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

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
        return self._began

    def stop(self) -> None:
        """Ends, after what is being done; harmless where it never started."""
        self._stopped = True
        self._wake.set()
        self._ready.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            self._attempt(self._keep_index, LogEvent.INDEX_SYNC_FAILED)
            if self._monotonic() >= self._erase_at:
                self._erase_at = self._monotonic() + RETRY_SECONDS
                self._attempt(self._erase, LogEvent.ERASURE_DEFERRED)
            self._wake.wait(FOLLOW_SECONDS if self._began else RETRY_SECONDS)

    def _attempt(self, work: Callable[[], None], event: LogEvent) -> None:
        try:
            work()
        except (RegistryError, IndexingError, MemoryError) as error:
            self._log.failed(event, error)

    def _keep_index(self) -> None:
        if not self._began:
            self._follower.begin()
            self._began = True
            self._ready.set()
        self._follower.follow()
        if self._monotonic() >= self._reconcile_at:
            self._reconcile_at = self._monotonic() + self._reconcile_seconds
            self._follower.reconcile()

    def _erase(self) -> None:
        for case_id in self._eraser.erase():
            self._log.note(LogEvent.CASE_ERASED, case_id=case_id)
