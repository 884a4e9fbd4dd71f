"""`IndexFollower` over a feed and an engine of plain lists: never an answer that might be wrong."""

import numpy as np
import pytest

from index.errors import NotReady, SnapshotNotWritten
from index.search.codes.flat import FlatEngine
from registry.domain.family import Family
from registry.errors import IndexBehind, StorageUnavailable
from registry.events import LogEvent
from registry.indexing import follower as follower_module
from registry.indexing.batches import as_batch
from registry.indexing.follower import IndexFollower
from registry.ports.indexing import FeedChange, FeedPage
from tests.support.databases.registry_parts import pdq
from tests.support.usecases.fake_index import FakeEngine, FakeFeed

ONE, TWO, THREE = (pdq(seed).value for seed in range(3))


class _Setting:
    """A follower with its feed, the engines that it made and what it reported."""

    def __init__(self, engine_class):
        self.feed = FakeFeed()
        self.engines = []
        self.events = []
        self.next_engine = None

        def new_engine(epoch):
            self.engines.append(self.next_engine or engine_class())
            self.next_engine = None
            self.epoch = epoch
            return self.engines[-1]

        self.follower = IndexFollower(
            feed=self.feed,
            new_engine=new_engine,
            report=lambda event, position: self.events.append((event, position)),
        )

    def found(self, *values):
        query = np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)
        return self.follower.propose(query, 0).ids.tolist()


@pytest.fixture(params=[FlatEngine, FakeEngine])
def setting(request):
    return _Setting(request.param)


@pytest.fixture
def fake():
    return _Setting(FakeEngine)


def test_nothing_is_answered_before_the_beginning(setting):
    """Before everything was read, neither a position nor a search is answered."""
    with pytest.raises(IndexBehind):
        setting.follower.ready_position()
    with pytest.raises(IndexBehind):
        setting.found(ONE)
    assert not setting.follower.status().ready


def test_beginning_reads_everything(setting):
    """After the beginning every code is found, at the position that was read."""
    setting.feed.add(1, ONE)
    setting.feed.add(2, TWO)
    setting.follower.begin()
    assert setting.follower.ready_position() == 2
    assert setting.found(ONE, TWO, THREE) == [1, 2]
    assert setting.events == [(LogEvent.INDEX_READY, 2)]
    assert setting.epoch == "e1"


def test_an_empty_registry_is_ready_at_nothing(setting):
    """An empty registry is ready, at position 0."""
    setting.follower.begin()
    assert setting.follower.ready_position() == 0
    assert setting.found(ONE) == []


def test_asking_for_the_position_follows(setting):
    """Changes committed before a call of `ready_position` are visible after it."""
    setting.feed.add(1, ONE)
    setting.follower.begin()
    setting.feed.add(2, TWO)
    setting.feed.remove(1)
    assert setting.follower.ready_position() == 3
    assert setting.found(ONE, TWO) == [2]


def test_without_news_nothing_is_read(fake):
    """Without new commits, `ready_position` reads nothing from the database."""
    fake.follower.begin()
    fake.follower.ready_position()
    fake.feed.calls.clear()
    assert fake.follower.ready_position() == 0
    assert fake.feed.calls == ["has_news"]


def test_what_comes_and_goes_in_one_batch_is_not_held(setting):
    """A code that is removed in the batch that adds it is not added, as ids are never added again."""
    setting.follower.begin()
    setting.feed.add(1, ONE)
    setting.feed.add(2, TWO)
    setting.feed.remove(1)
    setting.follower.follow()
    assert setting.found(ONE, TWO) == [2]
    assert setting.follower.status().position == 3


def test_a_batch_names_what_is_gone_once():
    """An addition whose code is erased, and its removal, are one removal."""
    changes = (
        FeedChange(position=4, code_id=7, value=ONE),
        FeedChange(position=5, code_id=8, value=None),
        FeedChange(position=6, code_id=8, value=None),
        FeedChange(position=9, code_id=7, value=None),
    )
    batch = as_batch(FeedPage(changes=changes, reached=9), Family.WHOLE)
    assert (batch.sequence, batch.add_ids.tolist(), batch.remove_ids.tolist()) == (9, [], [7, 8])
    assert batch.add_codes.shape == (0, 32)


def test_a_long_way_is_gone_in_batches(fake, monkeypatch):
    """Following reads a page at a time until it is at the head."""
    monkeypatch.setattr(follower_module, "MAX_BATCH_CODES", 3)
    fake.follower.begin()
    for code_id in range(10):
        fake.feed.add(code_id, ONE)
    fake.follower.follow()
    assert fake.engines[0].batches == 4
    assert len(fake.engines[0].held) == 10


@pytest.mark.parametrize("how", ["follow", "ready_position", "reconcile"])
def test_another_epoch_begins_again(setting, how):
    """When the database has another epoch, the index is read again."""
    setting.feed.add(1, ONE)
    setting.follower.begin()
    setting.feed.epoch, setting.feed.log, setting.feed.codes, setting.feed.news = "e2", [], {}, True
    setting.feed.add(1, TWO)
    getattr(setting.follower, how)()
    assert setting.found(ONE, TWO) == [1]
    assert setting.epoch == "e2"
    assert setting.events == [(LogEvent.INDEX_READY, 1)] * 2


def test_a_log_that_is_shorter_begins_again(setting):
    """A database with a shorter log is another one, even with the same epoch."""
    setting.feed.add(1, ONE)
    setting.feed.add(2, TWO)
    setting.follower.begin()
    setting.feed.log, setting.feed.codes = [], {}
    setting.feed.add(1, ONE)
    assert setting.follower.ready_position() == 1
    assert setting.found(ONE, TWO) == [1]


def test_standing_tells_another_epoch_before_it_is_followed(setting):
    """An index of another epoch is not ready."""
    setting.follower.begin()
    assert setting.follower.status().ready
    setting.feed.epoch = "e2"
    assert not setting.follower.status().ready


def test_standing_tells_the_lag(setting):
    """Position, head and lag are those of index and log."""
    setting.follower.begin()
    setting.feed.add(1, ONE)
    standing = setting.follower.status()
    assert (standing.position, standing.head, standing.lag) == (0, 1, 1)


@pytest.mark.parametrize("error", [NotReady("full"), SnapshotNotWritten("disk"), MemoryError()])
def test_an_engine_that_fails_stops_the_answers_until_it_is_made_anew(fake, error):
    """After a failed batch nothing is answered, and following begins again with another engine."""
    fake.follower.begin()
    fake.feed.add(1, ONE)
    fake.engines[0].failures.append(error)
    with pytest.raises(IndexBehind):
        fake.follower.ready_position()
    with pytest.raises(IndexBehind):
        fake.found(ONE)
    with pytest.raises(IndexBehind):
        fake.follower.ready_position()
    assert fake.engines[0].closed
    fake.follower.follow()
    assert fake.follower.ready_position() == 1
    assert fake.found(ONE) == [1]


@pytest.mark.parametrize("error", [NotReady("full"), MemoryError()])
def test_an_engine_that_fails_at_the_beginning_is_closed(fake, error):
    """If reading everything fails, the index stays behind, the engine is freed, and the next try succeeds."""
    fake.feed.add(1, ONE)
    fake.next_engine = FakeEngine(failures=[error])
    with pytest.raises((IndexBehind, MemoryError)):
        fake.follower.begin()
    assert fake.engines[0].closed
    with pytest.raises(IndexBehind):
        fake.follower.ready_position()
    fake.follower.begin()
    assert fake.follower.ready_position() == 1


@pytest.mark.parametrize("how", ["begin", "ready_position"])
def test_an_engine_that_starts_from_files_is_brought_to_the_head(fake, how):
    """An engine that holds something already, as of an earlier position, never answers as of that one."""
    fake.follower.begin()
    fake.follower.ready_position()
    for code_id, value in enumerate((ONE, TWO, THREE)):
        fake.feed.add(code_id, value)
    fake.feed.epoch = "e2"
    fake.next_engine = FakeEngine(held={0: ONE}, sequence=1)
    if how == "begin":
        fake.feed.has_news()
        fake.follower.begin()
    assert fake.follower.ready_position() == 3
    assert fake.found(ONE, TWO, THREE) == [0, 1, 2]


def test_an_engine_that_cannot_search_is_behind(fake):
    """An engine that is not ready is `IndexBehind`, never an empty answer."""
    fake.follower.begin()
    fake.engines[0].close()
    with pytest.raises(IndexBehind):
        fake.found(ONE)


def test_news_that_could_not_be_followed_stays_news(setting):
    """If the database failed during following, the next call follows the same changes and is not answered stale."""
    setting.follower.begin()
    setting.follower.ready_position()
    setting.feed.add(1, ONE)
    setting.feed.failures = [StorageUnavailable(), StorageUnavailable()]
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            setting.follower.ready_position()
    assert setting.follower.ready_position() == 1
    assert setting.found(ONE) == [1]


def test_a_log_with_a_hole_is_never_passed_over(fake, monkeypatch):
    """If the log's head is known and its changes are missing, the index is behind instead of skipping them."""
    fake.follower.begin()
    fake.feed.add(1, ONE)
    with monkeypatch.context() as patched:
        patched.setattr(
            fake.feed, "after", lambda position, _until, _limit: FeedPage(changes=(), reached=position)
        )
        with pytest.raises(IndexBehind):
            fake.follower.ready_position()
    assert fake.follower.ready_position() == 1


def test_reconciling_what_agrees_changes_nothing(setting):
    """An index that agrees is left as it is, after following new changes."""
    setting.feed.add(1, ONE)
    setting.follower.begin()
    setting.feed.add(2, TWO)
    assert setting.follower.reconcile()
    assert len(setting.engines) == 1
    assert setting.follower.ready_position() == 2


@pytest.mark.parametrize("planted", ["missing", "surplus", "exchanged"])
def test_reconciling_finds_what_differs(fake, planted):
    """A code that is missing, too many or another one is noticed, reported, and the index begins again."""
    fake.feed.add(1, ONE)
    fake.feed.add(2, TWO)
    fake.follower.begin()
    held = fake.engines[0].held
    if planted != "surplus":
        del held[1]
    if planted != "missing":
        held[3] = THREE
    assert not fake.follower.reconcile()
    assert [event for event, _ in fake.events] == [
        LogEvent.INDEX_READY,
        LogEvent.INDEX_MISMATCH,
        LogEvent.INDEX_DISCARDED,
        LogEvent.INDEX_READY,
    ]
    assert fake.found(ONE, TWO, THREE) == [1, 2]
    assert fake.follower.reconcile()


def test_a_difference_of_a_moment_is_no_mismatch(fake):
    """A code that was counted in the totals and erased before its addition was applied raises no alarm."""
    fake.follower.begin()
    fake.feed.add(1, ONE)
    totals = fake.feed.totals

    def then_erased():
        totals_read = totals()
        fake.feed.totals = totals
        fake.feed.remove(1)
        return totals_read

    fake.feed.totals = then_erased
    assert fake.follower.reconcile()
    assert fake.events == [(LogEvent.INDEX_READY, 0)]


def test_reconciling_gives_way_to_a_thread_that_follows_further(fake):
    """If the index is always ahead of the totals that were read, reconciling ends without an alarm."""
    fake.follower.begin()
    totals = fake.feed.totals

    def then_followed():
        totals_read = totals()
        fake.feed.add(len(fake.feed.log), ONE)
        fake.follower.follow()
        return totals_read

    fake.feed.totals = then_followed
    assert fake.follower.reconcile()
    assert fake.events == [(LogEvent.INDEX_READY, 0)]


def test_reconciling_before_the_beginning_begins(fake):
    """Reconciling an index that never began begins it."""
    fake.feed.add(1, ONE)
    assert fake.follower.reconcile()
    assert fake.follower.ready_position() == 1


def test_a_closed_index_answers_nothing(setting):
    """After closing, searches and positions are refused and the engine is freed."""
    setting.follower.begin()
    setting.follower.close()
    with pytest.raises(IndexBehind):
        setting.follower.ready_position()
    with pytest.raises(IndexBehind):
        setting.found(ONE)


def test_beginning_again_while_searching_is_behind_at_most(fake):
    """A search that meets the old engine after it was closed is behind, never empty."""
    fake.feed.add(1, ONE)
    fake.follower.begin()
    old = fake.engines[0]
    search = old.propose

    def interrupted(codes, radius, doubtful):
        fake.follower.begin()
        return search(codes, radius, doubtful)

    old.propose = interrupted
    with pytest.raises(IndexBehind):
        fake.found(ONE)
    assert fake.found(ONE) == [1]
