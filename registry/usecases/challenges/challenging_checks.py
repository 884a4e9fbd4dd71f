"""Challenge a check: a platform, or an uploader through it, disputes what an upload matched, without learning what.

1. The check is read. Another tenant's looks like one that does not exist.
2. A check is challenged once. Again, the first challenge is told again.
3. Refused is what the platform knows by itself: a suspended right, and too many checks of its own.
4. The challenge of the check and its ledger entry are written, whether the check matched something or not.
5. Each reference that it matched, and that is still in effect, is disputed for its officers. Some are held to a review
   at once: as many as the bounds leave (`registry.domain.challenges.bounds`), and none for which the same was decided
   for the claim before.
6. The answer tells nothing of 5., so that it is the same for a check that matched nothing.
"""

from dataclasses import dataclass

from registry.domain import (
    CHECK_WINDOW,
    MAX_DISPUTED_BY_CHECK,
    Act,
    Actor,
    Case,
    Challenge,
    Challenger,
    ChallengeReason,
    ChallengeState,
    CheckChallenge,
    Right,
    RightStanding,
    earlier_allows_effect,
    ids,
    require_right,
    require_room_for_check,
)
from registry.errors import StateForbids
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Checks, Environment, UnitOfWork, Units
from registry.usecases.challenges.challenging import (
    keep_challenge,
    of_party,
    open_one,
    require_disputable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckChallenged:
    """A challenged check.

    Attributes:
        standing: where the platform stands: warned after the first strike.
        is_new: whether this request challenged it.
    """

    challenge: CheckChallenge
    standing: RightStanding
    is_new: bool


def challenge_check(
    check_id: str,
    reason: ChallengeReason,
    *,
    actor: Actor,
    checks: Checks,
    units: Units,
    environment: Environment,
) -> CheckChallenged:
    """Challenge whatever a check of the actor's tenant matched.

    Raises:
        NotPermitted: the actor may not challenge.
        NotFound: the tenant has no such check.
        RightSuspended: officers found bad faith too often.
        TooManyChallenges: the tenant or the key has challenged too many checks within seven days.
    """
    actor.require(Permission.CASE_CHALLENGE)
    check = checks.get(check_id, actor.tenant_id)  # 1.
    challenger = Challenger.of(actor)
    now = environment.now()
    with units.write() as unit:
        holders = unit.references.holders(check.reference_ids)
        cases = [unit.cases.of_any_tenant(case_id) for case_id in sorted(set(holders.values()))]
        counts = unit.challenges.counts(challenger, now - CHECK_WINDOW)
        strikes = unit.challenges.strikes(Right.CHALLENGE, challenger.parties.values())
        standing = require_right(Right.CHALLENGE, challenger.parties, strikes, now)  # 3.
        known = unit.challenges.of_check(check.id, actor.tenant_id)
        if known is not None:  # 2.
            result = CheckChallenged(challenge=known, standing=standing, is_new=False)
        else:
            require_room_for_check(counts)
            made = CheckChallenge(check_id=check.id, challenger=challenger, reason=reason, challenged_at=now)
            unit.challenges.dispute_check(made)  # 4.
            unit.ledger.append(Act.by(actor, LedgerEvent.CHECK_CHALLENGED, at=now, check_id=check.id))
            room = min(MAX_DISPUTED_BY_CHECK, counts.room)
            for case in cases:
                mine = {name for name, holder in holders.items() if holder == case.id}
                room = _dispute(unit, case, mine, made, room=room, environment=environment)
            result = CheckChallenged(challenge=made, standing=standing, is_new=True)
        unit.commit(result)
    return result


def _dispute(
    unit: UnitOfWork,
    case: Case,
    reference_ids: set[str],
    made: CheckChallenge,
    *,
    room: int,
    environment: Environment,
) -> int:
    """Dispute references of a locked case (5.), and return how many more may be held to a review."""
    for reference in unit.references.named(case.id, reference_ids):
        try:
            require_disputable(case, reference)
        except StateForbids:
            continue  # out of effect since the check
        earlier = of_party(unit, case, reference.id, made.challenger)
        if open_one(earlier, made.challenger, made.reason) is not None:
            continue
        is_effective = room > 0 and earlier_allows_effect(earlier, made.reason)
        challenge = Challenge(
            id=ids.new_id(ids.CHALLENGE, environment.random),
            case_id=case.id,
            case_tenant_id=case.tenant_id,
            reference_id=reference.id,
            challenger=made.challenger,
            reason=made.reason,
            is_by_check=True,
            is_effective=is_effective,
            state=ChallengeState.OPEN,
            challenged_at=made.challenged_at,
        )
        keep_challenge(unit, case, challenge, reference)
        room -= is_effective
    return room
