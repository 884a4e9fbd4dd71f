"""Decisions and strikes in a registry: who may decide, whom it costs the right, and that the right comes back."""

import pytest

from index.verdict.vocabulary import Level
from registry.domain.challenges import ChallengeReason, RightStanding
from registry.domain.roles import Role
from registry.errors import NotFound, OwnChallenge, RightSuspended
from registry.usecases.cases.opening import open_case
from registry.usecases.challenges.deciding import Statement
from registry.usecases.challenges.listing import list_challenges
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    CHARLIE,
    FRANK,
    Clock,
    add_keys,
    colleague,
    draft,
    environment,
)
from tests.support.usecases.challenging import CLARA, DENY, OLIVE, OSCAR, UPHOLD, Registry
from tests.support.usecases.verifying import open_verified

BAD_CHALLENGE = Statement(outcome=UPHOLD.outcome, is_bad_faith=True)
BAD_CLAIM = Statement(outcome=DENY.outcome, is_bad_faith=True)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry(sqlite, clock):
    return Registry(sqlite, environment(clock))


def a_case(registry, actor=BOB):
    return open_verified(Level.V1, None, actor=actor, **registry.around).case


def test_another_tenants_officer_finds_nothing(registry):
    """An officer decides the challenges of the own tenant, and the operator those of all if asked to."""
    told = registry.challenge(a_case(registry).id)
    for stranger in (colleague(CHARLIE, Role.OFFICER), FRANK):
        with pytest.raises(NotFound):
            registry.decide(told.challenge.id, by=[stranger])
    page = list_challenges(None, actor=FRANK, units=registry.databases.units, any_tenant=True)
    assert [one.challenge for one in page.challenges] == [told.challenge]


def test_who_challenged_or_opened_does_not_decide(registry):
    """An officer who challenges a case is not one of the two who decide."""
    told = registry.challenge(a_case(registry).id, by=OLIVE)
    with pytest.raises(OwnChallenge):
        registry.decide(told.challenge.id, by=[OLIVE])
    operator = colleague(BOB, Role.OPERATOR)
    told = registry.challenge(a_case(registry, operator).id)
    with pytest.raises(OwnChallenge):
        registry.decide(told.challenge.id, by=[operator])


def test_bad_faith_warns_and_then_suspends_the_right_to_challenge(registry, clock):
    """Three strikes of a key within half a year: two warn, the third suspends, and other keys of its tenant go on."""
    standing = []
    for _ in range(3):
        told = registry.challenge(a_case(registry).id)
        standing.append(told.standing)
        registry.decide(told.challenge.id, BAD_CHALLENGE)
        clock.advance(days=1)
    assert standing == [RightStanding.CLEAR, RightStanding.WARNED, RightStanding.WARNED]
    waiting = a_case(registry)
    with pytest.raises(RightSuspended, match="right to challenge is suspended until"):
        registry.challenge(waiting.id)
    other = colleague(BOB, Role.CLAIMANT, "cleo")
    assert registry.challenge(waiting.id, by=other).standing is RightStanding.WARNED
    clock.advance(days=178)
    assert registry.challenge(waiting.id).standing is RightStanding.WARNED


def test_many_keys_do_not_multiply_the_right(registry):
    """The strikes of all keys of a tenant count together."""
    for number in range(6):
        key = colleague(BOB, Role.CLAIMANT, f"key{number}")
        registry.decide(registry.challenge(a_case(registry).id, by=key).challenge.id, BAD_CHALLENGE)
    with pytest.raises(RightSuspended):
        registry.challenge(a_case(registry).id, by=colleague(BOB, Role.CLAIMANT, "fresh"))


def test_claims_in_bad_faith_suspend_the_right_to_open_cases(registry, sqlite):
    """The third claim that two people call one in bad faith costs the key the right to open cases, for some time."""
    add_keys(sqlite.units)
    for _ in range(3):
        registry.decide(registry.challenge(a_case(registry).id).challenge.id, BAD_CLAIM)
    with pytest.raises(RightSuspended, match="right to open cases"):
        open_case(Level.V0, draft(9), actor=BOB, **registry.around)
    open_case(Level.V0, draft(9), actor=ALICE, **registry.around)


def test_one_person_alone_strikes_nobody(registry):
    """Bad faith that only one of the two deciders sees changes nothing."""
    told = registry.challenge(a_case(registry).id)
    registry.decide(told.challenge.id, BAD_CHALLENGE, by=[OLIVE])
    registry.decide(told.challenge.id, UPHOLD, by=[OSCAR])
    assert registry.challenge(a_case(registry).id).standing is RightStanding.CLEAR


def test_officers_read_page_by_page(registry, monkeypatch):
    """A page ends where the next one begins, and open challenges can be asked for alone."""
    monkeypatch.setattr("registry.usecases.challenges.listing.MAX_PAGE", 2)
    told = [registry.challenge(a_case(registry).id).challenge for _ in range(3)]
    registry.decide(told[1].id)
    units = registry.databases.units
    first = list_challenges(None, actor=OLIVE, units=units)
    rest = list_challenges(first.next, actor=OLIVE, units=units)
    found = [one.challenge.id for one in (*first.challenges, *rest.challenges)]
    assert (found, rest.next) == ([one.id for one in told], None)
    assert len(first.challenges[1].statements) == 2
    opened = list_challenges(None, actor=OLIVE, units=units, state=told[0].state)
    assert [one.challenge.id for one in opened.challenges] == [told[0].id, told[2].id]
    with pytest.raises(NotFound):
        list_challenges(told[0].id, actor=colleague(CHARLIE, Role.OFFICER), units=units)
    assert told[0].reason is ChallengeReason.NOT_AGREED
    assert told[0].challenger.credential_id == CLARA.credential_id
