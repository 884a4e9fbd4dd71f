"""Challenge a case, or one reference of it. It is held to a review at the commit, on every worker.

1. The case is locked. Another tenant's looks like one that does not exist. A person without an account, who was given
   the id of a case, may name any.
2. The right to challenge is not suspended (`registry.domain.challenges.strikes`), and there is room for one more open
   challenge (`registry.domain.challenges.bounds`).
3. The same challenge again, while it is open, changes nothing.
4. A challenge that was decided for the claim before takes no effect until a person has looked. It is recorded.
5. The challenge, the states and the ledger entry are one transaction.
"""

from dataclasses import dataclass
from typing import Final

from registry.domain import (
    CHECK_WINDOW,
    Act,
    Actor,
    Case,
    CaseEvent,
    Challenge,
    Challenger,
    ChallengeReason,
    ChallengeState,
    Person,
    Reference,
    ReferenceEvent,
    Right,
    RightStanding,
    earlier_allows_effect,
    ids,
    reference_after,
    require_right,
    require_room_for_challenge,
)
from registry.errors import CaseWithdrawn, NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.challenges.effects import begin

OWN_WITHDRAWN: Final = (
    "Your own case is withdrawn. Register again, and challenge with the number of the new case."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """A case after a challenge.

    Attributes:
        standing: where the challenger stands: warned after the first strike.
        receipt: digest of the ledger entry, 32 bytes; None if the same challenge was open before.
    """

    challenge: Challenge
    case: Case
    standing: RightStanding
    receipt: bytes | None


def challenge_case(
    case_id: str,
    reason: ChallengeReason,
    *,
    actor: Actor | Person,
    units: Units,
    environment: Environment,
    reference_id: str | None = None,
) -> Challenged:
    """Challenge a case of the actor's tenant, or one reference of it. A person without an account names any case.

    Raises:
        NotPermitted: the actor may not challenge.
        NotFound: no such case of this tenant, or no such reference in it.
        CaseWithdrawn, StateForbids: the case or the reference is out of effect already, or a person's own case is
            withdrawn.
        RightSuspended: officers found bad faith too often.
        TooManyChallenges: as many challenges are open as this challenger may have.
    """
    if isinstance(actor, Actor):
        actor.require(Permission.CASE_CHALLENGE)
    with units.write() as unit:
        case = _locked(unit, case_id, actor)  # 1.
        result = _challenged(unit, case, reference_id, reason, actor=actor, environment=environment)
        unit.commit(result)
    return result


def _locked(unit: UnitOfWork, case_id: str, actor: Actor | Person) -> Case:
    """Return the case, locked. A person's own case is locked too, and has to stand.

    Its withdrawal forgets what she has disputed: she must not begin anew, nor be named again.
    """
    if isinstance(actor, Actor):
        return unit.cases.get(case_id, actor.tenant_id, for_update=True)
    held = {one: unit.cases.of_any_tenant(one) for one in sorted({case_id, actor.case_id})}
    if held[actor.case_id].withdrawn_at is not None:
        raise CaseWithdrawn(OWN_WITHDRAWN)
    return held[case_id]


def _challenged(
    unit: UnitOfWork,
    case: Case,
    reference_id: str | None,
    reason: ChallengeReason,
    *,
    actor: Actor | Person,
    environment: Environment,
) -> Challenged:
    now = environment.now()
    challenger = Challenger.of(actor)
    reference = None if reference_id is None else _reference(unit, case, reference_id)
    require_disputable(case, reference)
    counts = unit.challenges.counts(challenger, now - CHECK_WINDOW)
    strikes = unit.challenges.strikes(Right.CHALLENGE, challenger.parties.values())
    standing = require_right(Right.CHALLENGE, challenger.parties, strikes, now)  # 2.
    earlier = of_party(unit, case, reference_id, challenger)
    same = open_one(earlier, challenger, reason)
    if same is not None:  # 3.
        return Challenged(challenge=same, case=case, standing=standing, receipt=None)
    require_room_for_challenge(counts)
    challenge = Challenge(
        id=ids.new_id(ids.CHALLENGE, environment.random),
        case_id=case.id,
        case_tenant_id=case.tenant_id,
        reference_id=reference_id,
        challenger=challenger,
        reason=reason,
        is_by_check=False,
        is_effective=earlier_allows_effect(earlier, reason),  # 4.
        state=ChallengeState.OPEN,
        challenged_at=now,
    )
    case, receipt = keep_challenge(unit, case, challenge, reference)
    return Challenged(challenge=challenge, case=case, standing=standing, receipt=receipt)


def _reference(unit: UnitOfWork, case: Case, reference_id: str) -> Reference:
    for reference in unit.references.named(case.id, [reference_id]):
        return reference
    raise NotFound("The case has no such reference.")


def require_disputable(case: Case, reference: Reference | None) -> None:
    """Raise `CaseWithdrawn` or `StateForbids` unless the case, and the reference if there is one, can be disputed."""
    case.moved(CaseEvent.CHALLENGE, None)
    if reference is not None:
        reference_after(reference.state, ReferenceEvent.DISPUTE, None)


def of_party(
    unit: UnitOfWork, case: Case, reference_id: str | None, challenger: Challenger
) -> tuple[Challenge, ...]:
    """Return what a party has disputed before of the same case or reference, oldest first."""
    return tuple(
        one
        for one in unit.challenges.of_case(case.id)
        if one.challenger.party_id == challenger.party_id and one.reference_id == reference_id
    )


def open_one(
    earlier: tuple[Challenge, ...], challenger: Challenger, reason: ChallengeReason
) -> Challenge | None:
    """Return the challenger's own open challenge with this reason, or None."""
    for one in earlier:
        if one.state is ChallengeState.OPEN and (one.challenger, one.reason) == (challenger, reason):
            return one
    return None


def keep_challenge(
    unit: UnitOfWork, case: Case, challenge: Challenge, reference: Reference | None
) -> tuple[Case, bytes]:
    """Write a challenge with its effect and its ledger entry (5.); return the case and the receipt."""
    unit.challenges.add(challenge)
    if challenge.is_effective:
        case = begin(unit, case, reference)
    act = Act(
        event=LedgerEvent.CASE_CHALLENGED,
        tenant_id=challenge.challenger.tenant_id,
        credential_id=challenge.challenger.credential_id,
        at=challenge.challenged_at,
        case_id=case.id,
        reference_id=challenge.reference_id,
        detail=f"{challenge.id} {challenge.reason.value}{'' if challenge.is_effective else ' waits'}",
    )
    return case, unit.ledger.append(act).digest
