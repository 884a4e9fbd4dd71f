"""List the cases of a tenant, page by page."""

from dataclasses import dataclass
from typing import Final

from registry.domain import Actor, Case, label_of
from registry.permissions import Permission
from registry.ports import Units

MAX_PAGE: Final = 200
"""Maximum number of cases of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Cases in the order in which they were opened.

    Attributes:
        next: id of the last case, after which the next page begins; None if this page is the last.
    """

    cases: tuple[Case, ...]
    next: str | None


def list_cases(
    after: str | None, limit: int, *, actor: Actor, units: Units, label: str | None = None
) -> CasePage:
    """Return the tenant's cases that were opened after a case, at most `limit` and `MAX_PAGE` of them.

    With `label` only those that have it.

    Raises:
        NotPermitted: the actor may not list cases.
        NotFound: the tenant has no such case as `after`.
        LabelRefused: no label has this form.
    """
    actor.require(Permission.CASE_LIST)
    if label is not None:
        label_of(label)
    size = max(1, min(limit, MAX_PAGE))
    with units.read() as unit:
        if after is not None:
            unit.cases.get(after, actor.tenant_id)
        found = unit.cases.of_tenant(actor.tenant_id, after=after, limit=size + 1, label=label)
    page = found[:size]
    return CasePage(cases=page, next=page[-1].id if len(found) > size else None)
