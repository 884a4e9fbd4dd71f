"""List the credentials of the deployment, without secrets."""

from registry.domain import Actor, Credential
from registry.permissions import Permission
from registry.ports import Units


def list_credentials(*, actor: Actor, units: Units) -> tuple[Credential, ...]:
    """Return all credentials, oldest first; raise `NotPermitted`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    with units.read() as unit:
        return unit.credentials.all()
