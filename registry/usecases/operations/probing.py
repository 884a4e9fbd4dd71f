"""Look at what tenants asked near registered codes, and let a tenant begin anew."""

from collections.abc import Sequence

from registry.domain import Act, Actor, ProbingReport
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, ProbeReports, Units


def report_probing(
    *, actor: Actor, probes: ProbeReports, environment: Environment
) -> Sequence[ProbingReport]:
    """Return the tenants that asked near registered codes or read explanations in seven days; raise `NotPermitted`."""
    actor.require(Permission.PROBING_MANAGE)
    return probes.report(environment.now().date())


def clear_probing(
    tenant_id: str, *, actor: Actor, probes: ProbeReports, units: Units, environment: Environment
) -> int:
    """Delete a tenant's probes, people and explanations, so that its budgets are unspent; return the number of rows.

    The ledger keeps who did it, before it is done.

    Raises:
        NotPermitted: the actor may not do this.
        NotFound: the tenant asked no such question and read no explanation; the ledger then keeps nothing.
        StorageUnavailable: nothing was deleted.
    """
    found = report_probing(actor=actor, probes=probes, environment=environment)
    if tenant_id not in {one.tenant_id for one in found}:
        raise NotFound(
            "This tenant asked nothing near a registered code within seven days, and read no explanation."
        )
    with units.write() as unit:
        unit.ledger.append(
            Act(
                event=LedgerEvent.PROBING_CLEARED,
                tenant_id=tenant_id,
                credential_id=actor.credential_id,
                at=environment.now(),
            )
        )
        unit.commit()
    return probes.clear(tenant_id)
