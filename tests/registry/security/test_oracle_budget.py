"""The budgets of questions near registered references (promise 5)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.hashing.codes import Algorithm, Code
from index.verdict.thresholds import MAX_DHASH_BITS, TIGHT_PDQ_BITS
from registry.domain.probe import Asker, ProbeCounts, Strictness
from registry.errors import ProbingSuspended
from registry.events import LogEvent
from registry.security.keys import Keys
from registry.security.oracle_budget import (
    BLURRED_BUDGETS,
    CLEAR_DHASH_BITS,
    CLEAR_PDQ_BITS,
    CODES_BUDGETS,
    MEDIA_BUDGETS,
    OracleBudget,
)
from tests.support.databases.registry_parts import DANA, Clock, dhash, pdq

BUDGET = 5
CODES = Asker(tenant_id=DANA.tenant_id, is_by_codes=True)
MEDIA = Asker(tenant_id=DANA.tenant_id)
SOMEBODY = Asker(tenant_id=DANA.tenant_id, uploader=b"somebody")
NOBODY = ProbeCounts(of_references={}, of_uploader=0, held=0)


class _Counted:
    """Tells the same counts of every question."""

    def __init__(self):
        self.counts = NOBODY

    def count(self, asker, digest, reference_ids, people, today):
        return self.counts


class _Setting:
    """Budgets over counts that a test sets."""

    def __init__(self):
        self.clock = Clock()
        self.reported = []
        self.probes = _Counted()
        self.budget = self.made(Keys(b"pepper"))

    def made(self, keys):
        return OracleBudget(
            probes=self.probes,
            keys=keys,
            budget=BUDGET,
            now=self.clock,
            report=lambda event, tenant_id: self.reported.append((event, tenant_id)),
        )

    def standing(self, asker=MEDIA, **counts):
        self.probes.counts = replace(NOBODY, **counts)
        return self.budget.standing(asker, b"digest", ["ref_1"])

    def strictness(self, count):
        return self.standing(of_references={"ref_1": count}).strictness["ref_1"]


@pytest.fixture
def setting():
    return _Setting()


def test_answers_get_stricter_with_the_questions_about_a_reference(setting):
    """The first five answers are exact, up to sixty are blurred, and the others are held."""
    last = BUDGET * BLURRED_BUDGETS - 1
    assert [setting.strictness(count) for count in (0, BUDGET - 1)] == [Strictness.EXACT] * 2
    assert [setting.strictness(count) for count in (BUDGET, last)] == [Strictness.BLURRED] * 2
    assert setting.strictness(last + 1) is Strictness.HELD


def test_an_uploader_is_stopped_alone(setting):
    """Beyond their own budget a user's questions are held, whatever else was asked."""
    assert not setting.standing(SOMEBODY, of_uploader=BUDGET - 1).is_stopped
    assert setting.standing(SOMEBODY, of_uploader=BUDGET).is_stopped
    assert not setting.standing(SOMEBODY, held=10**6).is_stopped


def test_questions_by_codes_are_refused_beyond_the_tenants_budget(setting):
    """Media are answered on, until a budget that is four times as large."""
    setting.standing(CODES, held=BUDGET * CODES_BUDGETS - 1)
    with pytest.raises(ProbingSuspended):
        setting.standing(CODES, held=BUDGET * CODES_BUDGETS)
    assert not setting.standing(MEDIA, held=BUDGET * MEDIA_BUDGETS - 1).is_stopped
    assert setting.standing(MEDIA, held=BUDGET * MEDIA_BUDGETS).is_stopped


@pytest.mark.parametrize(
    ("name", "most"),
    [("of_references", BUDGET * BLURRED_BUDGETS), ("of_uploader", BUDGET), ("held", BUDGET * CODES_BUDGETS)],
)
def test_the_operator_is_warned_at_half_and_told_at_the_end(setting, name, most):
    """Each is said once a day and tenant, with no reference."""

    def spend(count):
        setting.standing(MEDIA, **{name: {"ref_1": count} if name == "of_references" else count})

    half = (LogEvent.ORACLE_BUDGET_HALF, DANA.tenant_id)
    spend((most - 1) // 2)
    assert setting.reported == []
    spend((most + 1) // 2)
    spend((most + 1) // 2)
    assert setting.reported == [half]
    spend(most)
    spend(most)
    assert setting.reported == [half, (LogEvent.ORACLE_BUDGET_SPENT, DANA.tenant_id)]
    setting.clock.time += timedelta(days=1)
    spend(most)
    assert len(setting.reported) == 4


def test_uploaders_are_kept_as_digests(setting):
    """Nobody without the pepper can tell a name from its digest, and tenants share no digest."""
    mine, others = setting.budget, setting.made(Keys(b"another"))
    names = {
        mine.uploader("ten_1", "anna"),
        mine.uploader("ten_1", "ben"),
        mine.uploader("ten_2", "anna"),
        others.uploader("ten_1", "anna"),
    }
    assert len(names) == 4
    assert all(len(name) == 32 for name in names)
    assert mine.uploader("ten_1", "anna") in names


@given(value=st.binary(min_size=32, max_size=32))
def test_blurred_distances_are_a_questions_own_and_always_the_same(value):
    """They lie between a close copy and the tight thresholds. That of PDQ does not follow the second code."""
    budget = OracleBudget(probes=None, keys=Keys(b"p"), budget=1, now=Clock(), report=print)
    code = Code(algorithm=Algorithm.PDQ, value=value)
    one, other = (budget.blur([code], [code, dhash(name)]) for name in (1, 2))
    assert CLEAR_PDQ_BITS <= one.pdq_bits <= TIGHT_PDQ_BITS
    assert CLEAR_DHASH_BITS <= one.dhash_bits <= MAX_DHASH_BITS
    assert one == budget.blur([code], [code, dhash(1)])
    assert one.pdq_bits == other.pdq_bits


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
