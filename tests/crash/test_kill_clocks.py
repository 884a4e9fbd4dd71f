"""`kill -9` of the clock service: after the next start every clock is right, and nothing happened twice."""

import os
import signal
from datetime import timedelta

import pytest

from registry.domain.takedowns import TakedownEvent, TakedownState
from registry.storage.rows.takedowns import SqlTakedowns
from registry.storage.rows.units import SqlUnit
from registry.usecases.ledger.verifying import verify_ledger
from registry.usecases.takedowns import TakedownKeeper
from tests.support.databases.registry_parts import FRANK, environment
from tests.support.takedown_office import Office
from tests.support.takedowns import RULES


def _die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def _before_the_state():
    SqlTakedowns.save = _die


def _before_the_event():
    SqlTakedowns.record = _die


def _before_the_commit():
    SqlUnit.commit = _die


def _after_the_first_commit():
    commit = SqlUnit.commit

    def last(self, result=None):
        commit(self, result)
        _die()

    SqlUnit.commit = last


STEPS = [_before_the_state, _before_the_event, _before_the_commit, _after_the_first_commit]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.strip("_"))
def test_a_kill_between_two_steps(sqlite, step):
    """Each request becomes overdue once, with the deadline that it had, whenever the service was killed."""
    office = Office(sqlite)
    sent = [office.sent(target=f"https://video.example/{number}") for number in range(3)]
    office.clock.time = sent[0].due_at + timedelta(seconds=1)
    sqlite.close()
    child = os.fork()
    if not child:
        databases = sqlite.another()
        step()
        TakedownKeeper(
            units=databases.units,
            environment=environment(office.clock),
            rules=RULES,
            report=lambda event, takedown_id: None,
        ).keep()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    office.clock.advance(hours=5)
    office.keeper().keep()
    assert office.keeper().keep() == []
    for before in sent:
        view = office.read(before)
        assert (view.takedown.state, view.takedown.due_at) == (TakedownState.OVERDUE, before.due_at)
        assert [move.event for move in view.events].count(TakedownEvent.MISS_DEADLINE) == 1
        assert [move.number for move in view.events] == [1, 2, 3]
    assert verify_ledger(actor=FRANK, units=sqlite.units).faults == ()
