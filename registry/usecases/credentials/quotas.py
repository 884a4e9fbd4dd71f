"""Read and set the quotas of a tenant or a key."""

from collections.abc import Mapping

from registry.domain import Actor, QuotaStanding, Resource
from registry.permissions import Permission
from registry.ports import Units


def read_quota(owner_id: str, *, actor: Actor, units: Units) -> QuotaStanding:
    """Return the quota of a tenant or a key and what it uses; raise `NotPermitted` or `NotFound`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    with units.read() as unit:
        return unit.quotas.standing(owner_id)


def set_quota(
    owner_id: str, most: Mapping[Resource, int | None], *, actor: Actor, units: Units
) -> QuotaStanding:
    """Set quotas of a tenant or a key, and return its standing. None sets the deployment's default again.

    A quota below what is used refuses nothing that exists, and allows no more.

    Raises:
        NotPermitted: the actor may not manage credentials.
        NotFound: there is no such tenant or key.
    """
    actor.require(Permission.CREDENTIAL_MANAGE)
    with units.write() as unit:
        unit.quotas.set(owner_id, most)
        standing = unit.quotas.standing(owner_id)
        unit.commit(standing)
    return standing
