"""Templates of disabled engines: reported once, their files deleted, and withdrawals still counted as erased."""

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

    saved: dict = field(default_factory=dict)
    removals: set = field(default_factory=set)

    def erased_position(self, machine_id):
        """Return the last saved position."""
        return self.saved.get(machine_id, 0)

    def removed(self, after, until, limit):
        """Return the first removal."""
        found = sorted(at for at in self.removals if after < at <= until)
        return (found[0], np.array([], np.int64)) if found else None

    def save(self, machine_id, position):
        """Save the position."""
        self.saved[machine_id] = position


class _Setting:
    """A database that holds templates of two engines, of which one is disabled."""

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
        """Append a change of another family, or a removal, to the log."""
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


def test_a_disabled_engine_is_reported_once_and_its_files_deleted(setting):
    """A disabled engine is reported once and its files are deleted; the files of the enabled engine stay."""
    for _ in range(3):
        setting.disabled.clean_up()
    assert setting.reports == [(LogEvent.FACES_UNSEARCHED, OFF.value)]
    assert setting.files == {ON.value}
    assert setting.machines.saved == {MACHINE: 1}


def test_nothing_happens_while_all_engines_are_enabled(setting):
    """Nothing is reported, deleted or saved for an enabled engine."""
    setting.feed.families -= {OFF.value}
    setting.disabled.clean_up()
    assert (setting.reports, setting.files, setting.machines.saved) == ([], {OFF.value, ON.value}, {})


def test_a_removal_counts_as_erased(setting):
    """A withdrawal after the first call counts as erased at the next, because no file could hold it."""
    setting.disabled.clean_up()
    setting.commit(removes=True)
    setting.disabled.clean_up()
    assert setting.machines.saved == {MACHINE: 2}


def test_a_change_without_removal_is_not_saved(setting):
    """A change that removes nothing is not saved: otherwise every enrolment would cost a write."""
    setting.disabled.clean_up()
    setting.commit()
    setting.disabled.clean_up()
    assert setting.machines.saved == {MACHINE: 1}


def test_the_position_is_saved_as_a_heartbeat(setting):
    """The position is saved once an hour: a machine without a recent one counts as gone."""
    setting.disabled.clean_up()
    setting.commit()
    setting.now += HEARTBEAT_INTERVAL_S + 1
    setting.disabled.clean_up()
    assert setting.machines.saved == {MACHINE: 2}


def test_files_of_another_process_are_left_alone(setting):
    """Files that another process searches are left alone, and nothing is saved, until that process has ended."""
    setting.in_use = True
    setting.commit(removes=True)
    setting.disabled.clean_up()
    assert (setting.files, setting.machines.saved) == ({OFF.value, ON.value}, {})
    setting.in_use = False
    setting.disabled.clean_up()
    assert (setting.files, setting.machines.saved) == ({ON.value}, {MACHINE: 2})
    assert len(setting.reports) == 1


def test_files_that_cannot_be_deleted_do_not_count_as_erased(setting):
    """If the disk refuses, nothing is saved, and the next call tries again."""
    setting.failures = [SnapshotNotWritten("the disk refused")]
    with pytest.raises(SnapshotNotWritten):
        setting.disabled.clean_up()
    assert setting.machines.saved == {}
    setting.disabled.clean_up()
    assert (setting.files, setting.machines.saved, len(setting.reports)) == ({ON.value}, {MACHINE: 1}, 1)


def test_an_unavailable_database_loses_nothing(setting):
    """After a failure of the database, the next call does all due work."""
    setting.feed.failures = [StorageUnavailable()]
    with pytest.raises(StorageUnavailable):
        setting.disabled.clean_up()
    setting.disabled.clean_up()
    assert setting.machines.saved == {MACHINE: 1}
