"""`kill -9` at any moment of an enrolment: nothing acknowledged is lost, nothing is half there (promise 4).

A killed process takes nothing with it that the operating system has; what a power cut takes is tested in
`test_power_cut.py`.
"""

import sqlite3

import pytest

from index.verdict.vocabulary import Level
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import enrol
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.crash.nursery import Nursery, printed_chance
from tests.support.crash.wholeness import halves, missing_acts
from tests.support.databases.registry_parts import ALICE, BOB, FRANK, environment, seen_draft

KILLS = 100


def test_many_kills_lose_nothing_acknowledged(tmp_path, sqlite):
    """After 100 kills on one data folder every acknowledged act is there whole, and nothing is half there."""
    sqlite.close()
    chance = printed_chance()
    nursery = Nursery(tmp_path, sqlite.location.registry)
    told = []
    try:
        for _ in range(KILLS):
            told += nursery.kill_one(chance)
    finally:
        nursery.end()
    assert len(told) > KILLS
    assert missing_acts(sqlite.location.registry, told) == []
    assert halves(sqlite.location.registry) == {}
    report = verify_ledger(actor=FRANK, units=sqlite.units)
    assert report.first_broken is None
    assert report.entries > KILLS


@pytest.fixture
def whole(sqlite):
    """A registry with two standing cases and a withdrawn one, its files closed."""
    around = {"units": sqlite.units, "environment": environment()}
    opened = [
        open_case(Level.V0, seen_draft(seed), actor=ALICE, **around) for seed in ("one", "two", "withdrawn")
    ]
    enrol(opened[0].case.id, seen_draft("three"), actor=ALICE, **around)
    withdraw(opened[2].case.id, actor=ALICE, **around)
    open_case(Level.V0, seen_draft("four"), actor=BOB, **around)
    sqlite.close()
    return sqlite.location.registry


def test_a_whole_registry_has_no_halves(whole):
    """The search for halves finds nothing where every act was done to its end."""
    assert halves(whole) == {}


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM codes WHERE id = 2",
        "DELETE FROM codes WHERE id IN (SELECT code_id FROM changes WHERE position = 1)",
        "DELETE FROM changes WHERE position = 1",
        "DELETE FROM changes WHERE position = (SELECT max(position) FROM changes)",
        "UPDATE changes SET position = NULL WHERE position = 1",
        "DELETE FROM case_references WHERE id = (SELECT max(id) FROM case_references)",
        "DELETE FROM ledger_entries WHERE event = 'reference.enrolled' AND number % 2 = 0",
        "DELETE FROM ledger_entries WHERE event = 'case.withdrawn'",
        "DELETE FROM ledger_entries WHERE number = 1",
        "DELETE FROM cases WHERE state = 'withdrawn'",
        "UPDATE cases SET state = 'withdrawn' WHERE state = 'active'",
        "UPDATE cases SET state = 'active', withdrawn_at = NULL",
        "DELETE FROM anchored_windows WHERE reference_key = 1",
        "DELETE FROM changes WHERE family = 'anchored-1' AND added AND code_id = 1",
        "DELETE FROM changes WHERE family = 'anchored-1' AND NOT added",
        "DELETE FROM code_families WHERE name = 'anchored-1'",
        "UPDATE cases SET removal_id = removal_id - 1 WHERE state = 'withdrawn'",
    ],
)
def test_a_half_is_found(whole, damage):
    """The search for halves notices each way in which an act could be there in part."""
    connection = sqlite3.connect(whole, isolation_level=None)
    assert connection.execute(damage).rowcount > 0
    connection.close()
    assert halves(whole)


def test_a_lost_act_is_found(whole):
    """An acknowledged act that the ledger does not have is reported missing."""
    assert missing_acts(whole, [f"enrolled case_1 ref_1 {'00' * 32}", f"withdrawn case_1 {'00' * 32}"]) == [
        f"enrolled case_1 ref_1 {'00' * 32}",
        f"withdrawn case_1 {'00' * 32}",
    ]
