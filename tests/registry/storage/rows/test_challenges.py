"""Challenges as rows, on both databases: made, counted at once, decided, listed, forgotten."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from index.verdict.vocabulary import Level
from registry.domain.case_states import CaseState
from registry.domain.challenges import MAX_OPEN, PartyKind
from registry.domain.roles import Role
from registry.errors import TooManyChallenges
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.challenges.challenging_checks import challenge_check
from registry.usecases.challenges.deciding import Statement
from registry.usecases.challenges.listing import list_challenges
from registry.usecases.enrolment.bulk import bulk_enrol
from tests.support.databases.registry_parts import BOB, DANA, colleague, draft
from tests.support.usecases.challenging import OLIVE, UPHOLD, Registry, a_check
from tests.support.usecases.fakes import FakeChecks
from tests.support.usecases.verifying import open_verified


@pytest.fixture
def registry(databases):
    return Registry(databases)


def test_a_challenge_from_its_beginning_to_its_end(registry):
    """A case is challenged, listed, decided in bad faith and challenged again with a warning, and forgotten."""
    opened = open_verified(Level.V1, draft(1), actor=BOB, **registry.around)
    told = registry.challenge(opened.case.id)
    assert registry.confirmed() == {opened.first.reference.id: ("V1", True)}
    bad = Statement(outcome=UPHOLD.outcome, is_bad_faith=True)
    assert registry.decide(told.challenge.id, bad).case.state is CaseState.ACTIVE
    checks = FakeChecks()
    checks.add(a_check("chk_1", DANA, [opened.first.reference.id]))
    around = {"actor": DANA, "checks": checks, **registry.around}
    assert challenge_check("chk_1", told.challenge.reason, **around).is_new
    assert not challenge_check("chk_1", told.challenge.reason, **around).is_new
    page = list_challenges(None, actor=OLIVE, units=registry.databases.units)
    assert [one.challenge.is_by_check for one in page.challenges] == [False, True]
    assert page.challenges[0].statements[0].is_bad_faith
    assert registry.challenge(opened.case.id).standing.value == "warned"
    withdraw(opened.case.id, actor=BOB, **registry.around)
    assert list_challenges(None, actor=OLIVE, units=registry.databases.units).challenges == ()


def test_challenges_at_the_same_moment_keep_to_the_bound(registry):
    """Connections of their own count one after the other."""
    case = open_verified(Level.V1, None, actor=BOB, **registry.around).case
    names = bulk_enrol(case.id, [draft(n) for n in range(14)], actor=BOB, **registry.around).references
    key = colleague(BOB, Role.CLAIMANT, "mallory")

    def dispute(name):
        try:
            registry.challenge(case.id, reference=name, by=key)
        except TooManyChallenges:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(dispute, names)) == MAX_OPEN[PartyKind.KEY]
