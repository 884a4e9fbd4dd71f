"""Record the subject's consents, in the transaction that stores what they allow.

Whoever registers states that the subject agreed to the keeping of fingerprints; of a likeness, the statement is a field
of its own (`Draft.has_consented`). A consent that says the same as one in force is not recorded again.
"""

from collections.abc import Iterable

from registry.domain import BY_API, Actor, Consent, ConsentPurpose, ConsentStated, Language, ids
from registry.ports import Environment, UnitOfWork
from registry.texts import current_text


def record_consents(
    unit: UnitOfWork,
    case_id: str,
    purposes: Iterable[ConsentPurpose],
    *,
    stated: ConsentStated = BY_API,
    by: Actor | None,
    environment: Environment,
) -> tuple[Consent, ...]:
    """Record the consents that are new, in an open unit of work that has locked the case; return these.

    Args:
        unit: the unit of work.
        case_id: the case.
        purposes: what the subject agreed to.
        stated: how.
        by: whose key records it; None for a subject without a key.
        environment: clock and randomness.
    """
    known = [one for one in unit.consents.of_case(case_id) if one.is_in_force]
    new: list[Consent] = []
    for purpose in purposes:
        consent = Consent(
            id=ids.new_id(ids.CONSENT, environment.random),
            case_id=case_id,
            purpose=purpose,
            text=current_text(purpose, Language.EN).version,
            stated=stated,
            given_at=environment.now(),
            recorded_by=None if by is None else by.credential_id,
        )
        if not any(one.says_the_same(consent) for one in (*known, *new)):
            unit.consents.add(consent)
            new.append(consent)
    return tuple(new)
