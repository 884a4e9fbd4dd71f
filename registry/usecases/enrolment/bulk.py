"""Enrol many references in a case at once, with one transaction and one ledger entry for the whole batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from index.hashing import Algorithm, Code
from index.verdict import ReferenceKind
from registry.domain import (
    Act,
    Actor,
    CaseEvent,
    Draft,
    NewReference,
    denied_references,
    require_in_scope,
    require_not_denied,
    without_benign,
)
from registry.errors import Refused
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, References, Units
from registry.usecases.enrolment.consenting import record_consents
from registry.usecases.enrolment.enrolling import as_reference

MAX_PER_BATCH: Final = 20_000
"""Drafts of one call. They take a transaction of about 1 s, for which other writers wait."""

Media = tuple[ReferenceKind, Algorithm, bytes]
"""The identity of a draft's media: kind, algorithm and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEnrolled:
    """The result of a batch.

    Attributes:
        references: ids of the new references, in the order of their drafts.
        duplicates: number of drafts whose media the tenant has registered already or sent twice.
        receipt: digest of the ledger entry, 32 bytes; None if nothing was new.
    """

    references: tuple[str, ...]
    duplicates: int
    receipt: bytes | None


def bulk_enrol(
    case_id: str, drafts: Sequence[Draft], *, actor: Actor, units: Units, environment: Environment
) -> BulkEnrolled:
    """Add references to the actor's case, all or none.

    Raises:
        NotPermitted: the actor may not register.
        NotFound: the tenant has no such case.
        CaseWithdrawn, StateForbids: the case has ended or is out of effect, or one resembles a denied reference.
        KnownBenign: one of them is on the operator's list of benign pictures.
        MandateMissing: the mandate of the case does not cover a kind.
        Refused: more than `MAX_PER_BATCH` drafts.
    """
    actor.require(Permission.REFERENCE_CREATE)
    if len(drafts) > MAX_PER_BATCH:
        raise Refused(f"At most {MAX_PER_BATCH} references are registered at once.")
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        case.moved(CaseEvent.ENROL, actor)
        mandates = unit.mandates.of_case(case.id)
        for kind in {draft.kind for draft in drafts}:
            require_in_scope(mandates, kind, environment.now())
        made = [as_reference(case, draft, environment) for draft in drafts]
        denied = denied_references(unit.challenges.of_case(case.id))
        held = unit.references.named(case.id, denied) if denied else ()
        for draft in drafts:
            require_not_denied(draft, held)
        known = unit.benign.codes()
        new = [
            replace(one, draft=without_benign(one.draft, known))
            for one in _unknown(unit.references, actor.tenant_id, made)
        ]
        receipt = None
        if new:
            unit.quotas.take(actor, case.id, references=len(new))
            for stated, purpose in dict.fromkeys(
                (one.draft.stated, purpose) for one in new for purpose in one.draft.purposes
            ):
                record_consents(unit, case.id, (purpose,), stated=stated, by=actor, environment=environment)
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


def _unknown(references: References, tenant_id: str, made: Iterable[NewReference]) -> list[NewReference]:
    by_media: dict[Media, NewReference] = {}
    for reference in made:
        by_media.setdefault(media_of(reference), reference)
    known: set[Media] = set()
    for kind, algorithm in {(kind, algorithm) for kind, algorithm, _ in by_media}:
        wanted = [
            Code(algorithm=algorithm, value=value)
            for held_kind, held_algorithm, value in by_media
            if (held_kind, held_algorithm) == (kind, algorithm)
        ]
        found = references.known(tenant_id, kind, wanted)
        known.update((kind, algorithm, value) for value in found)
    return [reference for media, reference in by_media.items() if media not in known]


def media_of(reference: NewReference) -> Media:
    """Return the identity of the media: its SHA-256, or its PDQ if there is none, as in `References.find_equal`."""
    codes = {stored.code.algorithm: stored.code for stored in reference.draft.codes}
    exact = codes.get(Algorithm.SHA256) or codes[Algorithm.PDQ]
    return reference.draft.kind, exact.algorithm, exact.value
