"""Templates of engines that are off: told once, their files deleted, and erased all the same."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from index.errors import SnapshotNotWritten
from registry.domain.family import CODE_FAMILIES, Family
from registry.errors import StorageUnavailable
from registry.events import LogEvent
from registry.indexing.disabled_engines import DisabledFaceEngines
from registry.indexing.keeper import HEARTBEAT_INTERVAL_S
from tests.support.usecases.fake_index import FakeFeed

MACHINE = "mac_0000000000000000"
OFF, ON = Family.faces("off-1", 1), Family.faces("on-1", 8)


@dataclass
class FakeMachines:
    """Implements `IndexMachines` of one family; `removals` are positions at which something was removed."""

    said: dict = field(default_factory=dict)
    removals: set = field(default_factory=set)

    def erased_position(self, machine_id):
        """Returns what was said last."""
        return self.said.get(machine_id, 0)

    def removed(self, after, until, limit):
        """Tells of the first removal."""
        found = sorted(at for at in self.removals if after < at <= until)
        return (found[0], np.array([], np.int64)) if found else None

    def save(self, machine_id, position):
        """Writes it down."""
        self.said[machine_id] = position


class _Setting:
    """A database that holds templates of two engines, of which one is off."""

    def __init__(self):
        names = {family.value for family in (*CODE_FAMILIES, OFF, ON)}
        self.feed = FakeFeed(families=frozenset(names))
        self.machines = FakeMachines()
        self.files = {OFF.value, ON.value}
        self.in_use = False
        self.failures = []
        self.reports = []
        self.now = 100.0
        self.disabled = DisabledFaceEngines(
            feed=self.feed,
            enabled=(ON,),
            delete_files=self._delete_files,
            machines=self._machines_of,
            machine_id=MACHINE,
            report=lambda event, family: self.reports.append((event, family.value)),
            monotonic=lambda: self.now,
        )

    def commit(self, *, removes=False):
        """Lets the log grow by a change of somebody else's, or by a removal."""
        self.feed.add(1 + len(self.feed.log), bytes(32))
        if removes:
            self.machines.removals.add(len(self.feed.log))

    def _delete_files(self, family):
        if self.failures:
            raise self.failures.pop(0)
        if self.in_use:
            return False
        self.files.discard(family.value)
        return True

    def _machines_of(self, family):
        assert family.value == OFF.value
        return self.machines


@pytest.fixture
def setting():
    setting = _Setting()
    setting.commit()
    return setting


def test_what_is_off_is_told_once_and_its_files_go(setting):
    """Loudly, once; the files of the engine that is on stay."""
    for _ in range(3):
        setting.disabled.clean_up()
    assert setting.reports == [(LogEvent.FACES_UNSEARCHED, OFF.value)]
    assert setting.files == {ON.value}
    assert setting.machines.said == {MACHINE: 1}


def test_where_all_engines_are_on_nothing_happens(setting):
    """An engine that reports for itself is left alone: no report, no deletion, no position."""
    setting.feed.families -= {OFF.value}
    setting.disabled.clean_up()
    assert (setting.reports, setting.files, setting.machines.said) == ([], {OFF.value, ON.value}, {})


def test_a_removal_is_said_to_be_erased(setting):
    """A withdrawal after the first look is said to be erased at the next: there are no files that could hold it."""
    setting.disabled.clean_up()
    setting.commit(removes=True)
    setting.disabled.clean_up()
    assert setting.machines.said == {MACHINE: 2}


def test_what_brings_no_removal_is_not_written_down(setting):
    """Every enrolment of somebody else would otherwise cost a write."""
    setting.disabled.clean_up()
    setting.commit()
    setting.disabled.clean_up()
    assert setting.machines.said == {MACHINE: 1}


def test_the_machine_shows_now_and_then_that_it_is_there(setting):
    """A machine that says nothing for long counts as gone."""
    setting.disabled.clean_up()
    setting.commit()
    setting.now += HEARTBEAT_INTERVAL_S + 1
    setting.disabled.clean_up()
    assert setting.machines.said == {MACHINE: 2}


def test_files_that_another_process_uses_are_its_own(setting):
    """Beside a server that searches them nothing is deleted or said in its name, until it has ended."""
    setting.in_use = True
    setting.commit(removes=True)
    setting.disabled.clean_up()
    assert (setting.files, setting.machines.said) == ({OFF.value, ON.value}, {})
    setting.in_use = False
    setting.disabled.clean_up()
    assert (setting.files, setting.machines.said) == ({ON.value}, {MACHINE: 2})
    assert len(setting.reports) == 1


def test_files_that_cannot_be_deleted_are_not_said_to_be_erased(setting):
    """Where the disk refuses, a withdrawn case waits, and the next look tries again."""
    setting.failures = [SnapshotNotWritten("the disk refused")]
    with pytest.raises(SnapshotNotWritten):
        setting.disabled.clean_up()
    assert setting.machines.said == {}
    setting.disabled.clean_up()
    assert (setting.files, setting.machines.said, len(setting.reports)) == ({ON.value}, {MACHINE: 1}, 1)


def test_a_database_that_is_away_loses_nothing(setting):
    """What was not done is done at the next look."""
    setting.feed.failures = [StorageUnavailable()]
    with pytest.raises(StorageUnavailable):
        setting.disabled.clean_up()
    setting.disabled.clean_up()
    assert setting.machines.said == {MACHINE: 1}
