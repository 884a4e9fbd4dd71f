"""The rules that all use cases of takedown requests share: profiles, quotas, and which cases may ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from registry.domain import Actor, Case, CaseState, Role
from registry.domain.takedowns import Profile
from registry.errors import CaseWithdrawn, NotFound, ProfileUnknown, StateForbids, TooManyTakedowns
from registry.ports import UnitOfWork

QUOTA_PERIOD: Final = timedelta(hours=24)

_ASKING: Final = (CaseState.SUBMITTED, CaseState.VERIFYING, CaseState.ACTIVE, CaseState.CHALLENGED)
"""States of a case from which requests are made. What was put out of effect asks nobody."""

_ENDED: Final = (CaseState.WITHDRAWN, CaseState.ERASING, CaseState.ERASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownRules:
    """The profiles of a deployment, and how many requests may be opened within 24 hours.

    Attributes:
        profiles: the profiles by their ids.
        tenant_quota: of a tenant, over all its keys; also of a key that is no claimant's.
        claimant_quota: of a claimant's key.
    """

    profiles: Mapping[str, Profile]
    tenant_quota: int
    claimant_quota: int

    def profile(self, name: str) -> Profile:
        """Return a profile; raise `ProfileUnknown`."""
        found = self.profiles.get(name)
        if found is None:
            raise ProfileUnknown(f"There is no such profile. The profiles are {', '.join(self.profiles)}.")
        return found

    def require_room(self, unit: UnitOfWork, actor: Actor, now: datetime) -> None:
        """Raise `TooManyTakedowns` if the tenant or the key has opened as many requests as it may within 24 hours."""
        of_tenant, of_key = unit.takedowns.opened_since(
            actor.tenant_id, actor.credential_id, now - QUOTA_PERIOD
        )
        for whose, used, most in (
            ("tenant", of_tenant, self.tenant_quota),
            ("key", of_key, self._key_quota(unit, actor)),
        ):
            if used >= most:
                raise TooManyTakedowns(
                    f"This {whose} may open {most} takedown requests in 24 hours, and has opened {used}."
                )

    def _key_quota(self, unit: UnitOfWork, actor: Actor) -> int:
        try:
            role = unit.credentials.get(actor.credential_id).role
        except NotFound:
            return self.claimant_quota
        return self.claimant_quota if role is Role.CLAIMANT else self.tenant_quota


def require_asking(case: Case) -> None:
    """Raise `CaseWithdrawn` or `StateForbids` unless requests may be made from the case."""
    if case.state in _ENDED:
        raise CaseWithdrawn
    if case.state not in _ASKING:
        raise StateForbids(f"A case that is {case.state.value} makes no takedown requests.")
