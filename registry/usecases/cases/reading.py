"""Read a case for the tenant that owns it."""

from dataclasses import dataclass

from registry.domain import Actor, Case, Reference, Verification
from registry.permissions import Permission
from registry.ports import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with its verification records and its references."""

    case: Case
    records: tuple[Verification, ...]
    references: tuple[Reference, ...]


def read_case(case_id: str, *, actor: Actor, units: Units) -> CaseView:
    """Return the tenant's case; raise `NotFound`, also if the case belongs to another tenant."""
    actor.require(Permission.CASE_READ)
    with units.read() as unit:
        case = unit.cases.get(case_id, actor.tenant_id)
        return CaseView(
            case=case,
            records=unit.verifications.of_case(case.id),
            references=unit.references.of_case(case.id),
        )
