"""Strikes: a warning first, a suspension of known length then, and an end by itself."""

from datetime import timedelta

import pytest

from registry.domain.challenges.challenge import PartyKind
from registry.domain.challenges.strikes import (
    STRIKE_TERM,
    STRIKES_TO_SUSPEND,
    Right,
    RightStanding,
    Strike,
    require_right,
    right_standing,
)
from registry.errors import RightSuspended
from tests.support.databases.registry_parts import NOW

PARTIES = {PartyKind.KEY: "crd_1", PartyKind.TENANT: "ten_1"}


def strikes(count, party="crd_1"):
    """Strikes of one party, a day after each other, the last one now."""
    return [
        Strike(
            party_id=party,
            right=Right.CHALLENGE,
            challenge_id="chg_1",
            struck_at=NOW - timedelta(days=number),
            expires_at=NOW - timedelta(days=number) + STRIKE_TERM,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("kind", PARTIES)
def test_a_warning_comes_before_the_suspension(kind):
    """Each strike below the bound warns, the bound suspends, and a key's bound is not its tenant's."""
    most = STRIKES_TO_SUSPEND[kind]
    for count in range(most + 2):
        found, until = right_standing(PARTIES, strikes(count, PARTIES[kind]), NOW)
        expected = (
            RightStanding.CLEAR
            if count == 0
            else RightStanding.WARNED
            if count < most
            else RightStanding.SUSPENDED
        )
        assert found is expected
        assert (until is None) == (found is not RightStanding.SUSPENDED)


def test_a_suspension_ends_by_itself():
    """It ends at the moment at which so many strikes have expired that fewer than the bound are left."""
    held = strikes(4)
    _, until = right_standing(PARTIES, held, NOW)
    assert until == NOW - timedelta(days=2) + STRIKE_TERM
    assert right_standing(PARTIES, held, until - timedelta(seconds=1))[0] is RightStanding.SUSPENDED
    assert right_standing(PARTIES, held, until)[0] is RightStanding.WARNED
    assert right_standing(PARTIES, held, NOW + STRIKE_TERM)[0] is RightStanding.CLEAR


def test_others_strikes_do_not_count():
    """A party stands by its own strikes alone."""
    assert require_right(Right.CHALLENGE, PARTIES, strikes(9, "crd_2"), NOW) is RightStanding.CLEAR


def test_the_refusal_says_until_when():
    """Whoever is suspended learns the day on which that ends, and whom to ask."""
    with pytest.raises(RightSuspended, match=r"until 2026-08-2\d.*operator"):
        require_right(Right.CHALLENGE, PARTIES, strikes(3), NOW)
