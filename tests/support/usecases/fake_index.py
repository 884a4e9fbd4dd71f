"""A change feed and an engine of plain lists, for the tests of index followers."""

from dataclasses import dataclass, field

import numpy as np

from index.errors import NotReady
from index.search.contract import CODE_BYTES, Changes, EngineStatus, Hits, Role, id_checksum
from registry.domain.family import Family
from registry.ports.indexing import FeedChange, FeedPage, FeedState


@dataclass
class FakeFeed:
    """Implements `ChangeFeed` over a list; `failures` are raised by the next calls of `state`, in turn."""

    epoch: str = "e1"
    family: Family = Family.WHOLE
    families: frozenset[str] = frozenset()
    log: list[FeedChange] = field(default_factory=list)
    codes: dict[int, bytes] = field(default_factory=dict)
    news: bool = True
    failures: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def add(self, code_id: int, value: bytes) -> None:
        """Commits an addition."""
        self.codes[code_id] = value
        self._append(code_id, value)

    def remove(self, code_id: int) -> None:
        """Commits a removal; as the real one, the log then has no code at the addition either."""
        del self.codes[code_id]
        self.log = [
            FeedChange(position=old.position, code_id=old.code_id, value=None)
            if old.code_id == code_id
            else old
            for old in self.log
        ]
        self._append(code_id, None)

    def _append(self, code_id: int, value: bytes | None) -> None:
        self.log.append(FeedChange(position=len(self.log) + 1, code_id=code_id, value=value))
        self.news = True

    def has_news(self) -> bool:
        """Tells of each commit once."""
        self.calls.append("has_news")
        news, self.news = self.news, False
        return news

    def state(self) -> FeedState:
        """Tells where the log stands, or fails."""
        self.calls.append("state")
        if self.failures:
            raise self.failures.pop(0)
        return FeedState(epoch=self.epoch, head=len(self.log), families=self.families)

    def after(self, position: int, until: int, limit: int) -> FeedPage:
        """Returns a page of the log."""
        self.calls.append("after")
        found = tuple(self.log[position : min(until, position + limit)])
        return FeedPage(changes=found, reached=found[-1].position if found else min(until, len(self.log)))

    def waiting(self, position: int, until: int) -> int:
        """Counts the changes."""
        return len(self.log[position:until])

    def everything(self) -> tuple[int, np.ndarray, np.ndarray]:
        """Returns all codes."""
        self.calls.append("everything")
        ids = np.array(list(self.codes), np.int64)
        values = np.frombuffer(b"".join(self.codes.values()), np.uint8).reshape(len(ids), CODE_BYTES)
        return len(self.log), ids, values

    def totals(self) -> EngineStatus:
        """Returns the books."""
        ids = np.array(list(self.codes), np.int64)
        return EngineStatus(sequence=len(self.log), size=len(ids), checksum=id_checksum(ids))


@dataclass
class FakeEngine:
    """Implements `SearchEngine` over a dict, by exact equality; `failures` are raised by the next `apply`s."""

    failures: list[Exception] = field(default_factory=list)
    held: dict[int, bytes] = field(default_factory=dict)
    sequence: int = 0
    batches: int = 0
    closed: bool = False

    def apply(self, changes) -> None:
        """Adds and removes."""
        if self.failures:
            raise self.failures.pop(0)
        self.batches += 1
        for code_id in changes.remove_ids.tolist():
            self.held.pop(code_id, None)
        for code_id, code in zip(changes.add_ids.tolist(), changes.add_codes, strict=True):
            assert code_id not in changes.remove_ids
            self.held[code_id] = bytes(code)
        self.sequence = changes.sequence

    def propose(self, codes, radius, doubtful=None) -> Hits:
        """Finds equal codes."""
        if self.closed:
            raise NotReady("closed")
        found = [
            (row, code_id)
            for row, code in enumerate(codes)
            for code_id, value in sorted(self.held.items())
            if value == bytes(code)
        ]
        return Hits(
            queries=np.array([row for row, _ in found], np.int32),
            ids=np.array([code_id for _, code_id in found], np.int64),
            distances=np.zeros(len(found), np.int32),
        )

    @property
    def role(self) -> Role:
        """Nobody else holds it."""
        return Role.WRITER

    def check_files(self) -> None:
        """Has no files."""

    def try_become_writer(self) -> bool:
        """It always is."""
        return True

    def refresh(self) -> bool:
        """Has no files."""
        return False

    def erase(self, ids) -> None:
        """Removes."""
        for code_id in ids.tolist():
            self.held.pop(code_id, None)

    @property
    def needs_compaction(self) -> bool:
        """Has no files."""
        return False

    def compact(self) -> bool:
        """Has no files."""
        return False

    def rebuild(self, sequence, ids, codes) -> None:
        """Replaces everything."""
        self.held.clear()
        self.apply(Changes(sequence=sequence, add_ids=ids, add_codes=codes))

    def verify(self) -> None:
        """Has no files."""

    def status(self) -> EngineStatus:
        """Tells what is held."""
        ids = np.array(list(self.held), np.int64)
        return EngineStatus(sequence=self.sequence, size=len(ids), checksum=id_checksum(ids))

    def close(self) -> None:
        """Refuses searches from now on."""
        self.closed = True
