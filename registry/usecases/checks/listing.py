"""List the checks of the own tenant, page by page, and label them.

A list tells of a check what its own answer told: nothing follows from what others registered or withdrew since.
"""

from dataclasses import dataclass
from typing import Final

from registry.domain import Actor, Check, label_of
from registry.permissions import Permission
from registry.ports import CheckFilter, CheckLists, CheckPlace

MAX_PAGE: Final = 200
"""Maximum number of checks of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCheck:
    """A check with its labels."""

    check: Check
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """Checks, the newest first.

    Attributes:
        next: the place after which the next page begins; None if this page is the last.
    """

    checks: tuple[ListedCheck, ...]
    next: CheckPlace | None


def list_checks(
    wanted: CheckFilter, after: CheckPlace | None, limit: int, *, actor: Actor, lists: CheckLists
) -> CheckPage:
    """Return the tenant's checks that fit, at most `limit` and `MAX_PAGE` of them, from a place on.

    Raises:
        NotPermitted: the actor may not list checks.
        LabelRefused: no label has this form.
    """
    actor.require(Permission.CHECK_LIST)
    if wanted.label is not None:
        label_of(wanted.label)
    size = max(1, min(limit, MAX_PAGE))
    found = lists.of_tenant(actor.tenant_id, wanted, after=after, limit=size + 1)
    page = tuple(ListedCheck(check=check, labels=labels) for check, labels in found[:size])
    last = page[-1].check if len(found) > size else None
    place = None if last is None else CheckPlace(checked_at=last.checked_at, check_id=last.id)
    return CheckPage(checks=page, next=place)


def label_check(check_id: str, label: str, *, actor: Actor, lists: CheckLists) -> tuple[str, ...]:
    """Add a label to the tenant's check and return all; raise `NotPermitted`, `LabelRefused` or `NotFound`."""
    actor.require(Permission.CHECK_LABEL)
    return lists.add_label(check_id, actor.tenant_id, label_of(label))


def unlabel_check(check_id: str, label: str, *, actor: Actor, lists: CheckLists) -> tuple[str, ...]:
    """Remove a label of the tenant's check and return the others; raise as `label_check` does."""
    actor.require(Permission.CHECK_LABEL)
    return lists.remove_label(check_id, actor.tenant_id, label_of(label))
