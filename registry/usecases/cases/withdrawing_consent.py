"""List the consents of a case, and withdraw one.

1. Without the consent to the likeness, the faces of the case, their templates and their key leave the database with the
   commit, so that no worker confirms a face. Fingerprints stay.
2. Everything rests on the consent to fingerprints: without it the case is withdrawn.
3. Before the commit the withdrawal is in the journal outside of the database, as that of a case is.
4. After the commit, every index drops the templates, and `Eraser` removes the traces in other files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from registry.domain import Act, Actor, Case, Consent, ConsentPurpose, JournalKind, Withdrawal
from registry.errors import NotFound, StorageFull
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.cases.withdrawing import act_by_itself, withdraw_within

_ALL: Final = tuple(ConsentPurpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    """A case after the withdrawal of a consent.

    Attributes:
        withdrawn: the purposes whose consents ended now; empty if there was none in force.
        receipt: digest of the ledger entry, 32 bytes; None if nothing ended.
    """

    case: Case
    withdrawn: Sequence[ConsentPurpose]
    receipt: bytes | None


def list_consents(case_id: str, *, actor: Actor, units: Units) -> tuple[Consent, ...]:
    """Return the consents of the tenant's case, oldest first; raise `NotPermitted` or `NotFound`."""
    actor.require(Permission.CASE_READ)
    with units.read() as unit:
        return unit.consents.of_case(unit.cases.get(case_id, actor.tenant_id).id)


def withdraw_consent(
    case_id: str, purpose: ConsentPurpose, *, actor: Actor, units: Units, environment: Environment
) -> ConsentWithdrawn:
    """Withdraw a consent in the tenant's case. Withdrawing it again changes nothing and succeeds.

    Raises:
        NotPermitted: the actor may not withdraw.
        NotFound: no such case of this tenant.
        StorageFull: the disk is full, and all the room that was kept is used.
    """
    actor.require(Permission.CASE_WITHDRAW)
    while True:
        try:
            return _withdraw(case_id, purpose, actor=actor, units=units, environment=environment)
        except StorageFull:
            if not units.release_room():
                raise


def _withdraw(
    case_id: str, purpose: ConsentPurpose, *, actor: Actor, units: Units, environment: Environment
) -> ConsentWithdrawn:
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        result = withdraw_consent_within(unit, case, purpose, by=actor, environment=environment)
        unit.commit(result)
    return result


def withdraw_consent_within(
    unit: UnitOfWork, case: Case, purpose: ConsentPurpose, *, by: Actor, environment: Environment
) -> ConsentWithdrawn:
    """Withdraw a consent in a locked case, in an open unit of work that the caller commits.

    Args:
        unit: the unit of work.
        case: the case.
        purpose: the purpose of the consent.
        by: who withdraws it; of a subject without a key, the actor of the claim.
        environment: clock and randomness.
    """
    if purpose is ConsentPurpose.FINGERPRINTS:  # 2.
        done = withdraw_within(unit, case, by=by, environment=environment)
        return ConsentWithdrawn(
            case=done.case, withdrawn=() if done.receipt is None else _ALL, receipt=done.receipt
        )
    now = environment.now()
    if case.withdrawn_at is not None:
        return ConsentWithdrawn(case=case, withdrawn=(), receipt=None)
    unit.references.erase_faces(case.id, now)  # 1.
    if not unit.consents.withdraw(case.id, (purpose,), now):
        return ConsentWithdrawn(case=case, withdrawn=(), receipt=None)
    unit.journal.add(Withdrawal(kind=JournalKind.FACES, id=case.id, at=now))
    act = Act.by(by, LedgerEvent.CONSENT_WITHDRAWN, at=now, case_id=case.id, detail=purpose.value)
    return ConsentWithdrawn(case=case, withdrawn=(purpose,), receipt=unit.ledger.append(act).digest)


def withdraw_faces_again(unit: UnitOfWork, withdrawal: Withdrawal, now: datetime) -> bool:
    """Withdraw the consent to a likeness that the journal names; return False if it is not in effect.

    A consent that was given after that withdrawal stays. The caller commits.
    """
    try:
        case = unit.cases.of_any_tenant(withdrawal.id)
    except NotFound:
        return False
    in_force = [
        consent.given_at
        for consent in unit.consents.of_case(case.id)
        if consent.purpose is ConsentPurpose.LIKENESS and consent.is_in_force
    ]
    if case.withdrawn_at is not None or not in_force or max(in_force) > withdrawal.at:
        return False
    unit.references.erase_faces(case.id, now)
    unit.consents.withdraw(case.id, (ConsentPurpose.LIKENESS,), withdrawal.at)
    unit.ledger.append(act_by_itself(case, LedgerEvent.CONSENT_WITHDRAWN, now, "replayed"))
    return True
