"""Nobody who follows the change log misses a change, however late its transaction commits."""

import subprocess
import sys
import threading

import pytest
from sqlalchemy import select

from index.search.codes.flat import FlatEngine
from registry.domain.family import CODE_FAMILIES
from registry.events import LogEvent
from registry.indexing.follower import IndexFollower
from registry.storage.schema.tables import changes
from tests.support.databases.registry_parts import a_case, a_reference, pdq
from tests.support.databases.writing import write
from tests.support.paths import ROOT

WRITERS = 8
COMMITS = 60
END = 2**40


def _note_the_family(databases):
    """Registers a first code: who registers one while that is not committed waits for it."""
    case = a_case()
    with databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq("the first")))
        unit.commit()


class _Reader(threading.Thread):
    """Follows the log by `after(position)` with connections of its own, until told that all is written."""

    def __init__(self, databases, limit):
        super().__init__()
        self.databases = databases.another()
        self.limit = limit
        self.done = threading.Event()
        self.seen = []
        self.rounds = 0
        self.error = None

    def run(self):
        try:
            self._follow()
        except BaseException as error:  # noqa: BLE001  told to the test
            self.error = error
        self.databases.close()

    def _follow(self):
        feed, position = self.databases.feed(), 0
        while True:
            last = self.done.is_set()
            head = feed.state().head
            while position < head and (page := feed.after(position, head, self.limit).changes):
                self.seen += [(change.position, change.code_id) for change in page]
                position = page[-1].position
            self.rounds += 1
            if last and position == feed.state().head:
                return


class _NaiveReader(_Reader):
    """Follows by `id > cursor`, as one would without a sequencer."""

    def _follow(self):
        cursor = 0
        while True:
            last = self.done.is_set()
            query = select(changes.c.id, changes.c.code_id).where(changes.c.id > cursor)
            with self.databases.registry.read() as connection:
                rows = connection.execute(query.order_by(changes.c.id)).all()
            self.seen += [(row.id, row.code_id) for row in rows]
            cursor = rows[-1].id if rows else cursor
            self.rounds += 1
            if last and not rows:
                return


def _truth(databases):
    databases.feed().state()
    with databases.registry.read() as connection:
        return connection.execute(
            select(changes.c.position, changes.c.id, changes.c.code_id).order_by(changes.c.position)
        ).all()


def _finish(readers):
    for reader in readers:
        reader.done.set()
    for reader in readers:
        reader.join()
        if reader.error is not None:
            raise reader.error


@pytest.mark.postgres
def test_eight_writers_hide_nothing_from_two_readers(postgresql):
    """Under eight concurrent writers two readers see every change once, ascending; reading by id misses some."""
    readers = [_Reader(postgresql, 7), _Reader(postgresql, 1000)]
    naive = _NaiveReader(postgresql, 0)
    start = threading.Barrier(WRITERS)
    own = [postgresql.another() for _ in range(WRITERS)]
    writers = [
        threading.Thread(target=write, args=(databases, seed, COMMITS, start.wait))
        for seed, databases in enumerate(own)
    ]
    for thread in (*readers, naive, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    _finish([*readers, naive])
    for databases in own:
        databases.close()
    truth = _truth(postgresql)
    assert len(truth) > WRITERS * COMMITS / 2
    assert [row.position for row in truth] == list(range(1, len(truth) + 1))
    for reader in readers:
        assert reader.rounds > 10
        assert reader.seen == [(row.position, row.code_id) for row in truth]
    missed = {(row.id, row.code_id) for row in truth} - set(naive.seen)
    assert missed, "the load never let a low id commit late: this test could not fail"


@pytest.mark.postgres
def test_a_late_commit_is_numbered_late(postgresql):
    """A change whose row came first and committed last has the higher position, and nobody's cursor passed it."""
    feed = postgresql.feed()
    _note_the_family(postgresql)
    cursor = feed.state().head
    early, late = a_case(), a_case()
    other = postgresql.another()
    with postgresql.units.write() as first:
        first.cases.add(late)
        first.references.add(a_reference(late, pdq("first id, last commit")))
        with other.units.write() as second:
            second.cases.add(early)
            second.references.add(a_reference(early, pdq("second id, first commit")))
            second.commit()
        assert feed.state().head == cursor + 1
        (seen,) = feed.after(cursor, END, 10).changes
        cursor = seen.position
        first.commit()
    assert feed.state().head == cursor + 1
    (then,) = feed.after(cursor, END, 10).changes
    assert (seen.value, then.value) == (
        pdq("second id, first commit").value,
        pdq("first id, last commit").value,
    )
    ids = [row.id for row in _truth(postgresql)][-2:]
    assert ids == sorted(ids, reverse=True)  # `id > cursor` would have missed the second
    other.close()


@pytest.mark.postgres
def test_who_loses_the_lock_numbers_nothing_and_waits_for_nobody(postgresql):
    """While one reader numbers, another goes on at once with what is numbered already."""
    feed = postgresql.feed()
    case = a_case()
    with postgresql.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1)))
        unit.commit()
    with postgresql.registry.engine.connect() as holder:
        holder.exec_driver_sql("SELECT pg_advisory_xact_lock(7361002)")
        assert feed.state().head == 0
    assert feed.state().head == 1


@pytest.mark.postgres
@pytest.mark.parametrize("family", CODE_FAMILIES, ids=str)
def test_reconciling_under_load_raises_no_false_alarm(postgresql, family):
    """While eight others write, an index that follows never differs from the books of the same position."""
    own = [postgresql.another() for _ in range(WRITERS)]
    writers = [
        threading.Thread(target=write, args=(databases, seed, COMMITS), kwargs={"is_seen": True})
        for seed, databases in enumerate(own)
    ]
    events = []
    follower = IndexFollower(
        feed=postgresql.feed(family),
        new_engine=lambda _epoch: FlatEngine(),
        report=lambda event, _position: events.append(event),
    )
    for writer in writers:
        writer.start()
    follower.begin()
    while any(writer.is_alive() for writer in writers):
        assert follower.reconcile()
    for writer in writers:
        writer.join()
    assert follower.reconcile()
    assert events == [LogEvent.INDEX_READY]
    assert follower.status().engine.size > WRITERS
    for databases in own:
        databases.close()


def test_two_processes_hide_nothing_from_two_readers(sqlite):
    """Under two writing processes two readers of SQLite see every change once, ascending."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.databases.writing", str(seed), str(COMMITS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(2)
    ]
    for process in processes:
        process.stdin.write(f"{sqlite.location}\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout.readline() == "waiting\n"
    readers = [_Reader(sqlite, 3), _Reader(sqlite, 1000)]
    for reader in readers:
        reader.start()
    for process in processes:
        process.stdin.write("now\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    _finish(readers)
    assert [process.returncode for process in processes] == [0, 0]
    truth = _truth(sqlite)
    assert len(truth) > COMMITS
    assert [row.position for row in truth] == list(range(1, len(truth) + 1))
    for reader in readers:
        assert reader.rounds > 10
        assert reader.seen == [(row.position, row.code_id) for row in truth]


def test_what_stands_is_what_the_log_names(databases):
    """Whatever was written, every code that stands is an addition of the log that no removal follows."""
    write(databases, seed=5, commits=30)
    feed = databases.feed()
    feed.state()
    standing = {
        change.code_id for change in feed.after(0, 10_000, 10_000).changes if change.value is not None
    }
    _, ids, _ = feed.everything()
    assert set(ids.tolist()) == standing
