"""Enrols many references in a case at once: one transaction and one ledger entry for the whole batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from index.hashing.codes import Algorithm, Code
from registry.domain.ledger import Act
from registry.domain.reference import Reference
from registry.domain.roles import Actor
from registry.errors import Refused
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.usecases.describe_reference import Draft
from registry.usecases.enrol import as_reference
from registry.usecases.ports import References, Surroundings, Units

MOST_AT_ONCE: Final = 10_000
"""Drafts of one call: a transaction of about half a second, for which other writers wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEnrolled:
    """What became of a batch.

    Attributes:
        references: ids of the new ones, in the order of the drafts that were new.
        duplicates: drafts whose media the tenant has registered already, or that came twice.
        receipt: digest of the ledger entry, 32 bytes; None where nothing was new.
    """

    references: tuple[str, ...]
    duplicates: int
    receipt: bytes | None


def bulk_enrol(
    case_id: str, drafts: Sequence[Draft], *, actor: Actor, units: Units, surroundings: Surroundings
) -> BulkEnrolled:
    """Adds references to the actor's case, all or none.

    Raises:
        NotPermitted: the actor may not register.
        NotFound: no such case of this tenant.
        CaseWithdrawn: the case has ended.
        Refused: more than `MOST_AT_ONCE` drafts.
    """
    actor.require(Permission.REFERENCE_CREATE)
    if len(drafts) > MOST_AT_ONCE:
        raise Refused(f"At most {MOST_AT_ONCE} references are registered at once.")
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        case.require_active()
        made = [as_reference(case, draft, surroundings) for draft in drafts]
        new = _unknown(unit.references, actor.tenant_id, made)
        receipt = None
        if new:
            unit.references.add_many(new)
            act = Act.by(
                actor,
                LedgerEvent.REFERENCES_ENROLLED,
                at=new[-1].enrolled_at,
                case_id=case.id,
            )
            receipt = unit.ledger.append(act).digest
        result = BulkEnrolled(
            references=tuple(reference.id for reference in new),
            duplicates=len(made) - len(new),
            receipt=receipt,
        )
        unit.commit(result)
    return result


def _unknown(references: References, tenant_id: str, made: Iterable[Reference]) -> list[Reference]:
    by_code: dict[Code, Reference] = {}
    for reference in made:
        by_code.setdefault(_identity(reference), reference)
    known: set[Code] = set()
    for algorithm in (Algorithm.SHA256, Algorithm.PDQ):
        wanted = [code for code in by_code if code.algorithm is algorithm]
        if wanted:
            known |= references.known(tenant_id, wanted)
    return [reference for code, reference in by_code.items() if code not in known]


def _identity(reference: Reference) -> Code:
    """Returns the code by which the media is told to be the same: SHA-256, or PDQ where it was not seen."""
    codes = {stored.code.algorithm: stored.code for stored in reference.codes}
    exact = codes.get(Algorithm.SHA256)
    return codes[Algorithm.PDQ] if exact is None else exact
