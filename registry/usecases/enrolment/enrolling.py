"""Enrol a reference in a case. Rows, changes and ledger entry are one transaction, which survives a power cut."""

from dataclasses import dataclass, replace
from enum import StrEnum, unique

from index.verdict import MIN_LIKENESS_LEVEL, Box, ReferenceKind
from registry.domain import (
    Act,
    Actor,
    Case,
    CaseEvent,
    Draft,
    NewReference,
    Reference,
    denied_references,
    ids,
    require_in_scope,
    require_not_denied,
    without_benign,
)
from registry.errors import ConsentMissing, LevelTooLow
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.enrolment.consenting import record_consents


@unique
class EnrolOutcome(StrEnum):
    """The result of enrolling a draft."""

    ENROLLED = "enrolled"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The reference that represents the media now.

    Attributes:
        inner: boxes of inner pictures, proposed for separate registration.
        receipt: digest of the ledger entry, 32 bytes; None for a duplicate, which writes nothing.
    """

    outcome: EnrolOutcome
    case_id: str
    reference: Reference
    receipt: bytes | None
    inner: tuple[Box, ...] = ()


def enrol(case_id: str, draft: Draft, *, actor: Actor, units: Units, environment: Environment) -> Enrolled:
    """Add a reference to the actor's case. The same media in the same case is a duplicate.

    Raises:
        NotPermitted: the actor may not register.
        NotFound: the tenant has no such case.
        CaseWithdrawn, StateForbids: the case has ended, is suspended or has expired; or the media resembles a
            reference of the case of which a challenge was right.
        LevelTooLow, ConsentMissing: the draft is a likeness, and the case claims less than V2, or consent is missing.
        MandateMissing: the mandate of the case does not cover this kind.
    """
    actor.require(Permission.REFERENCE_CREATE)
    with units.write() as unit:
        result = enrol_within(unit, case_id, draft, actor=actor, environment=environment)
        unit.commit(result)
    return result


def enrol_within(
    unit: UnitOfWork, case_id: str, draft: Draft, *, actor: Actor, environment: Environment
) -> Enrolled:
    """Enrol a reference, as `enrol`, in an open unit of work that the caller commits.

    The media is locked before the case, as where a case is opened. The other way round two transactions could wait for
    each other.
    """
    actor.require(Permission.REFERENCE_CREATE)
    case = unit.cases.get(case_id, actor.tenant_id)
    case.moved(CaseEvent.ENROL, actor)
    reference = as_reference(case, draft, environment)
    require_in_scope(unit.mandates.of_case(case.id), draft.kind, environment.now())
    known = unit.references.find_equal(reference, in_case=case.id)
    unit.cases.get(case_id, actor.tenant_id, for_update=True).moved(CaseEvent.ENROL, actor)
    denied = denied_references(unit.challenges.of_case(case.id))
    if denied:
        require_not_denied(draft, unit.references.named(case.id, denied))
    unit.retention.hear(case_id, environment.now())
    result = (
        joined(unit, known, draft, actor, environment)
        if known is not None
        else add_reference(unit, reference, actor, environment)
    )
    return replace(result, inner=draft.inner)


def joined(
    unit: UnitOfWork, known: Reference, draft: Draft, actor: Actor, environment: Environment
) -> Enrolled:
    """Return the result for media that is registered already, and add the consents that its case lacks.

    The caller has locked the case.
    """
    record_consents(
        unit, known.case_id, draft.purposes, stated=draft.stated, by=actor, environment=environment
    )
    return duplicate(known)


def as_reference(case: Case, draft: Draft, environment: Environment) -> NewReference:
    """Return the draft as a new reference, with id, case and time. Every enrolment calls this function.

    Raises:
        LevelTooLow, ConsentMissing: the draft is a likeness, and the case claims less than V2, or consent is missing.
    """
    if draft.kind is ReferenceKind.LIKENESS:
        _require_likeness_allowed(case, draft)
    return NewReference(
        id=ids.new_id(ids.REFERENCE, environment.random),
        case_id=case.id,
        tenant_id=case.tenant_id,
        enrolled_at=environment.now(),
        draft=draft,
    )


def _require_likeness_allowed(case: Case, draft: Draft) -> None:
    # The photographs come first: a verifier matches the person to them. No face is found below the level in effect.
    if max(case.level, case.claimed_level) < MIN_LIKENESS_LEVEL:
        raise LevelTooLow(f"A likeness needs a case that claims {MIN_LIKENESS_LEVEL.name} or above.")
    if not draft.has_consented:
        raise ConsentMissing


def duplicate(known: Reference) -> Enrolled:
    """Return the result for media that is registered already."""
    return Enrolled(outcome=EnrolOutcome.DUPLICATE, case_id=known.case_id, reference=known, receipt=None)


def add_reference(
    unit: UnitOfWork, reference: NewReference, actor: Actor, environment: Environment
) -> Enrolled:
    """Write the reference, new consents, its changes and its ledger entries in an open unit of work.

    Raises:
        KnownBenign: it is on the operator's list of benign pictures.
    """
    reference = replace(reference, draft=without_benign(reference.draft, unit.benign.codes()))
    unit.quotas.take(actor, reference.case_id, references=1)
    record_consents(
        unit,
        reference.case_id,
        reference.draft.purposes,
        stated=reference.draft.stated,
        by=actor,
        environment=environment,
    )
    unit.references.add(reference)
    if reference.draft.kind is ReferenceKind.LIKENESS:
        unit.ledger.append(
            Act.by(
                actor,
                LedgerEvent.LIKENESS_CONSENTED,
                at=reference.enrolled_at,
                case_id=reference.case_id,
                reference_id=reference.id,
            )
        )
    entry = unit.ledger.append(
        Act.by(
            actor,
            LedgerEvent.REFERENCE_ENROLLED,
            at=reference.enrolled_at,
            case_id=reference.case_id,
            reference_id=reference.id,
        )
    )
    return Enrolled(
        outcome=EnrolOutcome.ENROLLED,
        case_id=reference.case_id,
        reference=reference.stored,
        receipt=entry.digest,
    )
