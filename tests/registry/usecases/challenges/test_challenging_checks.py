"""A platform disputes by its check: equal answers, no case, few references, and nothing that was decided before."""

from dataclasses import replace

import pytest

from index.verdict.vocabulary import Level
from registry.domain.challenges import ChallengeReason
from registry.domain.roles import Role
from registry.errors import NotFound, TooManyChallenges
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.challenges.challenging_checks import challenge_check
from registry.usecases.challenges.listing import list_challenges
from registry.usecases.enrolment.enrolling import enrol
from tests.support.databases.registry_parts import BOB, CHARLIE, DANA, colleague, draft
from tests.support.usecases.challenging import OLIVE, Registry, a_check
from tests.support.usecases.fakes import FakeChecks
from tests.support.usecases.verifying import open_verified

WHY = ChallengeReason.WRONG_MATCH


@pytest.fixture
def registry(sqlite):
    return Registry(sqlite)


@pytest.fixture
def checks():
    return FakeChecks()


@pytest.fixture
def opened(registry):
    return open_verified(Level.V1, draft(1), actor=BOB, **registry.around)


@pytest.fixture
def dispute(registry, checks):
    """Stores a check that matched these references, and challenges it."""

    def act(name, *matched, actor=DANA, reason=WHY):
        check = a_check(f"chk_{name}", actor, matched)
        checks.add(check)
        return challenge_check(check.id, reason, actor=actor, checks=checks, **registry.around)

    return act


def disputed(registry):
    return {name for name, (_, held) in registry.confirmed().items() if held}


def rows(registry):
    page = list_challenges(None, actor=OLIVE, units=registry.databases.units)
    return [one.challenge for one in page.challenges]


def test_what_a_check_matched_is_held_to_a_review(registry, opened, dispute):
    """The reference is disputed at the commit, the case is not, and officers see no check and no platform's upload."""
    second = enrol(opened.case.id, draft(2), actor=BOB, **registry.around).reference.id
    dispute("one", second)
    assert disputed(registry) == {second}
    (row,) = rows(registry)
    assert (row.reference_id, row.is_by_check, row.is_effective) == (second, True, True)
    registry.decide(row.id)
    assert disputed(registry) == set()


def test_the_answer_is_the_same_without_a_match(registry, opened, dispute):
    """A check that matched nothing is challenged with the same answer, and nothing is disputed."""
    matched = dispute("one", opened.first.reference.id)
    empty = dispute("two")
    gone = dispute("three", "ref_gone")
    for other in (empty, gone):
        same = replace(other.challenge, check_id=matched.challenge.check_id)
        assert replace(other, challenge=same) == matched
    assert len(rows(registry)) == 1


def test_a_check_is_challenged_once(registry, opened, dispute):
    """Again the first challenge is told, and nothing is written."""
    first = dispute("one", opened.first.reference.id)
    before = registry.events()
    again = dispute("one", opened.first.reference.id, reason=ChallengeReason.PUBLIC_INTEREST)
    assert (again.challenge, again.is_new, first.is_new) == (first.challenge, False, True)
    assert registry.events() == before


def test_nobody_challenges_anothers_check(registry, checks, opened, dispute):
    """Another platform's check looks like one that does not exist."""
    dispute("one", opened.first.reference.id)
    with pytest.raises(NotFound):
        challenge_check(
            "chk_one", WHY, actor=colleague(CHARLIE, Role.PLATFORM), checks=checks, **registry.around
        )


def test_a_collage_weakens_few(registry, opened, dispute):
    """Of everything that one upload shows a few references are held to a review, and the others wait for a person."""
    names = [
        enrol(opened.case.id, draft(number), actor=BOB, **registry.around).reference.id
        for number in range(2, 10)
    ]
    dispute("collage", *names)
    assert len(disputed(registry)) == 4
    assert sum(not row.is_effective for row in rows(registry)) == 4


def test_what_was_decided_for_the_claim_is_not_weakened_again(registry, opened, dispute):
    """The platform's next upload of the same picture changes nothing until a person has looked."""
    name = opened.first.reference.id
    dispute("one", name)
    registry.decide(rows(registry)[0].id)
    dispute("two", name)
    assert disputed(registry) == set()
    assert [row.is_effective for row in rows(registry)] == [True, False]


def test_a_refusal_tells_nothing_of_what_matched(registry, opened, dispute):
    """So many checks in a week, matched or not; whoever has reached the bound is told the same for both."""
    for number in range(30):
        dispute(f"{number:02}", *([opened.first.reference.id] if number % 2 else []))
    for matched in ([], [opened.first.reference.id]):
        with pytest.raises(TooManyChallenges, match="key may challenge 30 checks in 7 days"):
            dispute(f"last{len(matched)}", *matched)


def test_what_is_withdrawn_is_not_disputed(registry, opened, dispute):
    """A check whose match was withdrawn since is challenged like one that matched nothing."""
    name = opened.first.reference.id
    withdraw(opened.case.id, actor=BOB, **registry.around)
    assert dispute("one", name).is_new
    assert rows(registry) == []
