"""Cases of which nothing is heard for years: notices in time, then the expiry, then the withdrawal."""

from datetime import timedelta

import pytest

from registry.domain.case_states import CaseState
from registry.usecases.cases.retaining import RetentionKeeper, hear_of, list_notices
from registry.usecases.cases.withdrawing import withdraw_unheard
from tests.support.databases.journals import Journaled
from tests.support.databases.registry_parts import ALICE, BOB, environment

PERIOD = timedelta(days=1096)


@pytest.fixture
def parts(sqlite, tmp_path):
    made = Journaled(sqlite, tmp_path / "data.withdrawals")
    made.keeper.start()
    return made


@pytest.fixture
def clock(parts):
    """Moves on by some days, and lets the keeper do what is due."""
    keeper = RetentionKeeper(units=parts.units, environment=environment(parts.clock), period=PERIOD)

    def later(days):
        parts.clock.advance(days=days)
        return keeper.keep()

    return later


def told(parts, who=ALICE):
    return [(one.case_id, one.days) for one in list_notices(actor=who, units=parts.units)]


def test_a_case_ends_step_by_step(parts, clock):
    """Notices come 90, 30 and 7 days before; then the case expires, and 90 days later it is withdrawn and journaled."""
    case = parts.opens(1)
    assert (clock(1000), told(parts)) == (0, [])
    for days, wait in ((90, 6), (30, 60), (7, 23)):
        assert (clock(wait), told(parts)) == (1, [(case, days)])
        assert clock(0) == 0
    assert told(parts, BOB) == []
    assert (clock(6), parts.case(case).state) == (0, CaseState.ACTIVE)
    assert (clock(1), parts.case(case).state) == (1, CaseState.EXPIRED)
    assert (clock(89), parts.case(case).state) == (0, CaseState.EXPIRED)
    assert (clock(1), parts.case(case).state) == (1, CaseState.WITHDRAWN)
    assert (parts.journaled(), parts.keeper.keep()) == ([], True)
    assert (parts.journaled(), told(parts), clock(400)) == ([case], [], 0)
    with parts.units.read() as unit:
        acts = [(entry.act.event.value, entry.act.detail) for entry in unit.ledger.of_case(case)]
    assert acts[-2:] == [("case.expired", "no_contact"), ("case.withdrawn", "no_contact")]


def test_a_sign_of_life_begins_the_period_anew(parts, clock):
    """Whoever reads a case keeps it: the notice is gone, and the next one comes after the whole period."""
    case = parts.opens(1)
    clock(1010)
    assert told(parts) == [(case, 90)]
    hear_of(case, units=parts.units, environment=environment(parts.clock))
    assert (told(parts), clock(1000), clock(6), told(parts)) == ([], 0, 1, [(case, 90)])


def test_no_case_expires_without_its_notices(parts, clock):
    """A case that is older than the period when the clock first looks is told 90 days before, like any other."""
    case = parts.opens(1)
    assert (clock(5000), told(parts)) == (1, [(case, 90)])
    for wait in (60, 23, 6):
        clock(wait)
        assert parts.case(case).state is CaseState.ACTIVE
    clock(1)
    assert parts.case(case).state is CaseState.EXPIRED


def test_a_sign_of_life_is_written_once_a_day(parts):
    """Reading a case again writes nothing until a day has passed."""
    case = parts.opens(1)
    with parts.units.write() as unit:
        assert unit.retention.hear(case, parts.clock())
        assert not unit.retention.hear(case, parts.clock())
        assert unit.retention.is_heard(case, parts.clock())
        parts.clock.advance(days=1)
        assert unit.retention.hear(case, parts.clock())


@pytest.mark.parametrize(("days", "state"), [(0, CaseState.ACTIVE), (90, CaseState.EXPIRED)])
def test_a_case_that_is_heard_of_at_the_last_moment_stays(parts, clock, days, state):
    """The owner was heard after the keeper had listed the case, and before it ended it: the case is as it was."""
    case = parts.opens(1)
    clock(1006)
    clock(89)
    if days:
        clock(1)
    parts.clock.advance(days=days or 1)
    keeper = RetentionKeeper(units=parts.units, environment=environment(parts.clock), period=PERIOD)
    with parts.units.read() as unit:
        (listed,) = unit.retention.silent(parts.clock(), "", 10)
    hear_of(case, units=parts.units, environment=environment(parts.clock))
    assert not keeper._keep(listed, parts.clock())
    assert (parts.case(case).state, told(parts)) == (state, [])


def test_a_withdrawal_by_the_clock_that_fails_leaves_no_line(parts):
    """Nobody asked for it: a line would end the case at the next start, although its owner was heard since."""
    case = parts.opens(1)
    with parts.units.write() as unit:
        withdraw_unheard(unit, unit.cases.of_any_tenant(case), parts.clock())
    assert parts.keeper.start() == []
    assert (parts.journaled(), parts.case(case).state) == ([], CaseState.ACTIVE)
