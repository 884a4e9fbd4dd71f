"""Somebody who disputes everything, to put a whole registry to review: one key, many keys, checks, and repetition."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from index.verdict.vocabulary import Level
from registry.domain.challenges import ChallengeReason
from registry.domain.challenges.bounds import (
    MAX_CHECKS_OF_TENANT,
    MAX_OPEN,
    ChallengeCounts,
    earlier_allows_effect,
)
from registry.domain.challenges.challenge import PartyKind
from registry.domain.roles import Role
from registry.errors import TooManyChallenges
from registry.usecases.challenges import challenging, challenging_checks
from registry.usecases.challenges.challenging_checks import challenge_check
from registry.usecases.challenges.listing import list_challenges
from registry.usecases.enrolment.bulk import bulk_enrol
from tests.support.databases.registry_parts import BOB, DANA, colleague, draft
from tests.support.usecases.challenging import OLIVE, Registry, a_check
from tests.support.usecases.fakes import FakeChecks
from tests.support.usecases.verifying import open_verified

REFERENCES = 40
ALL = 10**9


@pytest.fixture
def registry(sqlite):
    return Registry(sqlite)


@pytest.fixture
def victims(registry):
    """An agency's case with many pictures, which block."""
    case = open_verified(Level.V1, None, actor=BOB, **registry.around).case
    added = bulk_enrol(case.id, [draft(number) for number in range(REFERENCES)], actor=BOB, **registry.around)
    return case, added.references


def weakened(registry):
    return sum(is_held for _, is_held in registry.confirmed().values())


def disputes_all(registry, case, references):
    """Disputes every picture with every key that it has, and returns how many were accepted."""
    keys = [colleague(BOB, Role.CLAIMANT, f"mallory{number}") for number in range(8)]
    accepted = 0
    for number, name in enumerate(references):
        try:
            registry.challenge(case.id, reference=name, by=keys[number % len(keys)])
        except TooManyChallenges:
            continue
        accepted += 1
    return accepted


def test_many_keys_of_one_tenant_weaken_few_pictures(registry, victims):
    """Whoever disputes 40 pictures by eight keys holds 30 to a review; the others still block."""
    assert disputes_all(registry, *victims) == MAX_OPEN[PartyKind.TENANT] == 30
    assert weakened(registry) == 30


def test_without_the_bound_the_whole_registry_would_be_weakened(registry, victims, monkeypatch):
    """The attack is real: with the bound switched off every picture is for review."""
    monkeypatch.setattr(challenging, "require_room_for_challenge", lambda counts: None)
    assert disputes_all(registry, *victims) == REFERENCES
    assert weakened(registry) == REFERENCES


def test_at_once_is_not_more(registry, victims):
    """Requests at the same moment do not get around the count."""
    case, references = victims

    def dispute(name):
        try:
            registry.challenge(case.id, reference=name)
        except TooManyChallenges:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(dispute, references[:40])) == MAX_OPEN[PartyKind.KEY]
    assert weakened(registry) == MAX_OPEN[PartyKind.KEY]


def floods(registry, references):
    """Disputes checks of collages of ten pictures each, by many keys of one platform; returns the refusals."""
    checks, refused = FakeChecks(), 0
    for number in range(MAX_CHECKS_OF_TENANT + 10):
        start = number * 10 % REFERENCES
        actor = colleague(DANA, Role.PLATFORM, f"key{number % 10}")
        check = a_check(f"chk_{number}", actor, references[start : start + 10])
        checks.add(check)
        try:
            challenge_check(
                check.id, ChallengeReason.WRONG_MATCH, actor=actor, checks=checks, **registry.around
            )
        except TooManyChallenges:
            refused += 1
    return refused


def test_a_platform_weakens_few_pictures_by_its_checks(registry, victims):
    """Seventy collages of ten pictures hold ten pictures of each key and 30 of the platform at most to a review."""
    assert floods(registry, victims[1]) == 10
    assert 0 < weakened(registry) <= MAX_OPEN[PartyKind.TENANT]


def test_without_these_bounds_collages_would_weaken_all(registry, victims, monkeypatch):
    """The attack is real: without the bounds few checks put everything to review."""
    monkeypatch.setattr(challenging_checks, "MAX_DISPUTED_BY_CHECK", ALL)
    monkeypatch.setattr(challenging_checks, "require_room_for_check", lambda counts: None)
    monkeypatch.setattr(ChallengeCounts, "room", ALL)
    assert floods(registry, victims[1]) == 0
    assert weakened(registry) == REFERENCES


def weakened_by_repetition(registry, case_id, rounds):
    """Disputes a case again as soon as the claim was upheld, with another reason each; returns how often it helped."""
    helped = 0
    for number in range(rounds):
        told = registry.challenge(case_id, list(ChallengeReason)[number % len(ChallengeReason)])
        helped += weakened(registry) > 0
        registry.decide(told.challenge.id)
    return helped


def test_repetition_helps_twice_and_never_again(registry, victims):
    """After two decisions for the claim the third to tenth challenge of the same party weakens nothing."""
    assert weakened_by_repetition(registry, victims[0].id, 10) == 2
    page = list_challenges(None, actor=OLIVE, units=registry.databases.units)
    assert [one.challenge.is_effective for one in page.challenges] == [True] * 2 + [False] * 8


def test_without_the_rule_every_repetition_would_help(registry, victims, monkeypatch):
    """The attack is real: without the rule each new challenge holds the case to a review."""
    assert earlier_allows_effect((), ChallengeReason.NOT_AGREED)
    monkeypatch.setattr(challenging, "earlier_allows_effect", lambda earlier, reason: True)
    assert weakened_by_repetition(registry, victims[0].id, 5) == 5
