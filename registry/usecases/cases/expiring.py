"""Put a case out of effect because its mandate or its term has ended, and in effect again once it is renewed.

An expiry is the registry's own act. In the ledger it stands with the tenant of the case and the id of no key
(`ids.NOBODY`). A case that is renewed is as it was before: a suspension and an open challenge outlast the expiry.
"""

from enum import StrEnum, unique

from registry.domain import Act, Actor, Case, expire, ids, is_disputed, renew, stands
from registry.errors import MandateMissing, OwnCase
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.cases.suspending import Moved


@unique
class ExpiryReason(StrEnum):
    """Why a case expires."""

    MANDATE_ENDED = "mandate_ended"
    MANDATE_REVOKED = "mandate_revoked"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    NO_CONTACT = "no_contact"
    """Nothing was heard of the claimant for the retention period."""


def expire_within(
    unit: UnitOfWork,
    case: Case,
    reason: ExpiryReason,
    *,
    environment: Environment,
    by: Actor | None = None,
) -> Moved:
    """Expire a locked case in an open unit of work that the caller commits. Expiring it again changes nothing.

    Args:
        unit: the open unit of work.
        case: the case, which the caller has locked.
        reason: why.
        environment: clock and randomness.
        by: whose act has ended the mandate or the consent; None for the clock.

    Raises:
        CaseWithdrawn, StateForbids: the case has ended, or was never in effect.
    """
    moved = expire(case)
    if moved is case:
        return Moved(case=case, receipt=None)
    unit.cases.save(moved)
    act = Act(
        event=LedgerEvent.CASE_EXPIRED,
        tenant_id=case.tenant_id,
        credential_id=ids.NOBODY if by is None else by.credential_id,
        at=environment.now(),
        case_id=case.id,
        detail=reason.value,
    )
    return Moved(case=moved, receipt=unit.ledger.append(act).digest)


def renew_case(case_id: str, *, actor: Actor, units: Units, environment: Environment) -> Moved:
    """Put an expired case of the actor's tenant in effect again, as it was before.

    Raises:
        NotPermitted: the actor may not verify.
        NotFound: no such case of this tenant.
        OwnCase: the actor has opened the case.
        MandateMissing: a mandate of the case has ended, and none is in force: confirm a new one, which renews the case.
        CaseWithdrawn, StateForbids: the case is not expired.
    """
    actor.require(Permission.CASE_VERIFY)
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        if case.opened_by == actor.credential_id:
            raise OwnCase("Somebody else than its opener renews a case: use a verifier's key.")
        if not stands(unit.mandates.of_case(case.id), environment.now()):
            raise MandateMissing
        moved = renew(case, actor, is_disputed=is_disputed(unit.challenges.of_case(case.id), None))
        unit.cases.save(moved)
        unit.retention.hear(case_id, environment.now())
        act = Act.by(actor, LedgerEvent.CASE_RENEWED, at=environment.now(), case_id=case.id)
        result = Moved(case=moved, receipt=unit.ledger.append(act).digest)
        unit.commit(result)
    return result
