"""Reads a case back for whom it belongs to."""

from dataclasses import dataclass

from registry.domain import Actor, Case, Reference
from registry.permissions import Permission
from registry.ports import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with what is registered in it."""

    case: Case
    references: tuple[Reference, ...]


def read_case(case_id: str, *, actor: Actor, units: Units) -> CaseView:
    """Returns the tenant's case; raises `NotFound` for an absent id and a foreign one alike."""
    actor.require(Permission.CASE_READ)
    with units.read() as unit:
        case = unit.cases.get(case_id, actor.tenant_id)
        return CaseView(case=case, references=unit.references.of_case(case.id))
