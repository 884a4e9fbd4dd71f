"""Revoke an API key. After the commit no worker accepts it."""

from registry.domain import Act, Actor
from registry.events import LedgerEvent
from registry.permissions import Permission
from registry.ports import Environment, Units


def revoke_credential(credential_id: str, *, actor: Actor, units: Units, environment: Environment) -> None:
    """Revoke a credential. Revoking it again changes nothing.

    Raises:
        NotPermitted: the actor may not manage credentials.
        NotFound: the credential does not exist.
    """
    actor.require(Permission.CREDENTIAL_MANAGE)
    now = environment.now()
    with units.write() as unit:
        if unit.credentials.get(credential_id).revoked_at is None:
            unit.credentials.revoke(credential_id, now)
            unit.ledger.append(
                Act.by(
                    actor,
                    LedgerEvent.CREDENTIAL_REVOKED,
                    at=now,
                )
            )
        unit.commit()
