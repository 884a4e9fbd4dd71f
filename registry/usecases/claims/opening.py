"""Open a case without an account: protect first, with a secret and recovery words in place of an account.

1. The case, its references, what is kept of its secrets, and its contact are one transaction.
2. The case is at V0 until a verifier raises it, and never verified by its own opener (`registry.domain.claims`).
3. The same media in somebody else's case is no duplicate: nobody learns what others registered. The same media twice in
   one request is one reference. It is compared here: nobody else can have written in a case that is new, and a lock
   on media behind those on quotas and ledger could wait for an enrolment, which takes them the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from index.verdict import Level
from registry.domain import Act, Case, CaseEvent, CaseState, Draft, ids
from registry.domain.claims import ClaimAccess, Contact, SecretKind, claim_actor, new_secret
from registry.events import LedgerEvent
from registry.ports import ClaimProofs, Environment, UnitOfWork, Units
from registry.usecases.enrolment import Enrolled, Media, add_reference, as_reference, duplicate, media_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedClaim:
    """A case without an account, and its secrets, which are told once.

    Attributes:
        receipt: digest of the last ledger entry, 32 bytes.
    """

    case: Case
    secret: bytes = field(repr=False)
    recovery: bytes = field(repr=False)
    enrolled: tuple[Enrolled, ...]
    receipt: bytes


def open_claim(
    drafts: Sequence[Draft],
    contact: Contact | None,
    *,
    units: Units,
    environment: Environment,
    proofs: ClaimProofs,
) -> OpenedClaim:
    """Open a case with its first references.

    Raises:
        QuotaReached: there are more references than a case without an account may have.
    """
    case = _new_case(environment)
    secret = new_secret(SecretKind.SECRET, environment.random)
    recovery = new_secret(SecretKind.RECOVERY, environment.random)
    access = ClaimAccess(case_id=case.id, secret=proofs.keep(secret), recovery=proofs.keep(recovery))
    with units.write() as unit:
        enrolled, receipt = _write(unit, case, access, drafts, environment)
        if contact is not None:
            unit.claims.keep_contact(case.id, contact, case.opened_at)
        opened = OpenedClaim(case=case, secret=secret, recovery=recovery, enrolled=enrolled, receipt=receipt)
        unit.commit(opened)
    return opened


def _new_case(environment: Environment) -> Case:
    case_id = ids.new_id(ids.CASE, environment.random)
    actor = claim_actor(case_id)
    draft = Case(
        id=case_id,
        tenant_id=actor.tenant_id,
        level=Level.V0,
        state=CaseState.DRAFT,
        opened_at=environment.now(),
        opened_by=actor.credential_id,
    )
    return draft.moved(CaseEvent.SUBMIT, actor).moved(CaseEvent.ACCEPT, None)


def _write(
    unit: UnitOfWork, case: Case, access: ClaimAccess, drafts: Sequence[Draft], environment: Environment
) -> tuple[tuple[Enrolled, ...], bytes]:
    actor = claim_actor(case.id)
    unit.cases.add(case)
    unit.claims.add(access, case.opened_at)
    unit.quotas.take(actor, case.id, cases=1)
    receipt = unit.ledger.append(
        Act.by(actor, LedgerEvent.CASE_OPENED, at=case.opened_at, case_id=case.id)
    ).digest
    enrolled: dict[Media, Enrolled] = {}
    answers: list[Enrolled] = []
    for draft in drafts:
        reference = as_reference(case, draft, environment)
        media = media_of(reference)
        if media in enrolled:  # 3.
            answers.append(duplicate(enrolled[media].reference))
            continue
        enrolled[media] = add_reference(unit, reference, actor, environment)
        answers.append(enrolled[media])
        receipt = enrolled[media].receipt or receipt
    return tuple(answers), receipt
