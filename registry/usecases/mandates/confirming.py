"""Confirm a mandate, after the subject was heard through a channel that does not lead through the agent.

1. The one who confirms is neither the agent's key nor the opener of the case.
2. The subject's consents are recorded, as given through a separate channel: to fingerprints, and to the likeness if the
   mandate covers it.
3. A new secret is made for the subject. It is told once, to whoever confirms, who hands it to her. Only its keyed
   digest is kept. Confirming again makes another secret, for a subject who lost hers.
4. A case that had expired is in effect again.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from index.verdict import ReferenceKind
from registry.domain import (
    Act,
    Actor,
    Case,
    CaseState,
    ConsentPurpose,
    ConsentStated,
    ConsentWay,
    Language,
    Mandate,
    confirmed,
    is_disputed,
    renew,
    secret_message,
)
from registry.errors import CaseWithdrawn, NotFound, OwnCase
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, UnitOfWork, Units
from registry.usecases.enrolment import record_consents

SECRET_BYTES: Final = 20
"""Random bytes of a subject's secret: 160 bits, written as 32 letters and digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A confirmed mandate.

    Attributes:
        secret: the subject's secret, which is told here only.
    """

    mandate: Mandate
    case: Case
    secret: str = field(repr=False)


def confirm_mandate(
    mandate_id: str,
    language: Language,
    *,
    actor: Actor,
    units: Units,
    environment: Environment,
    digest: Callable[[bytes], bytes],
) -> Confirmed:
    """Confirm a mandate of the actor's tenant.

    Args:
        mandate_id: the mandate.
        language: the language of the texts to which the subject agreed.
        actor: who has heard the subject.
        units: the source of units of work.
        environment: clock and randomness.
        digest: the keyed digest of a subject's secret.

    Raises:
        NotPermitted: the actor may not verify.
        NotFound: no such mandate of this tenant.
        OwnCase: the actor has proposed the mandate or opened the case.
        StateForbids: the mandate has ended.
        CaseWithdrawn: the case has ended.
    """
    actor.require(Permission.CASE_VERIFY)
    secret = base64.b32encode(environment.random(SECRET_BYTES)).decode("ascii").lower()
    with units.write() as unit:
        found = unit.mandates.get(mandate_id)
        if found.tenant_id != actor.tenant_id:
            raise NotFound
        case = unit.cases.get(found.case_id, found.tenant_id, for_update=True)
        found = unit.mandates.get(mandate_id)  # as it is now that the case is locked
        if actor.credential_id in {case.opened_by, found.proposed_by}:  # 1.
            raise OwnCase("Somebody else than the agent confirms a mandate: use a verifier's key.")
        if case.withdrawn_at is not None:
            raise CaseWithdrawn
        result = _confirmed(unit, case, found, language, secret=secret, actor=actor, environment=environment)
        unit.mandates.keep_secret(found.id, digest(secret_message(found.id, secret)))  # 3.
        unit.commit()
    return result


def _confirmed(
    unit: UnitOfWork,
    case: Case,
    mandate: Mandate,
    language: Language,
    *,
    secret: str,
    actor: Actor,
    environment: Environment,
) -> Confirmed:
    now = environment.now()
    mandate = confirmed(mandate, actor.credential_id, now)
    unit.mandates.save(mandate)
    stated = ConsentStated(language=language, way=ConsentWay.SEPARATE_CHANNEL)
    record_consents(  # 2.
        unit, case.id, _purposes(mandate), stated=stated, by=actor, environment=environment
    )
    unit.ledger.append(
        Act.by(actor, LedgerEvent.MANDATE_CONFIRMED, at=now, case_id=case.id, detail=mandate.id)
    )
    if case.state is CaseState.EXPIRED:  # 4.
        case = renew(case, actor, is_disputed=is_disputed(unit.challenges.of_case(case.id), None))
        unit.cases.save(case)
        unit.ledger.append(Act.by(actor, LedgerEvent.CASE_RENEWED, at=now, case_id=case.id))
    return Confirmed(mandate=mandate, case=case, secret=secret)


def _purposes(mandate: Mandate) -> tuple[ConsentPurpose, ...]:
    has_face = ReferenceKind.LIKENESS in mandate.scope.kinds
    return (ConsentPurpose.FINGERPRINTS, *((ConsentPurpose.LIKENESS,) if has_face else ()))
