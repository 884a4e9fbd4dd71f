"""Read what has become of a case without an account: its states, and what its references matched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from registry.domain import Actor, Case, DecisionKind, Reference
from registry.domain.claims import MatchedCheck, MatchMonth, match_months
from registry.permissions import Permission
from registry.ports import Checks, Units

MAX_MATCHES: Final = 10_000
"""Newest matches of one case that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedReference:
    """A reference, and its matches by month."""

    reference: Reference
    months: tuple[MatchMonth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedClaim:
    """A case as its claimant sees it."""

    case: Case
    references: tuple[FollowedReference, ...]
    has_contact: bool


def follow_claim(case_id: str, *, actor: Actor, units: Units, checks: Checks) -> FollowedClaim:
    """Return the actor's case with what its references matched; raise `NotFound`."""
    actor.require(Permission.CASE_READ)
    with units.read() as unit:
        case = unit.cases.get(case_id, actor.tenant_id)
        references = unit.references.of_case(case.id)
        has_contact = unit.claims.has_contact(case.id)
    matched = checks.matched([reference.id for reference in references], MAX_MATCHES)
    with units.read() as unit:
        decided = unit.decisions.kinds_of([one.check_id for one in matched])
    by_reference: dict[str, list[MatchedCheck]] = {}
    for one in matched:
        by_reference.setdefault(one.reference_id, []).append(one)
    return FollowedClaim(
        case=case,
        references=tuple(_followed(reference, by_reference, decided) for reference in references),
        has_contact=has_contact,
    )


def _followed(
    reference: Reference,
    matched: Mapping[str, list[MatchedCheck]],
    decided: Mapping[str, DecisionKind],
) -> FollowedReference:
    months = match_months(matched.get(reference.id, ()), decided)
    return FollowedReference(reference=reference, months=months)
