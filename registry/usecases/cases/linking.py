"""Link cases behind which one subject stands, so that official releases and shared parts of one count for the others.

Only an operator links, after having looked who stands behind the cases. A link takes effect, and ends, at its commit,
for every check that begins afterwards. It has no direction. A case alone is linked with itself: the operator then
stands for the releases in it. The ledger keeps each link as two entries that follow each other, one for each case.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from registry.domain import Act, Actor, CaseLink
from registry.errors import NotFound, Refused
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units

MAX_LINKED_AT_ONCE: Final = 50
"""Cases of one command, each of which is linked with each other one."""

Pair = tuple[str, str]


def link_cases(
    case_ids: Sequence[str], *, actor: Actor, units: Units, environment: Environment
) -> tuple[Pair, ...]:
    """Link each case with each other, or one case with itself; return the links that are new.

    Raises:
        NotPermitted: the actor may not link.
        Refused: no case, or too many.
        NotFound: a case does not exist or is withdrawn. Nothing was linked.
    """
    actor.require(Permission.CASE_LINK)
    pairs = _pairs(case_ids)
    with units.write() as unit:
        missing = sorted(set(case_ids) - unit.links.linkable(case_ids))
        if missing:
            raise NotFound(f"No case that is not withdrawn has the id {missing[0]}.")
        new = unit.links.add(pairs, environment.now())
        _note(unit, LedgerEvent.CASE_LINKED, new, actor, environment)
        unit.commit()
    return tuple(sorted(new))


def unlink_cases(
    case_ids: Sequence[str], *, actor: Actor, units: Units, environment: Environment
) -> tuple[Pair, ...]:
    """Remove the links of each case with each other, or all links of one case; return those that there were.

    Raises:
        NotPermitted: the actor may not unlink.
        Refused: no case, or too many.
        NotFound: there is no such link.
    """
    actor.require(Permission.CASE_LINK)
    pairs = _pairs(case_ids)
    with units.write() as unit:
        if len(set(case_ids)) == 1:
            pairs = tuple(link.case_ids for link in unit.links.of(case_ids[0]))
        gone = unit.links.remove(pairs)
        if not gone:
            raise NotFound("These cases are not linked.")
        _note(unit, LedgerEvent.CASE_UNLINKED, gone, actor, environment)
        unit.commit()
    return tuple(sorted(gone))


def list_links(*, actor: Actor, units: Units) -> tuple[CaseLink, ...]:
    """Return all links; raise `NotPermitted`."""
    actor.require(Permission.CASE_LINK)
    with units.read() as unit:
        return unit.links.all()


def _pairs(case_ids: Sequence[str]) -> tuple[Pair, ...]:
    """Return each pair of different cases in the order of their ids, or one case with itself; raise `Refused`."""
    different = sorted(set(case_ids))
    if not 1 <= len(different) <= MAX_LINKED_AT_ONCE:
        raise Refused(f"Name one case, to stand for its releases, or 2 to {MAX_LINKED_AT_ONCE} to link.")
    if len(different) == 1:
        return ((different[0], different[0]),)
    return tuple(combinations(different, 2))


def _note(
    unit: UnitOfWork,
    event: LedgerEvent,
    pairs: frozenset[Pair],
    actor: Actor,
    environment: Environment,
) -> None:
    now = environment.now()
    for pair in sorted(pairs):
        for case_id in dict.fromkeys(pair):
            unit.ledger.append(Act.by(actor, event, at=now, case_id=case_id))
