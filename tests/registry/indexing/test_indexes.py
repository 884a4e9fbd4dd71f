"""The indexes of all families over one registry, separately and together."""

import numpy as np
import pytest
from sqlalchemy import insert

from index.errors import SnapshotNotWritten
from index.search.codes.flat import FlatEngine
from index.verdict.vocabulary import Level
from index.windows.windows import split_ids
from registry.domain.family import CODE_FAMILIES, Family
from registry.errors import IndexBehind, StorageUnavailable
from registry.events import LogEvent
from registry.indexing import follower as follower_module
from registry.indexing.batches import as_batch
from registry.indexing.families import unsearched_faces
from registry.indexing.follower import IndexFollower
from registry.indexing.indexes import Indexes
from registry.ports.indexing import FeedChange, FeedPage
from registry.storage.schema.tables import code_families
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    clip_draft,
    environment,
    pdq,
    seen_draft,
    windows,
)
from tests.support.usecases.fake_index import FakeEngine, FakeFeed


class _Setting:
    """Indexes of all families over a registry."""

    def __init__(self, databases):
        self.databases = databases
        self.events = []
        self.feeds = {family: databases.feed(family) for family in CODE_FAMILIES}
        self.indexes = Indexes(
            {
                family: IndexFollower(
                    feed=feed,
                    new_engine=lambda _epoch: FlatEngine(),
                    report=lambda event, _position, family=family: self.events.append((event, family)),
                )
                for family, feed in self.feeds.items()
            }
        )

    def enrol(self, seed, owner=ALICE):
        """Registers a picture with its windows; returns the case."""
        opened = open_case(
            Level.V0,
            seen_draft(seed),
            actor=owner,
            units=self.databases.units,
            environment=environment(),
        )
        return opened.case.id

    def enrol_clip(self, seed, owner=ALICE):
        """Registers a clip; returns the case."""
        drafted = clip_draft(seed)
        units = self.databases.units
        return open_case(Level.V0, drafted, actor=owner, units=units, environment=environment()).case.id

    def withdraw(self, case, owner=ALICE):
        """Withdraws a case."""
        withdraw(case, actor=owner, units=self.databases.units, environment=environment())

    def found(self, seed):
        """Tells by which families a picture is found, and that each proposes what is confirmed."""
        self.indexes.ready_position()
        whole = self.indexes.propose(Family.WHOLE, np.frombuffer(pdq(seed).value, np.uint8)[None], 0)
        return len(whole), len(self._confirmed(Family.ANCHORED, windows(seed).windows.codes))

    def found_frames(self, seed):
        """Tells which frames of a clip are found, by their number, and that each proposes what is confirmed."""
        self.indexes.ready_position()
        frames = clip_draft(seed).clip.frames
        each = [self._confirmed(Family.FRAMES, frame.windows.codes) for frame in frames]
        return [one.place.number for found in each for one in found]

    def _confirmed(self, family, codes):
        near = self.indexes.propose(family, codes, 0)
        keys, rows, large = split_ids(near.ids)
        candidates = self.databases.candidates()
        confirm = candidates.confirm_key_frames if family is Family.FRAMES else candidates.confirm_pictures
        confirmed = confirm(sorted(set(keys.tolist())), family)
        for one in confirmed:
            mine = keys == one.key
            assert rows[mine].tolist() == list(range(len(one.windows)))
            assert (large[mine] == one.windows.large).all()
            assert (near.queries[mine] == rows[mine]).all()
        return confirmed

    def sizes(self):
        return [self.indexes.size(family) for family in CODE_FAMILIES]

    def close(self):
        self.indexes.close()
        for feed in self.feeds.values():
            feed.close()


@pytest.fixture
def setting(sqlite):
    setting = _Setting(sqlite)
    yield setting
    setting.close()


def test_a_picture_is_found_by_both_families(setting):
    """Pictures registered before and after the index began are found by their whole code and by all windows."""
    setting.enrol(1)
    setting.indexes.begin()
    setting.enrol(2)
    assert [setting.found(seed) for seed in (1, 2, 3)] == [(1, 1), (1, 1), (0, 0)]
    assert setting.sizes() == [2, 10, 0, 0]


def test_a_withdrawal_takes_both_away(setting):
    """After a withdrawal neither family proposes anything of the case, and the others' pictures stay."""
    setting.indexes.begin()
    case = setting.enrol(1)
    setting.enrol(2, owner=BOB)
    assert setting.found(1) == (1, 1)
    setting.withdraw(case)
    assert [setting.found(seed) for seed in (1, 2)] == [(0, 0), (1, 1)]
    assert setting.sizes() == [1, 5, 0, 0]
    assert setting.indexes.reconcile() == frozenset()


def test_what_is_withdrawn_before_the_beginning_is_never_held(setting):
    """After a restart both families hold what is registered."""
    setting.withdraw(setting.enrol(1))
    setting.enrol(2)
    setting.indexes.begin()
    setting.indexes.ready_position()
    assert setting.sizes() == [1, 5, 0, 0]
    assert setting.indexes.reconcile() == frozenset()


def test_a_clip_is_found_by_every_frame_until_it_is_withdrawn(setting):
    """Clips registered before and after the index began are found by each frame, and after their withdrawal by none."""
    setting.enrol_clip(1)
    setting.indexes.begin()
    case = setting.enrol_clip(2, owner=BOB)
    assert [setting.found_frames(seed) for seed in (1, 2, 3)] == [[0, 1, 2], [0, 1, 2], []]
    assert setting.sizes() == [0, 0, 48, 6]
    setting.withdraw(case, owner=BOB)
    assert [setting.found_frames(seed) for seed in (1, 2)] == [[0, 1, 2], []]
    assert setting.sizes() == [0, 0, 24, 3]
    assert setting.indexes.reconcile() == frozenset()


def test_an_index_of_frames_that_differs_is_built_anew(setting):
    """If the totals of frames disagree, that family is read again from the rows."""
    setting.enrol(1)
    setting.enrol_clip(1)
    setting.indexes.begin()
    assert setting.found_frames(1) == [0, 1, 2]
    engine = setting.indexes.follower(Family.FRAMES).current_engine()
    engine.rebuild(engine.status().sequence, np.empty(0, np.int64), np.empty((0, 32), np.uint8))
    assert setting.found_frames(1) == []
    assert setting.indexes.reconcile() == {Family.FRAMES}
    assert setting.found_frames(1) == [0, 1, 2]


def test_the_position_goes_on_over_other_families_changes(setting, monkeypatch):
    """Changes of one family move the positions of all to the log's head; the lag is 0."""
    monkeypatch.setattr(follower_module, "MAX_BATCH_CODES", 64)
    setting.indexes.begin()
    whole = seen_draft(1)
    for seed in range(3):
        setting.enrol(seed)
    open_case(
        Level.V0,
        type(whole)(kind=whole.kind, codes=seen_draft("whole").codes, flat_share=None),
        actor=ALICE,
        units=setting.databases.units,
        environment=environment(),
    )
    head = setting.feeds[Family.WHOLE].state().head
    assert head == 7
    assert setting.indexes.ready_position() == head
    statuses = setting.indexes.statuses()
    assert [status.position for status in statuses.values()] == [head] * 4
    assert [status.lag for status in statuses.values()] == [0] * 4
    assert [status.engine.sequence for status in statuses.values()] == [head] * 4
    assert setting.indexes.reconcile() == frozenset()
    assert all(event is LogEvent.INDEX_READY for event, _ in setting.events)


def test_an_index_that_differs_begins_again_alone(setting):
    """If the totals of one family disagree, that family is rebuilt, and no other."""
    setting.enrol(1)
    setting.indexes.begin()
    before = {family: setting.indexes.follower(family).current_engine() for family in CODE_FAMILIES}
    before[Family.ANCHORED].rebuild(2, np.empty(0, np.int64), np.empty((0, 32), np.uint8))
    assert setting.indexes.reconcile() == {Family.ANCHORED}
    assert setting.indexes.follower(Family.WHOLE).current_engine() is before[Family.WHOLE]
    assert setting.found(1) == (1, 1)
    assert (LogEvent.INDEX_MISMATCH, Family.ANCHORED) in setting.events
    assert (LogEvent.INDEX_MISMATCH, Family.WHOLE) not in setting.events


def _meet(databases, name="anchored-9"):
    with databases.registry.write() as connection:
        connection.execute(insert(code_families).values(name=name))
        connection.commit()


def test_an_unknown_family_refuses_every_answer(setting):
    """With codes of an unknown family in the database, nothing is answered, and the reason is reported once."""
    setting.enrol(1)
    setting.indexes.begin()
    assert setting.found(1) == (1, 1)
    _meet(setting.databases)
    for _ in range(3):
        with pytest.raises(IndexBehind):
            setting.indexes.ready_position()
    assert not any(status.ready for status in setting.indexes.statuses().values())
    assert setting.events.count((LogEvent.INDEX_UNKNOWN_FAMILY, Family.WHOLE)) == 1
    with pytest.raises(IndexBehind):
        setting.indexes.follow()
    with pytest.raises(IndexBehind):
        setting.indexes.reconcile()


def test_a_start_meets_an_unknown_family(setting):
    """A program that starts over newer codes never becomes ready, and does when they are gone."""
    _meet(setting.databases)
    with pytest.raises(IndexBehind):
        setting.indexes.begin()
    with pytest.raises(IndexBehind):
        setting.indexes.ready_position()
    with setting.databases.registry.write() as connection:
        connection.execute(code_families.delete())
        connection.commit()
    setting.indexes.begin()
    assert setting.indexes.ready_position() == 0


def test_templates_of_an_engine_that_is_off_are_told_and_refuse_nothing(setting):
    """Templates of a disabled engine do not stop checks, and `unsearched_faces` names the engine."""
    setting.enrol(1)
    _meet(setting.databases, "faces:off-1")
    _meet(setting.databases, "faces:on-1")
    setting.indexes.begin()
    assert setting.found(1) == (1, 1)
    assert all(status.ready for status in setting.indexes.statuses().values())
    assert LogEvent.INDEX_UNKNOWN_FAMILY not in [event for event, _ in setting.events]
    state = setting.feeds[Family.WHOLE].state()
    assert unsearched_faces(state, CODE_FAMILIES) == ("off-1", "on-1")
    assert unsearched_faces(state, [*CODE_FAMILIES, Family.faces("on-1", 128)]) == ("off-1",)


def test_what_a_process_knows_is_told_by_its_wiring(setting):
    """A follower that knows fewer families refuses the codes of the others."""
    setting.enrol(1)
    follower = IndexFollower(
        feed=setting.feeds[Family.WHOLE],
        new_engine=lambda _epoch: FlatEngine(),
        report=lambda _event, _position: None,
        known=[Family.WHOLE],
    )
    with pytest.raises(IndexBehind):
        follower.begin()


def test_a_page_of_templates_becomes_rows_as_long_as_their_vectors():
    """Templates are named by their own keys, removals too, and a batch without additions keeps the row's length."""
    family = Family.faces("engine", 4)
    changes = (
        FeedChange(position=1, code_id=7, value=bytes(range(16))),
        FeedChange(position=2, code_id=5, value=None),
    )
    batch = as_batch(FeedPage(changes=changes, reached=3), family)
    assert (batch.add_ids.tolist(), batch.remove_ids.tolist(), batch.sequence) == ([7], [5], 3)
    assert (batch.add_codes.shape, batch.add_codes.tobytes()) == ((1, 16), bytes(range(16)))
    assert as_batch(FeedPage(changes=changes[1:], reached=3), family).add_codes.shape == (0, 16)


class _Fakes:
    """Indexes over feeds and engines of plain lists; `opening` are raised by the next openings of a family's engine."""

    def __init__(self):
        self.feeds = {family: FakeFeed(family=family) for family in CODE_FAMILIES}
        self.engines = {family: [] for family in CODE_FAMILIES}
        self.opening = {family: [] for family in CODE_FAMILIES}
        self.indexes = Indexes(
            {
                family: IndexFollower(
                    feed=feed,
                    new_engine=lambda _epoch, family=family: self._open(family),
                    report=lambda _event, _position: None,
                )
                for family, feed in self.feeds.items()
            }
        )

    def _open(self, family):
        if self.opening[family]:
            raise self.opening[family].pop(0)
        self.engines[family].append(FakeEngine())
        return self.engines[family][-1]


@pytest.fixture
def fakes():
    return _Fakes()


@pytest.mark.parametrize("failing", CODE_FAMILIES)
def test_a_family_that_fails_keeps_no_other_from_beginning(fakes, failing):
    """All families are tried before the failure is raised; then only the failed one begins again."""
    fakes.opening[failing] = [SnapshotNotWritten("the disk refused")]
    with pytest.raises(IndexBehind):
        fakes.indexes.begin()
    assert {family: len(engines) for family, engines in fakes.engines.items()} == {
        family: 0 if family is failing else 1 for family in CODE_FAMILIES
    }
    with pytest.raises(IndexBehind):
        fakes.indexes.ready_position()
    fakes.indexes.follow()
    assert [len(fakes.engines[family]) for family in CODE_FAMILIES] == [1] * len(CODE_FAMILIES)
    assert fakes.indexes.ready_position() == 0


def test_the_least_position_is_told(fakes):
    """The common position is that of the family that is furthest behind."""
    fakes.indexes.begin()
    for _ in range(3):
        fakes.feeds[Family.WHOLE].add(len(fakes.feeds[Family.WHOLE].log), pdq(1).value)
    assert fakes.indexes.ready_position() == 0
    for family in (Family.ANCHORED, Family.FRAMES, Family.FRAME_WHOLE):
        assert fakes.indexes.ready_position() == 0
        fakes.feeds[family].add(1, pdq(1).value)
    assert fakes.indexes.ready_position() == 1


def test_a_new_life_of_the_database_begins_one_family_when_it_meets_it(fakes):
    """A family that has seen the new epoch begins again; the others do when they look."""
    fakes.indexes.begin()
    fakes.feeds[Family.ANCHORED].epoch = "e2"
    fakes.feeds[Family.ANCHORED].news = True
    fakes.indexes.ready_position()
    assert [len(fakes.engines[family]) for family in CODE_FAMILIES] == [1, 2, 1, 1]


def test_a_size_is_asked_of_the_engine_once_for_each_change(fakes, monkeypatch):
    """The size is read once and then again only after a change."""
    fakes.indexes.begin()
    feed, (engine,) = fakes.feeds[Family.ANCHORED], fakes.engines[Family.ANCHORED]
    asked, status = [], engine.status
    monkeypatch.setattr(engine, "status", lambda: asked.append(1) or status())
    assert [fakes.indexes.size(Family.ANCHORED) for _ in range(5)] == [0] * 5
    feed.add(1, pdq(1).value)
    fakes.indexes.ready_position()
    assert [fakes.indexes.size(Family.ANCHORED) for _ in range(5)] == [1] * 5
    assert len(asked) == 2


def test_a_size_before_the_beginning_and_after_the_end_is_none(fakes):
    """Before the beginning the size is `IndexBehind`, not 0."""
    with pytest.raises(IndexBehind):
        fakes.indexes.size(Family.ANCHORED)
    fakes.indexes.begin()
    assert fakes.indexes.size(Family.ANCHORED) == 0
    fakes.indexes.close()
    with pytest.raises(IndexBehind):
        fakes.indexes.size(Family.ANCHORED)


def test_an_outage_is_told_after_all_were_tried(fakes):
    """If reading fails for one family, the other has followed nevertheless."""
    fakes.indexes.begin()
    for feed in fakes.feeds.values():
        feed.add(1, pdq(1).value)
    fakes.feeds[Family.WHOLE].failures = [StorageUnavailable()]
    with pytest.raises(StorageUnavailable):
        fakes.indexes.follow()
    assert fakes.indexes.size(Family.ANCHORED) == 1
