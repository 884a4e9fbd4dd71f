"""Propose a mandate for a case of the agent's tenant. It allows nothing until it is confirmed."""

from datetime import datetime
from typing import Final

from registry.domain import Act, Actor, Mandate, MandateScope, MandateState, ids, require_term
from registry.errors import CaseWithdrawn, MandateUnfit
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, Units

MAX_PROPOSED: Final = 10
"""Mandates of one case that wait for the subject."""


def propose_mandate(
    case_id: str,
    scope: MandateScope,
    expires_at: datetime,
    *,
    actor: Actor,
    units: Units,
    environment: Environment,
) -> Mandate:
    """Propose a mandate, and return it.

    Raises:
        NotPermitted: the actor may not open cases.
        NotFound: no such case of this tenant.
        CaseWithdrawn: the case has ended.
        MandateUnfit: its term is too long or over, it allows nothing, or too many wait.
    """
    actor.require(Permission.CASE_CREATE)
    now = environment.now()
    require_term(expires_at, now)
    if not scope.kinds:
        raise MandateUnfit("A mandate names at least one kind of references.")
    mandate = Mandate(
        id=ids.new_id(ids.MANDATE, environment.random),
        case_id=case_id,
        tenant_id=actor.tenant_id,
        proposed_by=actor.credential_id,
        scope=scope,
        expires_at=expires_at,
        state=MandateState.PROPOSED,
        proposed_at=now,
    )
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        if case.withdrawn_at is not None:
            raise CaseWithdrawn
        waiting = [one for one in unit.mandates.of_case(case.id) if one.state is MandateState.PROPOSED]
        if len(waiting) >= MAX_PROPOSED:
            raise MandateUnfit(f"{MAX_PROPOSED} mandates of this case wait already: revoke one.")
        unit.mandates.add(mandate)
        unit.ledger.append(
            Act.by(actor, LedgerEvent.MANDATE_PROPOSED, at=now, case_id=case.id, detail=mandate.id)
        )
        unit.commit(mandate)
    return mandate
