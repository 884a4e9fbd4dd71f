"""Export all that is held about a case, for whoever owns it.

1. Everything of the case is read in one transaction: the case, its records, its consents and mandates, its references
   with what is stored of each, its links, and its entries in the ledger.
2. The values of codes, windows and faces are not told, only that they are held: they are outlines of the picture, and
   who has stolen a key or the words of a case must not get them. The owner has the picture, and can compute them.
3. Of a contact only is told that it is held: whoever has seen the words of a case must not learn a new number by them.
4. What other people do is not told: which uploads came near, and with whose cases this one is linked.
"""

from dataclasses import dataclass
from datetime import datetime

from registry.domain import Actor, Case, Consent, LedgerEntry, Mandate, Reference, Verification
from registry.domain.takedowns import Takedown, TakedownContent
from registry.permissions import Permission
from registry.ports import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExport:
    """All that is held about a case. After the erasure: ids, states, levels and times.

    Attributes:
        takedowns: the requests to platforms, each with what it says; without it once that was erased.
        linked_at: when each link with other cases was made.
        acts: the entries of the ledger that name the case, oldest first.
        has_contact: whether a contact is held, of a case without an account.
    """

    case: Case
    records: tuple[Verification, ...]
    consents: tuple[Consent, ...]
    mandates: tuple[Mandate, ...]
    references: tuple[Reference, ...]
    takedowns: tuple[tuple[Takedown, TakedownContent | None], ...]
    linked_at: tuple[datetime, ...]
    labels: tuple[str, ...]
    acts: tuple[LedgerEntry, ...]
    has_contact: bool


def export_case(case_id: str, *, actor: Actor, units: Units) -> CaseExport:
    """Return all that is held about the tenant's case.

    Raises:
        NotPermitted: the actor may not export cases.
        NotFound: no such case of this tenant.
    """
    actor.require(Permission.CASE_EXPORT)
    with units.read() as unit:
        case = unit.cases.get(case_id, actor.tenant_id)
        return CaseExport(
            case=case,
            records=unit.verifications.of_case(case.id),
            consents=unit.consents.of_case(case.id),
            mandates=unit.mandates.of_case(case.id),
            references=unit.references.of_case(case.id),
            takedowns=tuple((one, unit.takedowns.content(one)) for one in unit.takedowns.of_case(case.id)),
            linked_at=tuple(link.linked_at for link in unit.links.of(case.id)),
            labels=unit.labels.of_case(case.id),
            acts=unit.ledger.of_case(case.id),
            has_contact=unit.claims.has_contact(case.id),
        )
