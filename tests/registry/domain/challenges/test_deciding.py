"""Decisions about challenges: two who agree, nobody who opened anything, and bad faith only if both say so."""

from dataclasses import replace

import pytest

from registry.domain.challenges.challenge import Challenge, Challenger, ChallengeReason, ChallengeState
from registry.domain.challenges.deciding import (
    ChallengeDecision,
    DecisionOutcome,
    decide_challenge,
    is_in_bad_faith,
    people_missing,
)
from registry.errors import AlreadyStated, ChallengeDecided, OwnChallenge
from tests.support.databases.registry_parts import NOW

UPHOLD, DENY = DecisionOutcome.UPHOLD, DecisionOutcome.DENY
OPEN = Challenge(
    id="chg_1",
    case_id="case_1",
    case_tenant_id="ten_1",
    reference_id=None,
    challenger=Challenger(tenant_id="ten_2", credential_id="crd_challenger", party_id="ten_2"),
    reason=ChallengeReason.NOT_AGREED,
    is_by_check=False,
    is_effective=True,
    state=ChallengeState.OPEN,
    challenged_at=NOW,
)


def said(who, outcome, *, bad_faith=False):
    return ChallengeDecision(
        challenge_id="chg_1", credential_id=who, outcome=outcome, is_bad_faith=bad_faith, decided_at=NOW
    )


def after(*statements, challenge=OPEN):
    """The challenge after all of these statements."""
    earlier = []
    for statement in statements:
        challenge = decide_challenge(challenge, "crd_opener", earlier, statement)
        earlier.append(statement)
    return challenge


@pytest.mark.parametrize(
    ("outcomes", "state", "missing"),
    [
        ([], "open", 2),
        ([UPHOLD], "open", 1),
        ([DENY], "open", 1),
        ([UPHOLD, UPHOLD], "upheld", 0),
        ([DENY, DENY], "denied", 0),
        ([UPHOLD, DENY], "open", 1),
        ([UPHOLD, DENY, UPHOLD], "upheld", 0),
        ([UPHOLD, DENY, DENY], "denied", 0),
    ],
)
def test_two_who_agree_decide(outcomes, state, missing):
    """One statement waits, two that agree decide, and where two disagree a third person decides."""
    statements = [said(f"crd_{number}", outcome) for number, outcome in enumerate(outcomes)]
    assert after(*statements).state.value == state
    assert people_missing(statements) == missing


@pytest.mark.parametrize("who", ["crd_opener", "crd_challenger"])
def test_nobody_decides_their_own(who):
    """Who opened the case or the challenge decides nothing."""
    with pytest.raises(OwnChallenge):
        after(said(who, UPHOLD))


def test_one_person_is_one_person():
    """The same statement again changes nothing, and another one by the same person is refused."""
    first = said("crd_1", UPHOLD)
    assert decide_challenge(OPEN, "crd_opener", [first], first) is None
    with pytest.raises(AlreadyStated):
        after(first, said("crd_1", DENY))
    with pytest.raises(AlreadyStated):
        after(first, said("crd_1", UPHOLD, bad_faith=True))


def test_what_is_decided_stays_decided():
    """A third person cannot change a decision."""
    statements = [said("crd_1", UPHOLD), said("crd_2", UPHOLD)]
    with pytest.raises(ChallengeDecided):
        decide_challenge(after(*statements), "crd_opener", statements, said("crd_3", DENY))


def test_a_challenge_that_waits_takes_effect_once_a_person_doubts_the_claim():
    """A repeated challenge has no effect until somebody who has looked says that it is right."""
    waits = replace(OPEN, is_effective=False)
    assert not after(said("crd_1", UPHOLD), challenge=waits).is_effective
    assert after(said("crd_1", DENY), challenge=waits).is_effective


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([("crd_1", UPHOLD, True), ("crd_2", UPHOLD, True)], True),
        ([("crd_1", UPHOLD, True), ("crd_2", UPHOLD, False)], False),
        ([("crd_1", DENY, False), ("crd_2", UPHOLD, True), ("crd_3", UPHOLD, True)], True),
        ([("crd_1", DENY, True), ("crd_2", UPHOLD, True), ("crd_3", UPHOLD, False)], False),
    ],
)
def test_bad_faith_is_what_both_deciders_say(statements, found):
    """What the one who was outvoted says of bad faith does not count."""
    made = [said(who, outcome, bad_faith=bad) for who, outcome, bad in statements]
    assert is_in_bad_faith(after(*made), made) is found
