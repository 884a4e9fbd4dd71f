"""The contact of a case without an account: its claimant keeps or deletes it, and a verifier reads it.

Each reading is in the ledger before the contact is told. The withdrawal deletes the contact with its key
(`registry.usecases.cases.withdrawing`).
"""

from dataclasses import dataclass, field

from registry.domain import Act, Actor, Case
from registry.domain.claims import Contact
from registry.errors import CaseWithdrawn, NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactKept:
    """Whether a case has a contact now.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes; None if nothing changed.
    """

    case: Case
    has_contact: bool
    receipt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRead:
    """A contact, and the receipt of its reading."""

    case_id: str
    contact: Contact = field(repr=False)
    receipt: bytes


def keep_contact(
    case_id: str, contact: Contact | None, *, actor: Actor, units: Units, environment: Environment
) -> ContactKept:
    """Keep a contact in place of an earlier one, or delete it (None).

    Raises:
        NotFound: the actor has no such case.
        CaseWithdrawn: the case has ended, and keeps no contact.
    """
    actor.require(Permission.CASE_CREATE)
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        if case.withdrawn_at is not None:
            raise CaseWithdrawn
        now = environment.now()
        changed = True
        if contact is None:
            changed = unit.claims.forget_contact(case.id)
        else:
            unit.claims.keep_contact(case.id, contact, now)
        act = Act.by(actor, LedgerEvent.CONTACT_CHANGED, at=now, case_id=case.id)
        receipt = unit.ledger.append(act).digest if changed else None
        result = ContactKept(case=case, has_contact=contact is not None, receipt=receipt)
        unit.commit(result)
    return result


def read_contact(case_id: str, *, actor: Actor, units: Units, environment: Environment) -> ContactRead:
    """Return the contact of a case of the actor's tenant, after the ledger has kept that it was read.

    Raises:
        NotPermitted: the actor may not read contacts.
        NotFound: no such case of this tenant, or it has no contact.
        SealBroken: what is kept does not open.
    """
    actor.require(Permission.CASE_CONTACT)
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id)
        contact = unit.claims.contact(case.id)
        if contact is None:
            raise NotFound
        act = Act.by(actor, LedgerEvent.CONTACT_READ, at=environment.now(), case_id=case.id)
        result = ContactRead(case_id=case.id, contact=contact, receipt=unit.ledger.append(act).digest)
        unit.commit(result)
    return result
