"""Strikes: what two people called bad faith is counted, warned of, and in the end suspends a right for some time.

A strike against a key counts for its tenant too, so that many keys of one tenant do not multiply the right. A strike
expires by itself: no clock has to run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from registry.domain.challenges.challenge import PartyKind
from registry.errors import RightSuspended

STRIKE_TERM: Final = timedelta(days=180)
"""Time for which a strike counts. It is the least time for which the EU's DSA (article 20) keeps complaints open."""

STRIKES_TO_SUSPEND: Final[dict[PartyKind, int]] = {
    PartyKind.KEY: 3,
    PartyKind.TENANT: 6,
    PartyKind.PERSON: 2,
}
"""Strikes with which a right is suspended. Fewer are a warning, which every answer about the right repeats."""


@unique
class Right(StrEnum):
    """The right that strikes suspend."""

    CHALLENGE = "challenge"
    """To dispute claims."""
    CLAIM = "claim"
    """To open cases."""


@unique
class RightStanding(StrEnum):
    """Where a party stands."""

    CLEAR = "clear"
    WARNED = "warned"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One strike against one party.

    Attributes:
        challenge_id: the challenge that was decided.
    """

    party_id: str
    right: Right
    challenge_id: str
    struck_at: datetime
    expires_at: datetime


def right_standing(
    parties: Mapping[PartyKind, str], strikes: Sequence[Strike], now: datetime
) -> tuple[RightStanding, datetime | None]:
    """Return where a party stands, and until when its right is suspended.

    Args:
        parties: the ids for which strikes count.
        strikes: the strikes of these ids for one right, in any order.
        now: the present time.
    """
    until: datetime | None = None
    counted = 0
    for kind, party_id in parties.items():
        ends = sorted(one.expires_at for one in strikes if one.party_id == party_id and one.expires_at > now)
        counted += len(ends)
        most = STRIKES_TO_SUSPEND[kind]
        if len(ends) >= most:
            end = ends[len(ends) - most]  # then fewer than `most` are left
            until = end if until is None else max(until, end)
    if until is not None:
        return RightStanding.SUSPENDED, until
    return (RightStanding.WARNED if counted else RightStanding.CLEAR), None


def require_right(
    right: Right, parties: Mapping[PartyKind, str], strikes: Sequence[Strike], now: datetime
) -> RightStanding:
    """Return where a party stands; raise `RightSuspended`, which says until when."""
    standing, until = right_standing(parties, strikes, now)
    if until is not None:
        raise RightSuspended(
            f"The right to {'open cases' if right is Right.CLAIM else 'challenge'} is suspended until"
            f" {until.date().isoformat()}, because officers found bad faith too often. Ask the operator of this"
            " registry if that is wrong."
        )
    return standing
