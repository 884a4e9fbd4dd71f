"""Challenges of a case or of one reference: who disputes it, why, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from registry.domain.roles import Actor


@unique
class ChallengeReason(StrEnum):
    """Why a claim is disputed. The list is fixed, so that no challenge holds free text about a person."""

    NOT_AGREED = "not_agreed"
    """The depicted person did not agree to this case."""
    WRONG_PERSON = "wrong_person"
    """The picture shows somebody else than the case says."""
    PUBLISHED_WITH_CONSENT = "published_with_consent"
    """The depicted person published it, or agreed to its publication."""
    NOT_INTIMATE = "not_intimate"
    """The picture is not of the kind that was registered."""
    NO_MANDATE = "no_mandate"
    """Whoever opened the case does not act for the depicted person."""
    PUBLIC_INTEREST = "public_interest"
    """News, research, art or satire."""
    WRONG_MATCH = "wrong_match"
    """The upload does not show what is registered."""


@unique
class ChallengeState(StrEnum):
    """How far a challenge is."""

    OPEN = "open"
    UPHELD = "upheld"
    """The claim stands."""
    DENIED = "denied"
    """The challenge was right."""


@unique
class PartyKind(StrEnum):
    """What a party is, for which strikes and open challenges are counted."""

    KEY = "key"
    TENANT = "tenant"
    PERSON = "person"
    """A person without an account, by her own case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person without an account, who has shown the secret of her own case.

    Attributes:
        case_id: her own case.
        tenant_id: the tenant in whose name claims without an account are kept.
        credential_id: the key in whose name the ledger keeps what she does.
    """

    case_id: str
    tenant_id: str
    credential_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """Who challenges.

    Attributes:
        party_id: the one for whom repeated challenges count: a tenant, or a person's own case.
    """

    tenant_id: str
    credential_id: str
    party_id: str

    @classmethod
    def of(cls, who: Actor | Person) -> "Challenger":
        """Return the challenger that an actor or a person is."""
        party = who.case_id if isinstance(who, Person) else who.tenant_id
        return cls(tenant_id=who.tenant_id, credential_id=who.credential_id, party_id=party)

    @property
    def is_person(self) -> bool:
        """Whether it is a person without an account."""
        return self.party_id != self.tenant_id

    @property
    def parties(self) -> dict[PartyKind, str]:
        """The ids for which strikes and open challenges are counted."""
        if self.is_person:
            return {PartyKind.PERSON: self.party_id}
        return {PartyKind.KEY: self.credential_id, PartyKind.TENANT: self.tenant_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge.

    Attributes:
        case_tenant_id: the tenant of the case, whose officers decide.
        reference_id: the disputed reference; None for the whole case.
        challenger: who disputes.
        is_by_check: whether the challenger knows only a check, and not the case.
        is_effective: whether the case or the reference is held to a review until the decision. A repeated challenge
            waits until a person has looked.
    """

    id: str
    case_id: str
    case_tenant_id: str
    reference_id: str | None
    challenger: Challenger
    reason: ChallengeReason
    is_by_check: bool
    is_effective: bool
    state: ChallengeState
    challenged_at: datetime
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckChallenge:
    """A platform's challenge of whatever a check matched. It names no case, and is kept whether one matched or not."""

    check_id: str
    challenger: Challenger
    reason: ChallengeReason
    challenged_at: datetime


def is_disputed(challenges: Sequence[Challenge], reference_id: str | None) -> bool:
    """Return whether an effective challenge of a reference, or with None of the whole case, is open.

    Args:
        challenges: the challenges of one case.
        reference_id: the reference, or None.
    """
    return any(
        one.reference_id == reference_id and one.is_effective and one.state is ChallengeState.OPEN
        for one in challenges
    )
