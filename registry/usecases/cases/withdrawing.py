"""Withdraw a case. The commit deletes its codes from the database, so that no worker confirms a match.

1. One transaction changes the case's state, deletes all its codes, its challenges, its contact, its links with other
   cases and the feedback about it, ends its consents and takedown requests, logs the removal of codes in the change
   log, and appends the ledger entry.
2. A full disk refuses no withdrawal: room is kept for it, which is given back until the transaction fits.
3. Before the commit the withdrawal is in the journal outside of the database. A process that ends in between leaves a
   line, and the next start withdraws the case: somebody who may had asked for it.
4. After the commit, every index drops the codes (`registry.indexing`), and `Eraser` removes the traces in other files.
"""

from dataclasses import dataclass
from datetime import datetime

from registry.domain import Act, Actor, Case, ConsentPurpose, JournalKind, Withdrawal, ids
from registry.domain import withdraw as withdrawn
from registry.errors import NotFound, StorageFull
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.takedowns import end_with_case


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
    _end(unit, case, now, by)
    unit.journal.add(Withdrawal(kind=JournalKind.CASE, id=case.id, at=now))  # 3.
    act = Act.by(by, LedgerEvent.CASE_WITHDRAWN, at=now, case_id=case.id)
    return Withdrawn(case=case, receipt=unit.ledger.append(act).digest)


def withdraw_again(unit: UnitOfWork, withdrawal: Withdrawal, now: datetime) -> bool:
    """Withdraw a case that the journal names; return False if it is not in effect. The caller commits."""
    try:
        case = unit.cases.of_any_tenant(withdrawal.id)
    except NotFound:
        return False
    if case.withdrawn_at is not None:
        return False
    case = withdrawn(case, withdrawal.at)
    _end(unit, case, now, None)
    unit.ledger.append(act_by_itself(case, LedgerEvent.CASE_WITHDRAWN, now, "replayed"))
    return True


def withdraw_unheard(unit: UnitOfWork, case: Case, now: datetime) -> None:
    """Withdraw a locked case of whose owner nothing was heard for too long. The caller commits.

    It is journaled after the commit (`journaling`): nobody has asked for it, so a line must not outlive a commit that
    failed and withdraw a case whose owner was heard since.
    """
    case = withdrawn(case, now)
    _end(unit, case, now, None)
    unit.ledger.append(act_by_itself(case, LedgerEvent.CASE_WITHDRAWN, now, "no_contact"))


def act_by_itself(case: Case, event: LedgerEvent, now: datetime, why: str) -> Act:
    """Return an act of the registry itself: `replayed` from the journal, or `no_contact`."""
    return Act(
        event=event,
        tenant_id=case.tenant_id,
        credential_id=ids.NOBODY,
        at=now,
        case_id=case.id,
        detail=why,
    )


def _end(unit: UnitOfWork, case: Case, now: datetime, by: Actor | None) -> None:
    """Write a case that is withdrawn now, and delete what its own transaction deletes (1.)."""
    unit.cases.save(case)
    unit.erasures.count(case.id)
    unit.retention.forget(case.id)
    unit.references.erase_codes(case.id, now)
    unit.challenges.forget(case.id)
    unit.labels.forget(case.id)
    unit.consents.withdraw(case.id, tuple(ConsentPurpose), now)
    unit.mandates.forget(case.id)
    unit.links.remove([link.case_ids for link in unit.links.of(case.id)])
    unit.votes.forget_case(case.id)
    unit.quarantines.forget_case(case.id)
    unit.claims.forget_contact(case.id)
    unit.quotas.give_back(case.id, case.tenant_id)
    end_with_case(unit, case.id, by=by, now=now)
