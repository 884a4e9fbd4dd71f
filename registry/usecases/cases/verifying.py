"""State how far a case is verified. The level follows from all records, and takes effect at the commit.

1. The case is locked, so that records of one case are stated one after the other.
2. The record, the case's level and the ledger entry are one transaction. The entry names the record, the level and the
   kind of evidence.
3. The same statement again, as the newest of the case, changes nothing: a command for many cases can be repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from index.verdict import Level
from registry.domain import Act, Actor, Case, EvidenceKind, Verification, ids, require_mandate, verified
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units

PAGE: Final = 200
"""Cases of one page, where all cases of a tenant are verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a verifier states about a case."""

    level: Level
    evidence: EvidenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A case after a statement.

    Attributes:
        record: the record of the statement.
        receipt: digest of the ledger entry, 32 bytes; None if the same was stated before.
    """

    case: Case
    record: Verification
    receipt: bytes | None

    @property
    def awaits_second(self) -> bool:
        """Whether the level needs the record of a second person."""
        return self.record.level > self.case.level


def verify_case(
    case_id: str,
    statement: Statement,
    *,
    actor: Actor,
    units: Units,
    environment: Environment,
    any_tenant: bool = False,
) -> Verified:
    """Add a record to a case of the actor's tenant, or with `any_tenant` of whichever tenant.

    Raises:
        NotPermitted: the actor may not verify.
        NotFound: no such case of this tenant.
        OwnCase: the actor has opened the case.
        EvidenceUnfit: the evidence does not fit the level.
        MandateMissing: the evidence is a mandate, and the case has none in force.
        CaseWithdrawn: the case has ended.
    """
    actor.require(Permission.CASE_VERIFY)
    if any_tenant:
        actor.require(Permission.CASE_VERIFY_ANY)
    with units.write() as unit:
        case = (
            unit.cases.of_any_tenant(case_id)  # 1.
            if any_tenant
            else unit.cases.get(case_id, actor.tenant_id, for_update=True)
        )
        result = _verified(unit, case, statement, actor, environment)
        unit.commit(result)
    return result


def cases_below(tenant_id: str, level: Level, *, actor: Actor, units: Units) -> Iterator[str]:
    """Yield the ids of a tenant's cases that have not ended and are below a level, the oldest first.

    The caller may verify each of them before it takes the next one: no transaction is open meanwhile.

    Raises:
        NotPermitted: the actor may not verify cases of all tenants.
        NotFound: there is no such tenant.
    """
    actor.require(Permission.CASE_VERIFY_ANY)
    with units.read() as unit:
        unit.credentials.tenant(tenant_id)
    last: str | None = None
    while True:
        with units.read() as unit:
            page = unit.cases.of_tenant(tenant_id, after=last, limit=PAGE)
        yield from (case.id for case in page if case.withdrawn_at is None and case.level < level)
        if len(page) < PAGE:
            return
        last = page[-1].id


def _verified(
    unit: UnitOfWork, case: Case, statement: Statement, actor: Actor, environment: Environment
) -> Verified:
    now = environment.now()
    record = Verification(
        id=ids.new_id(ids.VERIFICATION, environment.random),
        case_id=case.id,
        credential_id=actor.credential_id,
        level=statement.level,
        evidence=statement.evidence,
        recorded_at=now,
    )
    earlier = unit.verifications.of_case(case.id)
    if earlier and _says_the_same(earlier[-1], record):  # 3.
        return Verified(case=case, record=earlier[-1], receipt=None)
    if record.evidence is EvidenceKind.MANDATE_AND_CONSENT:
        require_mandate(unit.mandates.of_case(case.id), now)
    case = verified(case, record, earlier, actor)
    unit.verifications.add(record)  # 2.
    unit.cases.save(case)
    act = Act.by(
        actor,
        LedgerEvent.CASE_VERIFIED,
        at=now,
        case_id=case.id,
        detail=f"{record.id} {record.level.name} {record.evidence.value}",
    )
    return Verified(case=case, record=record, receipt=unit.ledger.append(act).digest)


def _says_the_same(newest: Verification, record: Verification) -> bool:
    return (newest.credential_id, newest.level, newest.evidence) == (
        record.credential_id,
        record.level,
        record.evidence,
    )
