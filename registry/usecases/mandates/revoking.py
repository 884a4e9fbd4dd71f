"""Revoke a mandate. The references of its case stop matching with the commit, on every worker.

1. The agent revokes one mandate by key. The subject revokes with her secret and without a key, and her word ends every
   mandate of the case, also those that wait: the agent needs her again.
2. Without a mandate in force, a case that had one expires in the same transaction (`expire_within`).
3. An unknown mandate and a wrong secret are the same to whoever asks: the same statement, digest and comparison.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from registry.domain import (
    Act,
    Actor,
    Case,
    CaseState,
    Mandate,
    MandateState,
    ids,
    revoked,
    secret_message,
    stands,
)
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.cases import ExpiryReason, expire_within

UNKNOWN: Final = (
    "There is no mandate with this number and this secret. Copy both from the paper that you were given."
)
_NO_DIGEST: Final = bytes(32)
"""What the secret of an unknown mandate is compared with. No digest is all zeros."""

_LIVE: Final = frozenset({MandateState.PROPOSED, MandateState.CONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A case after a revocation.

    Attributes:
        mandates: the mandates that ended now.
    """

    case: Case
    mandates: tuple[Mandate, ...]


def revoke_mandate(mandate_id: str, *, actor: Actor, units: Units, environment: Environment) -> Revoked:
    """End a mandate of the agent's tenant. Revoking it again changes nothing.

    Raises:
        NotPermitted: the actor may not withdraw cases.
        NotFound: no such mandate of this tenant.
    """
    actor.require(Permission.CASE_WITHDRAW)
    with units.write() as unit:
        found = unit.mandates.get(mandate_id)
        if found.tenant_id != actor.tenant_id:
            raise NotFound
        case = unit.cases.get(found.case_id, found.tenant_id, for_update=True)
        result = _ended(unit, case, [unit.mandates.get(mandate_id)], by=actor, environment=environment)
        unit.commit(result)
    return result


def revoke_by_subject(
    mandate_id: str,
    secret: str,
    *,
    units: Units,
    environment: Environment,
    digest: Callable[[bytes], bytes],
) -> Revoked:
    """End every mandate of the case of this mandate, on the word of the subject.

    Raises:
        NotFound: there is no such mandate, or its secret is another one.
    """
    with units.read() as unit:
        known = unit.mandates.secret(mandate_id)
    given = digest(secret_message(mandate_id, secret))
    if not hmac.compare_digest(given, _NO_DIGEST if known is None else known):  # 3.
        raise NotFound(UNKNOWN)
    with units.write() as unit:
        found = unit.mandates.get(mandate_id)
        case = unit.cases.get(found.case_id, found.tenant_id, for_update=True)
        live = unit.mandates.of_case(case.id)
        result = _ended(unit, case, live, by=None, environment=environment)
        unit.commit(result)
    return result


def _ended(
    unit: UnitOfWork,
    case: Case,
    mandates: Sequence[Mandate],
    *,
    by: Actor | None,
    environment: Environment,
) -> Revoked:
    now = environment.now()
    ended = [revoked(one, now) for one in mandates if one.state in _LIVE]
    for one in ended:
        unit.mandates.save(one)
        unit.ledger.append(
            Act(
                event=LedgerEvent.MANDATE_REVOKED,
                tenant_id=case.tenant_id,
                credential_id=ids.NOBODY if by is None else by.credential_id,
                at=now,
                case_id=case.id,
                detail=f"{one.id} {'subject' if by is None else 'agent'}",
            )
        )
    if ended and not stands(unit.mandates.of_case(case.id), now) and case.state is not CaseState.EXPIRED:
        reason = ExpiryReason.MANDATE_REVOKED
        case = expire_within(unit, case, reason, environment=environment, by=by).case  # 2.
    return Revoked(case=case, mandates=tuple(ended))
