"""State what is right about a challenge. Two people who agree decide, and the effect follows at the commit.

1. The case of the challenge is locked, so that statements about one case follow each other.
2. The statement, the states, strikes and the ledger entries are one transaction.
3. Who is found wrong and in bad faith gets a strike: the challenger, for its key and its tenant, or the key that opened
   the case. A person without an account who opened a case gets none: there is no key that is hers.
4. The same statement again changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from registry.domain import (
    STRIKE_TERM,
    Act,
    Actor,
    Case,
    Challenge,
    ChallengeDecision,
    ChallengeState,
    DecisionOutcome,
    Right,
    Role,
    Strike,
    is_in_bad_faith,
    people_missing,
)
from registry.domain import decide_challenge as decided
from registry.errors import NotFound, StateForbids
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.challenges.effects import begin, end

_CLAIMING: Final = frozenset({Role.CLAIMANT, Role.AGENCY})
"""Roles of keys that stand for one who opens cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody states about a challenge."""

    outcome: DecisionOutcome
    is_bad_faith: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A challenge after a statement.

    Attributes:
        statements: what was stated so far, oldest first.
        receipt: digest of the last ledger entry, 32 bytes; None if the same was stated before.
    """

    challenge: Challenge
    case: Case
    statements: tuple[ChallengeDecision, ...]
    receipt: bytes | None

    @property
    def people_missing(self) -> int:
        """How many more people must at least state something before it is decided."""
        return 0 if self.challenge.state is not ChallengeState.OPEN else people_missing(self.statements)


def decide_challenge(
    challenge_id: str,
    statement: Statement,
    *,
    actor: Actor,
    units: Units,
    environment: Environment,
    any_tenant: bool = False,
) -> Decided:
    """State something about a challenge of a case of the actor's tenant, or with `any_tenant` of whichever tenant.

    Raises:
        NotPermitted: the actor may not decide.
        NotFound: no such challenge of this tenant's cases.
        OwnChallenge: the actor has opened the case or the challenge.
        ChallengeDecided, AlreadyStated: it is decided, or the actor has stated something else.
    """
    actor.require(Permission.CASE_DECIDE)
    if any_tenant:
        actor.require(Permission.CASE_DECIDE_ANY)
    with units.write() as unit:
        tenant_id = None if any_tenant else actor.tenant_id
        case_id = unit.challenges.get(challenge_id, tenant_id).case_id
        case = unit.cases.of_any_tenant(case_id)  # 1.
        challenge = unit.challenges.get(challenge_id, tenant_id)
        result = _decided(unit, case, challenge, statement, actor=actor, now=environment.now())
        unit.commit(result)
    return result


def _decided(
    unit: UnitOfWork, case: Case, challenge: Challenge, statement: Statement, *, actor: Actor, now: datetime
) -> Decided:
    earlier = unit.challenges.statements(challenge.id)
    made = ChallengeDecision(
        challenge_id=challenge.id,
        credential_id=actor.credential_id,
        outcome=statement.outcome,
        is_bad_faith=statement.is_bad_faith,
        decided_at=now,
    )
    found = decided(challenge, case.opened_by, earlier, made)
    if found is None:  # 4.
        return Decided(challenge=challenge, case=case, statements=earlier, receipt=None)
    unit.challenges.state(made)  # 2.
    unit.challenges.save(found)
    detail = f"{challenge.id} {made.outcome.value}{' bad_faith' if made.is_bad_faith else ''}"
    receipt = _note(unit, LedgerEvent.CHALLENGE_STATED, found, detail, actor=actor, now=now)
    statements = (*earlier, made)
    if found.state is not ChallengeState.OPEN:
        case = end(unit, case, found, actor, now)
        in_bad_faith = is_in_bad_faith(found, statements)
        if in_bad_faith:
            _strike(unit, case, found, now)
        detail = f"{challenge.id} {found.state.value}{' bad_faith' if in_bad_faith else ''}"
        receipt = _note(unit, LedgerEvent.CHALLENGE_DECIDED, found, detail, actor=actor, now=now)
    elif found.is_effective and not challenge.is_effective:
        case = _begin_late(unit, case, found)
    return Decided(challenge=found, case=case, statements=statements, receipt=receipt)


def _begin_late(unit: UnitOfWork, case: Case, challenge: Challenge) -> Case:
    """Give effect to a challenge that has waited for a person, unless what it disputes is out of effect."""
    reference = None
    if challenge.reference_id is not None:
        (reference,) = unit.references.named(case.id, [challenge.reference_id])
    try:
        return begin(unit, case, reference)
    except StateForbids:
        return case


def _strike(unit: UnitOfWork, case: Case, challenge: Challenge, now: datetime) -> None:
    """Write the strikes of a challenge that was decided in bad faith (3.)."""
    if challenge.state is ChallengeState.UPHELD:
        right, parties = Right.CHALLENGE, list(challenge.challenger.parties.values())
    else:
        right, parties = Right.CLAIM, [case.opened_by] if _is_of_one(unit, case.opened_by) else []
    for party_id in parties:
        unit.challenges.strike(
            Strike(
                party_id=party_id,
                right=right,
                challenge_id=challenge.id,
                struck_at=now,
                expires_at=now + STRIKE_TERM,
            )
        )


def _is_of_one(unit: UnitOfWork, credential_id: str) -> bool:
    try:
        return unit.credentials.get(credential_id).role in _CLAIMING
    except NotFound:
        return False


def _note(
    unit: UnitOfWork, event: LedgerEvent, challenge: Challenge, detail: str, *, actor: Actor, now: datetime
) -> bytes:
    act = Act.by(
        actor,
        event,
        at=now,
        case_id=challenge.case_id,
        reference_id=challenge.reference_id,
        detail=detail,
    )
    return unit.ledger.append(act).digest
