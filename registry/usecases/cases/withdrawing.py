"""Withdraw a case. The commit deletes its codes from the database, so that no worker confirms a match.

1. One transaction changes the case's state, deletes all its codes, its challenges and its links with other cases, ends
   its consents, logs the removal of codes in the change log, and appends the ledger entry.
2. A full disk refuses no withdrawal: room is kept for it, which is given back until the transaction fits.
3. After the commit, every index drops the codes (`registry.indexing`), and `Eraser` removes the traces in other files.
"""

from dataclasses import dataclass

from registry.domain import Act, Actor, Case, ConsentPurpose
from registry.domain import withdraw as withdrawn
from registry.errors import StorageFull
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The withdrawn case.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes; None if the case was withdrawn before.
    """

    case: Case
    receipt: bytes | None


def withdraw(case_id: str, *, actor: Actor, units: Units, environment: Environment) -> Withdrawn:
    """Withdraw the tenant's case. Withdrawing it again changes nothing and succeeds.

    Raises:
        NotPermitted: the actor may not withdraw.
        NotFound: no such case of this tenant.
        StorageFull: the disk is full, and all the room that was kept is used.
    """
    actor.require(Permission.CASE_WITHDRAW)
    while True:
        try:
            return _withdraw(case_id, actor=actor, units=units, environment=environment)
        except StorageFull:
            if not units.release_room():  # 2.
                raise


def _withdraw(case_id: str, *, actor: Actor, units: Units, environment: Environment) -> Withdrawn:
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        result = withdraw_within(unit, case, by=actor, environment=environment)
        unit.commit(result)
    return result


def withdraw_within(unit: UnitOfWork, case: Case, *, by: Actor, environment: Environment) -> Withdrawn:
    """Withdraw a locked case in an open unit of work that the caller commits."""
    if case.withdrawn_at is not None:
        return Withdrawn(case=case, receipt=None)
    now = environment.now()
    case = withdrawn(case, now, by)
    unit.cases.save(case)
    unit.references.erase_codes(case.id, now)
    unit.challenges.forget(case.id)
    unit.consents.withdraw(case.id, tuple(ConsentPurpose), now)
    unit.links.remove([link.case_ids for link in unit.links.of(case.id)])
    unit.quotas.give_back(case.id, case.tenant_id)
    act = Act.by(by, LedgerEvent.CASE_WITHDRAWN, at=now, case_id=case.id)
    return Withdrawn(case=case, receipt=unit.ledger.append(act).digest)
