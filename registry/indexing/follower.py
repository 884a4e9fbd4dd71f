"""One family's index in one process, kept in step with the database. SQL is the truth; the index follows.

1. Begin: open the files, or read everything searched at one position of the change log (`opening`).
2. Follow: apply the changes of the log after that position. This runs before every search; it is cheap when there is
   nothing new.
3. If the epoch changed (a restored or replaced database), begin again.
4. Reconcile from time to time: position, count and checksum must agree with the database. Otherwise report it, discard
   the files and begin again.
5. If the database holds codes of a family that this program does not know, give no answer, because those codes would
   silently go unmatched. Face templates of an engine that the deployment has disabled are known, and are reported
   (`families`).

Until step 1 has ended, and after any failure, searches raise `IndexBehind` rather than give a possibly wrong answer.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from index.arrays import U8
from index.errors import DamagedSnapshot, SearchError
from index.search import EngineStatus, Hits, SearchEngine
from registry.domain import CODE_FAMILIES, Family
from registry.errors import IndexBehind
from registry.events import LogEvent
from registry.indexing.batches import as_batch
from registry.indexing.families import unknown_families
from registry.indexing.opening import EngineOpener
from registry.ports import ChangeFeed, FeedPage, FeedState

MAX_BATCH_CODES: Final = 10_000
"""Codes applied at once."""

_RECONCILE_TRIES: Final = 5

_MIN_DIFFERENCES: Final = 3
"""Consecutive differences that count as a mismatch.

One difference may be temporary: a code that was added before the database's totals were read, and erased before the
index read its addition, is missing from the index.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """The state of an index compared with its database.

    Attributes:
        ready: whether the index answers searches.
        position: position in the change log that searches reflect; -1 before the first.
        head: the log's last position.
        engine: the content of the engine in numbers.
    """

    ready: bool
    position: int
    head: int
    engine: EngineStatus

    @property
    def lag(self) -> int:
        """Number of changes that searches do not reflect yet."""
        return self.head - self.position


class IndexFollower:
    """One family's part of `registry.ports.Index`, over any `SearchEngine`.

    Threads: any. One thread at a time follows the log; searches run beside it on the engine's last state.
    """

    def __init__(
        self,
        *,
        feed: ChangeFeed,
        new_engine: Callable[[str], SearchEngine],
        report: Callable[[LogEvent, int], None],
        discard: Callable[[str], SearchEngine] | None = None,
        known: Collection[Family] = CODE_FAMILIES,
    ) -> None:
        """Store the parts.

        Args:
            feed: the change log of the family.
            new_engine: opens an epoch's engine with the content of its files; raises `SearchError`.
            report: `report(event, position)` for the log.
            discard: opens an empty engine in place of files that are damaged or of another epoch.
            known: the families that this process searches besides faces; codes of any other stop every answer (5.).
        """
        self._feed = feed
        self._opener = EngineOpener(
            feed=feed, new_engine=new_engine, new_empty_engine=discard or new_engine, report=report
        )
        self._report = report
        self._known = frozenset(known)
        self._lock = threading.Lock()
        self._engine: SearchEngine | None = None
        self._epoch = ""
        self._position = -1
        self._is_behind = False
        self._size: int | None = None
        self._reported_unknown: frozenset[str] = frozenset()

    @property
    def family(self) -> Family:
        """The family whose codes the index holds."""
        return self._feed.family

    @property
    def position(self) -> int:
        """Position in the change log that searches reflect; -1 before the first."""
        return self._position

    def current_engine(self) -> SearchEngine | None:
        """Return the engine that searches use, or None; for `registry.indexing.keeper`."""
        return self._engine

    def status(self) -> IndexStatus:
        """Return the state of the index; reads the log's head."""
        state = self._feed.state()
        engine = self._engine
        status = EngineStatus(sequence=-1, size=0, checksum=0) if engine is None else engine.status()
        is_same_life = state.epoch == self._epoch
        ready = engine is not None and is_same_life and not unknown_families(state, self._known)
        return IndexStatus(ready=ready, position=self._position, head=state.head, engine=status)

    def ready_position(self) -> int:
        """Follow the log to its head and return the position; raise `IndexBehind`."""
        if self._engine is None:
            raise IndexBehind  # do not wait: beginning may take long, and holds the lock
        with self._lock:
            # Ask for news with the lock held: another thread may have received the news and still apply it.
            if self._feed.has_news() or self._is_behind:
                self._is_behind = (
                    True  # the feed reports news once; after a failure the next call must follow
                )
                self._follow()
            if self._engine is None:
                raise IndexBehind
            return self._position

    def propose(self, codes: U8, radius: int, doubtful: U8 | None = None) -> Hits:
        """Search the index; raise `IndexBehind`."""
        engine = self._engine
        if engine is None:
            raise IndexBehind
        try:
            return engine.propose(codes, radius, doubtful)
        except DamagedSnapshot as error:
            self._report(LogEvent.INDEX_DAMAGED, self._position)
            with self._lock:
                if self._engine is engine:
                    self._drop_engine()  # the next call that follows the log begins again and discards the files
            raise IndexBehind from error
        except SearchError as error:
            raise IndexBehind from error

    def size(self) -> int:
        """Return the number of codes held, or an upper bound while some are being erased; raise `IndexBehind`."""
        size = self._size
        if size is None:
            with self._lock:
                size = self._size = self._engine_status().size
        return size

    def begin(self) -> bool:
        """Begin (1.), or begin again, and verify the files; return whether any had to be discarded.

        Raises:
            IndexBehind: the files are another process's to build, and do not exist yet.
            StorageUnavailable: the database is away.
        """
        with self._lock:
            return self._begin()

    def begin_again(self) -> None:
        """Begin again because the files are damaged; until that has succeeded, searches raise `IndexBehind`."""
        with self._lock:
            self._drop_engine()
            self._begin()

    def follow(self) -> None:
        """Apply new changes (2., 3.); raise `IndexBehind` or `StorageUnavailable`, then nothing is lost."""
        with self._lock:
            self._follow()

    def catch_up(self) -> None:
        """Begin unless that is done, and apply new changes; raise as `follow`."""
        if self._engine is None:
            self.begin()
        self.follow()

    def reconcile(self) -> bool:
        """Compare with the database (4.); return False if the index had to begin again."""
        differences = 0
        for _ in range(_RECONCILE_TRIES):
            wanted = self._feed.totals()  # without the lock: this reads all ids
            with self._lock:
                self._follow(until=wanted.sequence)
                held = self._engine_status()
                if held.sequence != wanted.sequence:
                    continue  # another thread followed the log further in the meantime
                if (held.size, held.checksum) == (wanted.size, wanted.checksum):
                    return True
                differences += 1
                if differences < _MIN_DIFFERENCES:
                    continue
                self._report(LogEvent.INDEX_MISMATCH, self._position)
                self._begin(distrusted=True)
                return False
        return True

    def close(self) -> None:
        """Free the engine; searches then raise `IndexBehind`."""
        with self._lock:
            self._drop_engine()

    def _begin(self, *, distrusted: bool = False) -> bool:
        self._drop_engine()
        state = self._known_state()
        opened = self._opener.open(state, distrusted=distrusted)
        engine = opened.engine
        self._epoch, self._position, self._engine = state.epoch, engine.status().sequence, engine
        self._is_behind = self._position < state.head
        self._report(LogEvent.INDEX_READY, self._position)
        return opened.was_discarded

    def _follow(self, until: int | None = None) -> None:
        state = self._known_state()
        engine = self._engine
        if engine is None or state.epoch != self._epoch or state.head < self._position:
            self._begin()
            engine = self._engine
            if engine is None:
                raise IndexBehind
        head = state.head if until is None else min(state.head, until)
        while self._position < head:
            page = self._feed.after(self._position, head, MAX_BATCH_CODES)
            if page.reached <= self._position:
                raise IndexBehind
            self._apply(engine, page)
        self._is_behind = self._position < state.head

    def _known_state(self) -> FeedState:
        """Return the state of the log; raise `IndexBehind` if the database holds codes of an unknown family (5.)."""
        state = self._feed.state()
        unknown = unknown_families(state, self._known)
        if unknown - self._reported_unknown:
            self._report(LogEvent.INDEX_UNKNOWN_FAMILY, state.head)
        self._reported_unknown = unknown
        if unknown:
            raise IndexBehind("The registry holds codes that this version of the program cannot search.")
        return state

    def _apply(self, engine: SearchEngine, page: FeedPage) -> None:
        try:
            engine.apply(as_batch(page, self.family))
        except (SearchError, MemoryError) as error:
            self._drop_engine()
            raise IndexBehind from error
        self._position = page.reached
        self._size = None

    def _engine_status(self) -> EngineStatus:
        if self._engine is None:
            raise IndexBehind
        return self._engine.status()

    def _drop_engine(self) -> None:
        engine, self._engine = self._engine, None
        self._size = None
        if engine is not None:
            engine.close()
