"""The change log as an index reads it, on both databases."""

import numpy as np
import pytest
from sqlalchemy import select

from index.search.contract import CODE_BYTES, id_checksum
from registry.ports.indexing import FeedPage
from registry.storage.codes.change_feed import EPOCH, POLL_SECONDS, SqlChangeFeed
from registry.storage.codes.whole import SearchedWhole
from registry.storage.rows.checks import SqlChecks
from registry.storage.schema.tables import changes, meta
from tests.support.databases.registry_parts import NOW, a_case, a_probe, a_reference, dhash, digest, pdq

END = 2**40


@pytest.fixture
def feed(databases):
    feed = databases.feed()
    yield feed
    feed.close()


@pytest.fixture
def enrol(units):
    """Opens a case with PDQ codes of these seeds, and returns it."""

    def add(*seeds, commit=True):
        case = a_case()
        with units.write() as unit:
            unit.cases.add(case)
            for seed in seeds:
                unit.references.add(a_reference(case, pdq(seed), dhash(seed), digest(seed)))
            if commit:
                unit.commit()
        return case

    return add


@pytest.fixture
def erase(units):
    def remove(case):
        with units.write() as unit:
            unit.references.erase_codes(case.id, NOW)
            unit.commit()

    return remove


def _all(feed):
    feed.state()
    return feed.after(0, END, 1000).changes


def test_an_empty_log_stands_at_nothing(databases, feed):
    """A new registry's log has position 0, no changes and no codes, and its own epoch."""
    with databases.registry.read() as connection:
        epoch = connection.execute(select(meta.c.value).where(meta.c.name == EPOCH)).scalar_one()
    assert (feed.state().epoch, feed.state().head) == (epoch, 0)
    assert feed.after(0, END, 10) == FeedPage(changes=(), reached=0)
    position, ids, codes = feed.everything()
    assert (position, ids.shape, codes.shape) == (0, (0,), (0, CODE_BYTES))
    assert (ids.dtype, codes.dtype) == (np.int64, np.uint8)
    assert (feed.totals().sequence, feed.totals().size, feed.totals().checksum) == (0, 0, 0)


def test_an_addition_brings_its_code(feed, enrol):
    """A change that adds a code carries the bytes of the code."""
    enrol(1, 2)
    found = _all(feed)
    assert [change.position for change in found] == [1, 2]
    assert [change.value for change in found] == [pdq(1).value, pdq(2).value]
    assert len({change.code_id for change in found}) == 2


def test_a_removal_brings_no_code(feed, enrol, erase):
    """After erasing, the addition's code is gone from the log too, and the removal names the same id."""
    erase(enrol(1))
    added, removed = _all(feed)
    assert (added.value, removed.value) == (None, None)
    assert added.code_id == removed.code_id
    assert (added.position, removed.position) == (1, 2)


def test_pages_are_ascending_and_join(feed, enrol):
    """Reading by pages of any size returns every change once, in order."""
    enrol(*range(7))
    whole = _all(feed)
    for limit in (1, 2, 3, 7, 8):
        pages, position = [], 0
        while page := feed.after(position, END, limit).changes:
            assert len(page) <= limit
            pages += page
            position = page[-1].position
        assert tuple(pages) == whole


def test_a_rolled_back_change_leaves_no_gap(feed, enrol):
    """Uncommitted changes have no position, so positions count 1, 2, 3."""
    enrol(1)
    enrol(2, commit=False)
    enrol(3)
    assert [change.position for change in _all(feed)] == [1, 2]
    assert feed.state().head == 2


def test_positions_and_ids_are_never_used_again(feed, enrol, erase):
    """After a withdrawal of the newest codes, later ones have higher positions and other ids."""
    erase(enrol(1, 2))
    before = _all(feed)
    enrol(3)
    after = _all(feed)
    assert after[: len(before)] == before
    assert after[-1].position == 5
    assert after[-1].code_id not in {change.code_id for change in before}


def test_everything_is_what_following_leads_to(feed, enrol, erase):
    """All codes at a position are those that are left after applying the log up to it."""
    enrol(1, 2)
    gone = enrol(3)
    enrol(4)
    erase(gone)
    held = {}
    for change in _all(feed):
        if change.value is None:
            held.pop(change.code_id, None)
        else:
            held[change.code_id] = change.value
    position, ids, codes = feed.everything()
    assert position == feed.state().head == 5
    assert dict(zip(ids.tolist(), map(bytes, codes), strict=True)) == held
    totals = feed.totals()
    assert (totals.sequence, totals.size, totals.checksum) == (5, 3, id_checksum(ids))


def test_everything_joins_its_pages(feed, enrol, monkeypatch):
    """Reading all codes in pages loses none."""
    enrol(*range(7))
    feed.state()
    whole = feed.everything()
    monkeypatch.setattr("registry.storage.pages.MAX_NAMES", 3)
    position, ids, codes = feed.everything()
    assert position == whole[0] == 7
    assert (ids == whole[1]).all()
    assert (codes == whole[2]).all()


def test_a_new_epoch_is_told(feed, enrol):
    """A follower of the log learns that the database is another one."""
    before = feed.state()
    feed.begin_epoch(lambda size: b"\x07" * size)
    assert feed.state().epoch == "07" * 16 != before.epoch


def test_another_process_commit_is_news_once(sqlite):
    """On SQLite every commit of any connection is news to every feed, once."""
    feed = sqlite.feed()
    assert feed.has_news()
    assert not feed.has_news()
    other = sqlite.another()
    with other.units.write() as unit:
        unit.cases.add(a_case())
        unit.commit()
    assert feed.has_news()
    assert not feed.has_news()
    other.close()
    feed.close()


def test_this_process_commit_is_news_too(sqlite):
    """A commit of the same process's own connections is news: the watcher never writes itself."""
    feed = sqlite.feed()
    feed.has_news()
    with sqlite.units.write() as unit:
        unit.cases.add(a_case())
        unit.commit()
    assert feed.has_news()
    feed.close()


def test_a_rollback_and_a_reading_are_no_news(sqlite):
    """Only commits are news."""
    feed = sqlite.feed()
    feed.has_news()
    with sqlite.units.write() as unit:
        unit.cases.add(a_case())
    with sqlite.units.read() as unit:
        unit.cases.unerased()
    assert not feed.has_news()
    feed.close()


def test_writing_checks_is_no_news(sqlite):
    """A check is written at every upload and must not make every index look at the log."""
    feed = sqlite.feed()
    feed.has_news()
    before = feed.version()
    SqlChecks(sqlite.checks).add_probe("ten_dana", a_probe("ref_1"), NOW)
    SqlChecks(sqlite.checks).forget_references(["ref_1"])
    assert not feed.has_news()
    assert feed.version() == before
    feed.close()


def test_asking_for_the_version_takes_no_news_away(sqlite):
    """Whoever asks for the version leaves the news to who follows."""
    feed = sqlite.feed()
    feed.has_news()
    with sqlite.units.write() as unit:
        unit.cases.add(a_case())
        unit.commit()
    feed.version()
    assert feed.has_news()
    feed.close()


def test_being_unsure_is_news_and_no_version(sqlite, tmp_path):
    """While the watcher cannot tell, every call is news, and there is no version that anything could rest on."""
    feed = sqlite.feed()
    feed.has_news()
    feed.close()
    away = tmp_path / "away"
    sqlite.registry.path.parent.rename(away)
    assert [feed.has_news() for _ in range(3)] == [True, True, True]
    assert feed.version() is None
    away.rename(sqlite.registry.path.parent)
    feed.has_news()
    assert not feed.has_news()
    assert feed.version() is not None
    feed.close()


@pytest.mark.postgres
def test_on_postgresql_news_is_what_is_overdue(postgresql):
    """PostgreSQL is polled: there is news before the first look, and again when the last look is too long ago."""
    time = [0.0]
    feed = SqlChangeFeed(postgresql.registry, SearchedWhole(), monotonic=lambda: time[0])
    assert feed.has_news()
    feed.state()
    assert not feed.has_news()
    time[0] += 2 * POLL_SECONDS
    assert not feed.has_news()
    time[0] += 0.001
    assert feed.has_news()
    assert feed.version() is None


@pytest.mark.postgres
def test_codes_that_wait_for_their_number_are_in_neither_books(postgresql, units_of, monkeypatch):
    """While changes wait to be numbered, all codes and the totals are those of the last number given."""
    feed = postgresql.feed()
    gone = units_of(postgresql, 1, 2)
    feed.state()
    units_of(postgresql, 3)
    with postgresql.units.write() as unit:
        unit.references.erase_codes(gone.id, NOW)
        unit.commit()
    monkeypatch.setattr(SqlChangeFeed, "_sequence", lambda _self: None)
    assert feed.state().head == 2
    totals = feed.totals()
    _, ids, codes = feed.everything()
    assert (totals.sequence, totals.size) == (2, 2)
    assert len(ids) == len(codes) == 0  # the two at that position are erased, and the third has no number yet
    monkeypatch.undo()
    assert feed.state().head == 5
    assert feed.totals().size == 1


@pytest.fixture
def units_of():
    """Opens a case with PDQ codes in a given registry."""

    def add(databases, *seeds):
        case = a_case()
        with databases.units.write() as unit:
            unit.cases.add(case)
            for seed in seeds:
                unit.references.add(a_reference(case, pdq(seed)))
            unit.commit()
        return case

    return add


def test_on_sqlite_every_committed_change_has_its_number(sqlite, units_of):
    """No committed change of SQLite waits for a number: its own transaction gives it."""
    units_of(sqlite, 1, 2, 3)
    with sqlite.registry.read() as connection:
        assert connection.execute(select(changes.c.position)).scalars().all() == [1, 2, 3]
