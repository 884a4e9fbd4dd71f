"""Quotas: how much a tenant and each of its keys may hold at a time."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from registry.domain.roles import Role


@unique
class Resource(StrEnum):
    """What is counted."""

    REFERENCES = "references"
    CASES = "cases"
    JOBS = "jobs"
    """Jobs that have not ended."""
    BYTES = "bytes"
    """Bytes of the uploads of these jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most of each resource, or how much is used of it."""

    references: int
    cases: int
    jobs: int
    bytes: int

    def of(self, resource: Resource) -> int:
        """Return the number of a resource."""
        number: int = getattr(self, resource.value)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaDefaults:
    """The quotas of those for whom the operator has set no other.

    Attributes:
        tenant: of a tenant, over all its keys; also of a key that is no claimant's.
        claimant: of a claimant's key.
        claim: of one case without an account.
    """

    tenant: Quota
    claimant: Quota
    claim: Quota

    def of_key(self, role: Role | None) -> Quota:
        """Return the default of a key. An unknown key gets a claimant's."""
        return self.claimant if role in {Role.CLAIMANT, None} else self.tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaStanding:
    """The quota of a tenant or a key, and what it uses of it."""

    owner_id: str
    most: Quota
    used: Quota


_UNBOUNDED: Final = Quota(references=1 << 60, cases=1 << 60, jobs=1 << 60, bytes=1 << 60)
UNBOUNDED: Final = QuotaDefaults(tenant=_UNBOUNDED, claimant=_UNBOUNDED, claim=_UNBOUNDED)
"""No quotas, for parts that are built without settings."""
