"""List challenges for the officers who decide them, page by page."""

from dataclasses import dataclass
from typing import Final

from registry.domain import Actor, Challenge, ChallengeDecision, ChallengeState
from registry.permissions import Permission
from registry.ports import Units

MAX_PAGE: Final = 100
"""Maximum number of challenges of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeView:
    """A challenge with what was stated about it, oldest first."""

    challenge: Challenge
    statements: tuple[ChallengeDecision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengePage:
    """Challenges in the order in which they were made.

    Attributes:
        next: id of the last challenge, after which the next page begins; None if this page is the last.
    """

    challenges: tuple[ChallengeView, ...]
    next: str | None


def list_challenges(
    after: str | None,
    *,
    actor: Actor,
    units: Units,
    state: ChallengeState | None = None,
    any_tenant: bool = False,
) -> ChallengePage:
    """Return challenges of the cases of the actor's tenant, or with `any_tenant` of all, made after `after`.

    Raises:
        NotPermitted: the actor may not decide challenges.
        NotFound: there is no such challenge as `after`.
    """
    actor.require(Permission.CASE_DECIDE)
    if any_tenant:
        actor.require(Permission.CASE_DECIDE_ANY)
    tenant_id = None if any_tenant else actor.tenant_id
    with units.read() as unit:
        if after is not None:
            unit.challenges.get(after, tenant_id)
        found = unit.challenges.page(tenant_id, state, after=after, limit=MAX_PAGE + 1)
        views = tuple(
            ChallengeView(challenge=one, statements=unit.challenges.statements(one.id))
            for one in found[:MAX_PAGE]
        )
    is_last = len(found) <= MAX_PAGE
    return ChallengePage(challenges=views, next=None if is_last else views[-1].challenge.id)
