"""Opening one family's engine with the content of its files, or of the database.

1. Open the files of the database's present epoch.
2. Discard them if they are damaged, of another epoch or key, or ahead of the database (which then is an older copy);
   also where they opened well before and turned out to hold something else than the database.
3. If the engine is empty or far behind the log, read everything from the database. Otherwise the follower applies the
   changes after the files' position.
4. Verify the files; discard them if they are damaged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from index.errors import DamagedSnapshot, NotReady, SearchError
from index.search import Changes, Role, SearchEngine
from registry.errors import IndexBehind
from registry.events import LogEvent
from registry.ports import ChangeFeed, FeedState

MAX_REPLAYED_CODES: Final = 50_000
"""Maximum number of codes that are applied one by one. Above it, reading everything again is faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEngine:
    """An opened engine, and whether its files had to be discarded."""

    engine: SearchEngine
    was_discarded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOpener:
    """The procedure that opens one family's engine.

    Attributes:
        feed: the change log of the family.
        new_engine: opens an epoch's engine with the content of its files; raises `SearchError`.
        new_empty_engine: opens an empty engine in place of files that are discarded; raises `SearchError`.
        report: `report(event, position)` for the log.
    """

    feed: ChangeFeed
    new_engine: Callable[[str], SearchEngine]
    new_empty_engine: Callable[[str], SearchEngine]
    report: Callable[[LogEvent, int], None]

    def open(self, state: FeedState, *, distrusted: bool = False) -> OpenedEngine:
        """Open the engine and fill it (1. to 4.); discard `distrusted` files, if this process may.

        Raises:
            IndexBehind: the files are another process's to build, and do not exist yet.
            StorageUnavailable: the database is away.
        """
        opened = (self._distrusting(state) if distrusted else None) or self._open(state)
        engine, was_discarded = opened.engine, opened.was_discarded
        try:
            try:
                self._fill(engine, state)
            except DamagedSnapshot:
                engine.close()
                engine, was_discarded = self._discard(state), True
                self._fill(engine, state)
        except BaseException as error:
            engine.close()
            if isinstance(error, SearchError):
                raise IndexBehind("The index's files are being written.") from error
            raise
        return OpenedEngine(engine=engine, was_discarded=was_discarded)

    def _open(self, state: FeedState) -> OpenedEngine:
        try:
            engine = self.new_engine(state.epoch)  # 1.
        except (DamagedSnapshot, NotReady):
            return OpenedEngine(engine=self._discard(state), was_discarded=True)  # 2.
        except (SearchError, MemoryError) as error:
            raise IndexBehind("The index's files cannot be used now.") from error
        if engine.status().sequence <= state.head:
            return OpenedEngine(engine=engine, was_discarded=False)
        engine.close()
        return OpenedEngine(engine=self._discard(state), was_discarded=True)  # 2.

    def _distrusting(self, state: FeedState) -> OpenedEngine | None:
        """Return an empty engine in place of the files, or None if another process writes them: they may be new."""
        try:
            return OpenedEngine(engine=self._discard(state), was_discarded=True)
        except IndexBehind:
            return None

    def _discard(self, state: FeedState) -> SearchEngine:
        self.report(LogEvent.INDEX_DISCARDED, state.head)
        try:
            return self.new_empty_engine(state.epoch)
        except (SearchError, MemoryError) as error:
            raise IndexBehind("The index's files are another process's to build anew.") from error

    def _fill(self, engine: SearchEngine, state: FeedState) -> None:
        held = engine.status().sequence
        waiting = self.feed.waiting(held, state.head)
        if waiting > MAX_REPLAYED_CODES:
            if engine.role is not Role.WRITER:
                raise NotReady("the writer's files will come")
            engine.rebuild(*self.feed.everything())  # 3.
        elif held == 0 and waiting:
            position, ids, codes = self.feed.everything()
            engine.apply(Changes(sequence=position, add_ids=ids, add_codes=codes))
        engine.verify()  # 4.
