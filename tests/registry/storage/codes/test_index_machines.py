"""How far machines have erased, family by family, and which cases that makes erased."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from registry.domain.case import withdraw
from registry.domain.family import CODE_FAMILIES, Family
from registry.storage.codes.index_machines import SqlIndexMachines
from registry.storage.rows.cases import FORGOTTEN_AFTER
from tests.support.databases.registry_parts import NOW, Clock, a_case, a_reference, clip, digest, pdq, windows

ONE, TWO = "mac_1", "mac_2"
LIMIT = 10_000


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def machines(databases, clock):
    return {family: SqlIndexMachines(databases.registry, family, clock) for family in CODE_FAMILIES}


@pytest.fixture
def withdrawn(databases, units):
    """Registers a picture and a clip and withdraws them; returns the case, and the position of its last removal."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add_many(
            [a_reference(case, pdq(1), windows=windows(1)), a_reference(case, digest(1), clip=clip(1, 2))]
        )
        unit.commit()
    gone = withdraw(case, NOW)
    with units.write() as unit:
        unit.cases.save(gone)
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    feed = databases.feed()
    head = feed.state().head
    feed.close()
    return gone, head


def _withdraw(units, case):
    with units.write() as unit:
        unit.cases.save(withdraw(case, NOW))
        unit.references.erase_codes(case.id, NOW)
        unit.commit()


def _gone(units, case, now=NOW):
    with units.read() as unit:
        return unit.cases.gone_from_files([case], now) == (case,)


def test_positions_are_kept_apart(machines):
    """A machine's position in one family says nothing about another family, nor about another machine."""
    machines[Family.WHOLE].save(ONE, 7)
    machines[Family.ANCHORED].save(ONE, 3)
    machines[Family.WHOLE].save(ONE, 9)
    assert machines[Family.WHOLE].erased_position(ONE) == 9
    assert machines[Family.ANCHORED].erased_position(ONE) == 3
    assert machines[Family.ANCHORED].erased_position(TWO) == 0


def test_each_family_is_told_its_own_removals(machines, withdrawn):
    """A keeper erases the ids of its own family, and goes on to the last removal whosesoever it is."""
    _, head = withdrawn
    assert head == 12  # a code, windows and two frames came, each frame in two families, and went
    told = {
        (family, after, until): machines[family].removed(after, until, LIMIT)
        for family in CODE_FAMILIES
        for after, until in ((0, 12), (0, 7), (7, 8), (8, 12), (0, 6), (12, 13))
    }
    seen = {asked: found and (found[0], len(found[1])) for asked, found in told.items()}
    assert seen == {
        (Family.WHOLE, 0, 12): (12, 1),
        (Family.WHOLE, 0, 7): (7, 1),
        (Family.WHOLE, 7, 8): (8, 0),
        (Family.WHOLE, 8, 12): (12, 0),
        (Family.WHOLE, 0, 6): None,
        (Family.WHOLE, 12, 13): None,
        (Family.ANCHORED, 0, 12): (12, 128),
        (Family.ANCHORED, 0, 7): (7, 0),
        (Family.ANCHORED, 7, 8): (8, 128),
        (Family.ANCHORED, 8, 12): (12, 0),
        (Family.ANCHORED, 0, 6): None,
        (Family.ANCHORED, 12, 13): None,
        (Family.FRAMES, 0, 12): (12, 256),
        (Family.FRAMES, 0, 7): (7, 0),
        (Family.FRAMES, 7, 8): (8, 0),
        (Family.FRAMES, 8, 12): (12, 256),
        (Family.FRAMES, 0, 6): None,
        (Family.FRAMES, 12, 13): None,
        (Family.FRAME_WHOLE, 0, 12): (12, 2),
        (Family.FRAME_WHOLE, 0, 7): (7, 0),
        (Family.FRAME_WHOLE, 7, 8): (8, 0),
        (Family.FRAME_WHOLE, 8, 12): (12, 2),
        (Family.FRAME_WHOLE, 0, 6): None,
        (Family.FRAME_WHOLE, 12, 13): None,
    }


def test_removals_come_in_pages(machines, withdrawn):
    """A keeper is handed about as many ids as it asked for, and comes back for the rest."""
    assert [len(machines[Family.ANCHORED].removed(after, 12, 1)[1]) for after in (6, 7)] == [0, 128]
    assert [len(machines[Family.FRAMES].removed(after, 12, 1)[1]) for after in (9, 10, 11)] == [0, 128, 128]
    assert [len(machines[Family.FRAME_WHOLE].removed(after, 12, 1)[1]) for after in (7, 8, 9)] == [0, 1, 1]


def test_a_case_waits_for_every_family_of_every_machine(units, machines, withdrawn):
    """Only when both machines have erased in all families is a case gone from files."""
    case, head = withdrawn
    assert _gone(units, case)  # no machine has any files
    said = [(machine, family) for machine in (ONE, TWO) for family in CODE_FAMILIES]
    for machine, family in said:
        machines[family].save(machine, head - 1)
    for machine, family in said:
        assert not _gone(units, case)
        machines[family].save(machine, head)
    assert _gone(units, case)


def test_a_family_that_a_machine_has_not_told_of_holds_the_case_up(units, machines, withdrawn):
    """A machine that is there and silent about a family may have files of it."""
    case, head = withdrawn
    for family in CODE_FAMILIES:
        assert not _gone(units, case) or family is Family.WHOLE  # no machine has any files
        machines[family].save(ONE, head)
    assert _gone(units, case)


def test_a_family_that_nobody_stored_holds_nothing_up(databases, units, machines):
    """Where no windows were ever registered, whole codes alone decide."""
    case = a_case()
    with units.write() as unit:
        unit.cases.add(case)
        unit.references.add(a_reference(case, pdq(1)))
        unit.commit()
    with units.write() as unit:
        unit.references.erase_codes(case.id, NOW)
        unit.commit()
    feed = databases.feed()
    head = feed.state().head
    feed.close()
    machines[Family.WHOLE].save(ONE, head - 1)
    assert not _gone(units, case)
    machines[Family.WHOLE].save(ONE, head)
    assert _gone(units, case)


def test_a_machine_that_was_taken_away_is_not_waited_for(units, machines, withdrawn, clock):
    """A machine is forgotten a day after it was last seen in any family."""
    case, head = withdrawn
    machines[Family.WHOLE].save(ONE, 0)
    clock.advance(hours=1)
    for family in (Family.ANCHORED, Family.FRAMES, Family.FRAME_WHOLE):
        machines[family].save(ONE, head)
    assert not _gone(units, case, NOW + FORGOTTEN_AFTER + timedelta(minutes=59))
    assert _gone(units, case, NOW + FORGOTTEN_AFTER + timedelta(hours=1))


@pytest.mark.postgres
def test_a_removal_logged_meanwhile_is_not_waited_for(postgresql):
    """Where another transaction logs a later removal and is numbered first, a case still waits for its own."""
    first, second = a_case(), a_case()
    with postgresql.units.write() as unit:
        for case, seed in ((first, 1), (second, 2)):
            unit.cases.add(case)
            unit.references.add(a_reference(case, pdq(seed), windows=windows(seed)))
        unit.commit()
    other, feed = postgresql.another(), postgresql.feed()
    meanwhile = []

    def overtake(_connection, _cursor, statement, *_rest):
        if "INSERT INTO changes" in statement and "FROM anchored_windows" in statement and not meanwhile:
            meanwhile.append(statement)
            _withdraw(other.units, second)
            feed.state()  # numbers what the other committed

    event.listen(postgresql.registry.engine, "after_cursor_execute", overtake)
    _withdraw(postgresql.units, first)
    event.remove(postgresql.registry.engine, "after_cursor_execute", overtake)
    assert meanwhile
    head = feed.state().head
    for family in CODE_FAMILIES:
        SqlIndexMachines(postgresql.registry, family, Clock()).save(ONE, head - 2)
    assert _gone(postgresql.units, withdraw(second, NOW))
    assert not _gone(postgresql.units, withdraw(first, NOW))
    feed.close()
    other.close()


def test_every_case_waits_for_its_own_removal(databases, units):
    """Of two withdrawn cases the one that was withdrawn first is gone first."""
    first, second = a_case(), a_case()
    with units.write() as unit:
        for case, seed in ((first, 1), (second, 2)):
            unit.cases.add(case)
            unit.references.add(a_reference(case, pdq(seed), windows=windows(seed)))
        unit.commit()
    for case in (second, first):
        _withdraw(units, case)
    feed = databases.feed()
    head = feed.state().head
    feed.close()
    for family in CODE_FAMILIES:
        SqlIndexMachines(databases.registry, family, Clock()).save(ONE, head - 2)
    assert _gone(units, withdraw(second, NOW))
    assert not _gone(units, withdraw(first, NOW))
