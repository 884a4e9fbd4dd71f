"""Read a case for the tenant that owns it."""

from dataclasses import dataclass

from registry.domain import Actor, Case, GlassRead, Reference, Verification, reads_of
from registry.permissions import Permission
from registry.ports import UnitOfWork, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with its verification records, its references, and who else read it.

    Attributes:
        reads: grants to read it from outside of its tenant, with their reads, oldest first.
    """

    case: Case
    records: tuple[Verification, ...]
    references: tuple[Reference, ...]
    reads: tuple[GlassRead, ...]
    labels: tuple[str, ...]


def read_case(case_id: str, *, actor: Actor, units: Units) -> CaseView:
    """Return the tenant's case; raise `NotFound`, also if the case belongs to another tenant."""
    actor.require(Permission.CASE_READ)
    with units.read() as unit:
        return view_of(unit, unit.cases.get(case_id, actor.tenant_id))


def view_of(unit: UnitOfWork, case: Case) -> CaseView:
    """Return the view of a case that was read in this unit of work."""
    return CaseView(
        case=case,
        records=unit.verifications.of_case(case.id),
        references=unit.references.of_case(case.id),
        reads=reads_of(unit.ledger.of_case(case.id)),
        labels=unit.labels.of_case(case.id),
    )
