"""Keeps one family's index of one process in step with the database: SQL is the truth, the index follows.

(design.md section 10; `indexes` holds the families together.)

1. Begin: open what files hold, or read everything searched at one position of the change log.
2. Follow: apply what the log holds after that position. Asked before every search; cheap when nothing is new.
3. Another epoch (a restored or replaced database) means beginning again.
4. Reconcile from time to time: position, count and checksum must agree, or the index begins again, loudly.
5. Codes of a family that this program does not know would go unmatched in silence: then there is no answer at all.
   Face templates of an engine that the deployment has switched off are known, and told (`unsearched_faces`).

Until step 1 has ended, and after any failure, searches raise `IndexBehind`: never an answer that might be wrong.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import I64, U8
from index.errors import DamagedSnapshot, NotReady, SearchError
from index.search import Changes, EngineStatus, Hits, ProposingEngine
from registry.domain import CODE_FAMILIES, Family, engine_of, removed_ids, window_ids
from registry.errors import IndexBehind
from registry.events import LogEvent
from registry.ports import ChangeFeed, FeedPage, FeedState

BATCH: Final = 10_000
"""Codes applied at once."""

REPLAY: Final = 50_000
"""Codes that are applied one after the other; beyond them reading everything anew is faster."""

_RECONCILE_TRIES: Final = 5

_DIFFERENCES_TO_BELIEVE: Final = 3
"""A code added before the books were read and erased before the index read its addition is missing for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an index stands against its database.

    Attributes:
        position: what searches reflect; -1 before the first.
        head: the log's last position.
    """

    ready: bool
    position: int
    head: int
    engine: EngineStatus

    @property
    def lag(self) -> int:
        """Changes that searches do not reflect yet."""
        return self.head - self.position


class IndexFollower:
    """One family's part of `registry.ports.Index`, over any `ProposingEngine`.

    Threads: any. One thread at a time follows the log; searches go on beside it on the engine's last state.
    """

    def __init__(
        self,
        *,
        feed: ChangeFeed,
        new_engine: Callable[[str], ProposingEngine],
        report: Callable[[LogEvent, int], None],
        discard: Callable[[str], ProposingEngine] | None = None,
        known: Collection[Family] = CODE_FAMILIES,
    ) -> None:
        """Takes its parts.

        Args:
            feed: the change log of the family.
            new_engine: opens an epoch's engine, with what its files hold; raises `SearchError`.
            report: `report(event, position)` for the log.
            discard: opens an empty one in place of files that are damaged or another epoch's.
            known: what this process searches besides faces; codes of any other family stop every answer (5.).
        """
        self._feed = feed
        self._new_engine = new_engine
        self._discard = discard or new_engine
        self._report = report
        self._known = frozenset(known)
        self._turn = threading.Lock()
        self._engine: ProposingEngine | None = None
        self._epoch = ""
        self._position = -1
        self._behind = False
        self._size: int | None = None
        self._met: frozenset[str] = frozenset()

    def ready_position(self) -> int:
        """Follows the log as far as it goes and returns the position; raises `IndexBehind`."""
        if self._engine is None:
            raise IndexBehind  # at once: beginning may take long, and holds the turn
        with self._turn:
            # In turn: who is told that nothing is new must not overtake the one who was told and still applies it.
            if self._feed.has_news() or self._behind:
                self._behind = True  # news is told once: who fails to follow it leaves it to the next
                self._follow()
            if self._engine is None:
                raise IndexBehind
            return self._position

    def propose(self, codes: U8, radius: int) -> Hits:
        """Searches what the index holds; raises `IndexBehind`."""
        engine = self._engine
        if engine is None:
            raise IndexBehind
        try:
            return engine.propose(codes, radius)
        except DamagedSnapshot as error:
            self._report(LogEvent.INDEX_DAMAGED, self._position)
            with self._turn:
                if self._engine is engine:
                    self._drop()  # the next look begins again, and throws the files away
            raise IndexBehind from error
        except SearchError as error:
            raise IndexBehind from error

    def size(self) -> int:
        """Tells how many codes are held, or at most so many while some are being erased; raises `IndexBehind`."""
        size = self._size
        if size is None:
            with self._turn:
                size = self._size = self._status().size
        return size

    def begin(self) -> bool:
        """Begins (1.) and verifies what files hold; returns whether any had to be thrown away.

        Raises:
            IndexBehind: the files are another process's to build, and are not there yet.
            StorageUnavailable: the database is away.
        """
        with self._turn:
            return self._begin()

    def follow(self) -> None:
        """Applies what is new (2., 3.); raises `IndexBehind` or `StorageUnavailable`, then nothing is lost."""
        with self._turn:
            self._follow()

    def reconcile(self) -> bool:
        """Compares with the database (4.); returns false where the index had to begin again."""
        differences = 0
        for _ in range(_RECONCILE_TRIES):
            wanted = self._feed.totals()  # not in turn: this reads all ids
            with self._turn:
                self._follow(until=wanted.sequence)
                held = self._status()
                if held.sequence != wanted.sequence:
                    continue  # a check followed the log further meanwhile
                if (held.size, held.checksum) == (wanted.size, wanted.checksum):
                    return True
                differences += 1
                if differences < _DIFFERENCES_TO_BELIEVE:
                    continue
                self._report(LogEvent.INDEX_MISMATCH, self._position)
                self._begin()
                return False
        return True

    @property
    def family(self) -> Family:
        """Whose codes these are."""
        return self._feed.family

    def current_engine(self) -> ProposingEngine | None:
        """Returns the engine that searches use, or None; for `registry.indexing.keeper`."""
        return self._engine

    def begin_again(self) -> None:
        """Begins again after its files turned out damaged; until that has succeeded searches raise `IndexBehind`."""
        with self._turn:
            self._drop()
            self._begin()

    @property
    def position(self) -> int:
        """What searches reflect; -1 before the first."""
        return self._position

    def standing(self) -> Standing:
        """Tells where the index stands; reads the log's head."""
        state = self._feed.state()
        engine = self._engine
        status = EngineStatus(sequence=-1, size=0, checksum=0) if engine is None else engine.status()
        ready = engine is not None and state.epoch == self._epoch and not self._unknown(state)
        return Standing(ready=ready, position=self._position, head=state.head, engine=status)

    def close(self) -> None:
        """Frees the engine; searches raise `IndexBehind` from then on."""
        with self._turn:
            self._drop()

    def _begin(self) -> bool:
        self._drop()
        state = self._known_state()
        engine, discarded = self._open(state)
        try:
            try:
                self._fill(engine, state)
            except DamagedSnapshot:
                engine.close()
                engine, discarded = self._throw_away(state), True
                self._fill(engine, state)
        except BaseException as error:
            engine.close()
            if isinstance(error, SearchError):
                raise IndexBehind("The index's files are being written.") from error
            raise
        self._epoch, self._position, self._engine = state.epoch, engine.status().sequence, engine
        self._behind = self._position < state.head
        self._report(LogEvent.INDEX_READY, self._position)
        return discarded

    def _open(self, state: FeedState) -> tuple[ProposingEngine, bool]:
        try:
            engine = self._new_engine(state.epoch)
        except (DamagedSnapshot, NotReady):
            return self._throw_away(state), True
        except (SearchError, MemoryError) as error:
            raise IndexBehind("The index's files cannot be used now.") from error
        if engine.status().sequence <= state.head:
            return engine, False
        engine.close()  # of a longer life: the database was replaced by an older one
        return self._throw_away(state), True

    def _throw_away(self, state: FeedState) -> ProposingEngine:
        self._report(LogEvent.INDEX_DISCARDED, state.head)
        try:
            return self._discard(state.epoch)
        except (SearchError, MemoryError) as error:
            raise IndexBehind("The index's files are another process's to build anew.") from error

    def _fill(self, engine: ProposingEngine, state: FeedState) -> None:
        held = engine.status().sequence
        waiting = self._feed.waiting(held, state.head)
        if waiting > REPLAY:
            if not engine.can_rebuild:
                raise NotReady("the writer's files will come")
            engine.rebuild(*self._feed.everything())
        elif held == 0 and waiting:
            position, ids, codes = self._feed.everything()
            engine.apply(Changes(sequence=position, add_ids=ids, add_codes=codes))
        engine.verify()

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
            page = self._feed.after(self._position, head, BATCH)
            if page.reached <= self._position:
                raise IndexBehind
            self._apply(engine, page)
        self._behind = self._position < state.head

    def _known_state(self) -> FeedState:
        """Reads where the log stands; raises `IndexBehind` where codes are of a family that is not known (5.)."""
        state = self._feed.state()
        unknown = self._unknown(state)
        if unknown - self._met:
            self._report(LogEvent.INDEX_UNKNOWN_FAMILY, state.head)
        self._met = unknown
        if unknown:
            raise IndexBehind("The registry holds codes that this version of the program cannot search.")
        return state

    def _unknown(self, state: FeedState) -> frozenset[str]:
        known = {family.value for family in self._known}
        return frozenset(name for name in state.families - known if engine_of(name) is None)

    def _apply(self, engine: ProposingEngine, page: FeedPage) -> None:
        try:
            engine.apply(as_batch(page, self.family))
        except (SearchError, MemoryError) as error:
            self._drop()
            raise IndexBehind from error
        self._position = page.reached
        self._size = None

    def _status(self) -> EngineStatus:
        if self._engine is None:
            raise IndexBehind
        return self._engine.status()

    def _drop(self) -> None:
        engine, self._engine = self._engine, None
        self._size = None
        if engine is not None:
            engine.close()


def unsearched_faces(state: FeedState, enabled: Collection[Family]) -> tuple[str, ...]:
    """Names the engines, sorted, that templates were ever stored of and whose templates nobody searches."""
    unsearched = state.families - {family.value for family in enabled}
    return tuple(sorted(engine for name in unsearched if (engine := engine_of(name)) is not None))


def as_batch(page: FeedPage, family: Family) -> Changes:
    """Turns a page of the log into one batch; what is added and gone again stands among the removals only."""
    gone = {change.code_id for change in page.changes if change.value is None}
    added = {change.code_id: change for change in page.changes if change.code_id not in gone}
    values = [change.value or b"" for change in added.values()]
    keys: I64 = np.fromiter(added, np.int64, len(added))
    if family.most_codes > 1:
        counts: I64 = np.array([len(value) // family.row_bytes for value in values], np.int64)
        masks: I64 = np.array([change.large for change in added.values()], np.int64)
        keys = window_ids(keys, counts, masks)
    codes: U8 = np.frombuffer(b"".join(values), np.uint8).reshape(len(keys), family.row_bytes)
    removed: I64 = np.fromiter(sorted(gone), np.int64, len(gone))
    return Changes(
        sequence=page.reached, add_ids=keys, add_codes=codes, remove_ids=removed_ids(family, removed)
    )
