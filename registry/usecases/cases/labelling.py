"""Label cases of the own tenant. Labels end with the case: the withdrawal's transaction deletes them."""

from registry.domain import Actor, label_of, require_room
from registry.errors import CaseWithdrawn
from registry.permissions import Permission
from registry.ports import Units


def label_case(case_id: str, label: str, *, actor: Actor, units: Units) -> tuple[str, ...]:
    """Add a label to the tenant's case and return all; a label that is there stays.

    Raises:
        NotPermitted: the actor may not label cases.
        LabelRefused: the label could hold personal data, or is one too many.
        NotFound: no such case of this tenant.
        CaseWithdrawn: the case has ended.
    """
    actor.require(Permission.CASE_LABEL)
    label_of(label)
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        if case.withdrawn_at is not None:
            raise CaseWithdrawn
        require_room(unit.labels.of_case(case.id), label)
        unit.labels.add(case.id, label)
        left = unit.labels.of_case(case.id)
        unit.commit(left)
    return left


def unlabel_case(case_id: str, label: str, *, actor: Actor, units: Units) -> tuple[str, ...]:
    """Remove a label of the tenant's case, if it is there, and return the others.

    Raises:
        NotPermitted: the actor may not label cases.
        LabelRefused: no label has this form.
        NotFound: no such case of this tenant.
    """
    actor.require(Permission.CASE_LABEL)
    label_of(label)
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        unit.labels.remove(case.id, label)
        left = unit.labels.of_case(case.id)
        unit.commit(left)
    return left
