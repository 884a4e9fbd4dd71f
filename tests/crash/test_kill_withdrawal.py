"""`kill -9` between the steps of a withdrawal: journal and database never disagree after the next start."""

import os
import signal

import pytest

from registry.domain.case_states import CaseState
from registry.storage import journal_file
from registry.storage.rows.units import SqlUnit
from tests.support.databases.journals import Journaled
from tests.support.databases.registry_parts import Location


def _die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def _before_the_line():
    journal_file.os.pwrite = _die


def _within_the_line():
    write = os.pwrite

    def half(descriptor, content, offset):
        write(descriptor, content[: len(content) // 2], offset)
        _die()

    journal_file.os.pwrite = half


def _before_the_line_is_on_the_disk():
    journal_file.os.fsync = _die


def _before_the_commit():
    SqlUnit.commit = _die


def _after_the_commit():
    commit = SqlUnit.commit

    def last(self, result=None):
        commit(self, result)
        _die()

    SqlUnit.commit = last


STEPS = {
    _before_the_line: CaseState.ACTIVE,
    _within_the_line: CaseState.ACTIVE,
    _before_the_line_is_on_the_disk: CaseState.WITHDRAWN,  # a killed process takes nothing from the system's memory
    _before_the_commit: CaseState.WITHDRAWN,
    _after_the_commit: CaseState.WITHDRAWN,
}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.strip("_"))
def test_a_kill_between_two_steps(tmp_path, sqlite, step):
    """Before the line nothing happened; from the line on the case is withdrawn after the next start, in both."""
    path = tmp_path / "data.withdrawals"
    before = Journaled(sqlite, path)
    before.keeper.start()
    case, other = before.opens("case"), before.opens("other")
    before.withdraws(other)
    sqlite.close()
    child = os.fork()
    if not child:
        acting = Journaled(Location.folder(tmp_path / "data").open(), path)
        acting.journaled()
        step()
        acting.withdraws(case)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    after = Journaled(sqlite, path)
    after.keeper.start()
    assert after.case(case).state is STEPS[step]
    withdrawn = {other} if STEPS[step] is CaseState.ACTIVE else {other, case}
    assert set(after.journaled()) == withdrawn
    after.withdraws(case)
    after.keeper.start()
    assert set(after.journaled()) == {case, other}
    assert after.case(case).state is CaseState.WITHDRAWN
