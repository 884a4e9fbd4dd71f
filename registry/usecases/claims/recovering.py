"""Set a new secret of a case without an account, which its recovery words allow. The old secret ends."""

from dataclasses import dataclass, field

from registry.domain import Act, Actor
from registry.domain.claims import SecretKind, new_secret
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import ClaimProofs, Environment, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """The new secret of a case, which is told once. The recovery words stay.

    Attributes:
        receipt: digest of the ledger entry, 32 bytes.
    """

    case_id: str
    secret: bytes = field(repr=False)
    receipt: bytes


def replace_secret(
    case_id: str, *, actor: Actor, units: Units, environment: Environment, proofs: ClaimProofs
) -> NewSecret:
    """Give the actor's case a new secret, also after its withdrawal: what became of it can still be read.

    Raises:
        NotFound: the actor has no such case.
    """
    actor.require(Permission.CASE_CREATE)
    secret = new_secret(SecretKind.SECRET, environment.random)
    kept = proofs.keep(secret)
    with units.write() as unit:
        case = unit.cases.get(case_id, actor.tenant_id, for_update=True)
        unit.claims.replace_secret(case.id, kept)
        act = Act.by(actor, LedgerEvent.ACCESS_RECOVERED, at=environment.now(), case_id=case.id)
        result = NewSecret(case_id=case.id, secret=secret, receipt=unit.ledger.append(act).digest)
        unit.commit(result)
    return result
