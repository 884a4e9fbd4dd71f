"""Read the erasure receipt of a case for the tenant that owns it."""

from dataclasses import dataclass

from registry.domain import Actor, Case, Erasure
from registry.permissions import Permission
from registry.ports import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureView:
    """A case, and its receipt if it is erased.

    Attributes:
        erasure: None while the case stands, while its erasure is not finished, and for an erasure before receipts.
    """

    case: Case
    erasure: Erasure | None


def read_erasure(case_id: str, *, actor: Actor, units: Units) -> ErasureView:
    """Return the erasure receipt of the tenant's case.

    Raises:
        NotPermitted: the actor may not export cases.
        NotFound: no such case of this tenant.
    """
    actor.require(Permission.CASE_EXPORT)
    with units.read() as unit:
        case = unit.cases.get(case_id, actor.tenant_id)
        return ErasureView(case=case, erasure=unit.erasures.get(case.id))
