"""The budget of near-threshold questions (promise 5)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.hashing.codes import Algorithm, Code
from registry.events import LogEvent
from registry.security.keys import Keys
from registry.security.oracle_budget import OracleBudget
from registry.storage.rows.probes import SqlProbes
from tests.support.databases.registry_parts import ALICE, DANA, Clock, dhash, pdq

BUDGET = 5


class _Setting:
    """A budget over an embedded registry."""

    def __init__(self, databases):
        self.clock = Clock()
        self.reported = []
        self.databases = databases
        self.budget = self.made(Keys(b"pepper"))

    def made(self, keys):
        return OracleBudget(
            probes=SqlProbes(self.databases.checks),
            keys=keys,
            budget=BUDGET,
            now=self.clock,
            report=lambda event, tenant_id: self.reported.append((event, tenant_id)),
        )

    def spend(self, count, tenant_id=DANA.tenant_id, first=0):
        return [
            bool(self.budget.spent(tenant_id, [pdq(("probe", number))], ["ref_1"]))
            for number in range(first, first + count)
        ]


@pytest.fixture
def setting(sqlite):
    return _Setting(sqlite)


def test_the_budget_is_spent_by_distinct_questions(setting):
    """The first five questions are within the budget, and every one after is not."""
    assert setting.spend(BUDGET + 2) == [False] * BUDGET + [True] * 2


def test_the_operator_is_told(setting):
    """Each question beyond the budget is reported with the tenant that asked."""
    setting.spend(BUDGET)
    assert setting.reported == []
    setting.spend(1, first=BUDGET)
    assert setting.reported == [(LogEvent.ORACLE_BUDGET_SPENT, DANA.tenant_id)]


def test_a_question_again_spends_nothing(setting):
    """The same picture, however often it is uploaded, is one question."""
    for _ in range(3 * BUDGET):
        assert setting.budget.spent(DANA.tenant_id, [pdq(1)], ["ref_1"]) == frozenset()


def test_only_the_references_that_are_spent_are_named(setting):
    """A question near two references is beyond the budget of the one that was probed before."""
    setting.spend(BUDGET)
    assert setting.budget.spent(DANA.tenant_id, [pdq("both")], ["ref_1", "ref_2"]) == {"ref_1"}


def test_codes_of_both_families_make_the_probe(setting):
    """The same PDQ with another second family is another question, and so is one without."""
    for number in range(BUDGET):
        assert not setting.budget.spent(DANA.tenant_id, [pdq(1), dhash(number)], ["ref_1"])
    assert setting.budget.spent(DANA.tenant_id, [pdq(1)], ["ref_1"])


def test_a_spent_budget_is_the_tenants_own(setting):
    """Each platform has a budget of its own."""
    setting.spend(BUDGET + 1)
    assert setting.spend(1, tenant_id=ALICE.tenant_id) == [False]


def test_the_budget_comes_back_after_seven_days(setting):
    """Questions leave the window a week after the day they were asked on."""
    setting.spend(BUDGET + 1)
    setting.clock.time += timedelta(days=6)
    assert setting.spend(1, first=100) == [True]
    setting.clock.time += timedelta(days=1)
    assert setting.spend(1, first=101) == [False]


def test_no_code_is_stored(setting):
    """Only a keyed digest of a question is stored."""
    setting.spend(1)
    setting.databases.checks.purge_files()
    held = setting.databases.checks.path.read_bytes()
    assert pdq(("probe", 0)).value not in held
    assert b"ref_1" in held


@given(value=st.binary(min_size=32, max_size=32))
def test_the_edge_is_a_probes_own_and_always_the_same(value):
    """Where holding ends is between 40 and 64 bits, fixed for a probe."""
    budget = OracleBudget(probes=None, keys=Keys(b"p"), budget=1, now=Clock(), report=print)
    code = [Code(algorithm=Algorithm.PDQ, value=value)]
    assert 40 <= budget.edge_bits(code) <= 64
    assert budget.edge_bits(code) == budget.edge_bits(code)


def test_edges_take_every_value_and_depend_on_the_pepper(setting):
    """All distances from 40 to 64 bits occur, and nobody without the pepper can tell which."""
    probes = [[pdq(number)] for number in range(1000)]
    mine = [setting.budget.edge_bits(probe) for probe in probes]
    others = [setting.made(Keys(b"another")).edge_bits(probe) for probe in probes]
    assert set(mine) == set(range(40, 65))
    assert mine != others
