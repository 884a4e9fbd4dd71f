"""Read a case of another tenant by break-glass. Nobody reads one otherwise, whatever key they have.

1. Whoever must see a case states a reason and a ticket. The ledger keeps both, and the entry is the grant.
2. The grant is its key's alone, and ends after `GRANT_LASTS`. A foreign, ended and unknown one look the same.
3. Each read is an entry of its own, which is committed before anything is told.
4. The case tells its owner of every grant and every read (`read_case`), and so does its export.
"""

from dataclasses import dataclass
from datetime import datetime

from registry.domain import (
    GRANT_LASTS,
    Act,
    Actor,
    GlassReason,
    detail_of,
    is_valid,
    name_of,
)
from registry.errors import NotFound
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, Units
from registry.usecases.cases.reading import CaseView, view_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant to read a case.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes: the name of the grant.
    """

    case_id: str
    receipt: bytes
    expires_at: datetime


def break_glass(
    case_id: str,
    reason: GlassReason,
    ticket: str,
    *,
    actor: Actor,
    units: Units,
    environment: Environment,
) -> Grant:
    """Grant the actor's key to read a case of whichever tenant, for a short time.

    Raises:
        NotPermitted: the actor may not read cases of other tenants.
        NotFound: there is no such case.
        Refused: the ticket could hold personal data.
    """
    actor.require(Permission.CASE_READ_ANY)
    detail = detail_of(reason, ticket)
    with units.write() as unit:
        case = unit.cases.of_any_tenant(case_id)
        now = environment.now()
        act = Act.by(actor, LedgerEvent.CASE_GLASS_BROKEN, at=now, case_id=case.id, detail=detail)
        entry = unit.ledger.append(act)  # 1.
        grant = Grant(case_id=case.id, receipt=entry.digest, expires_at=now + GRANT_LASTS)
        unit.commit(grant)
    return grant


def read_by_grant(receipt: bytes, *, actor: Actor, units: Units, environment: Environment) -> CaseView:
    """Return the case of a grant, and keep in the ledger that it was read.

    Raises:
        NotPermitted: the actor may not read cases of other tenants.
        NotFound: no grant of this key has this name, or it has ended.
    """
    actor.require(Permission.CASE_READ_ANY)
    with units.write() as unit:
        grant = unit.ledger.find(receipt)
        now = environment.now()
        if grant is None or grant.act.case_id is None or not is_valid(grant, actor.credential_id, now):  # 2.
            raise NotFound
        case = unit.cases.of_any_tenant(grant.act.case_id)
        event = LedgerEvent.CASE_READ_BY_GRANT
        unit.ledger.append(Act.by(actor, event, at=now, case_id=case.id, detail=name_of(grant)))  # 3.
        view = view_of(unit, case)
        unit.commit(view)
    return view
