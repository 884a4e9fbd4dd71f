"""Quotas as rows: one for each tenant and key that has registered something, with counts that every write updates.

A write locks the rows of its tenant and key until its commit: on PostgreSQL by reading them, on SQLite as the only
writer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, delete, func, select, update

from registry.domain import Actor, Quota, QuotaDefaults, QuotaStanding, Resource, Role
from registry.domain.claims import CLAIMS_TENANT
from registry.errors import NotFound, QuotaReached, TooManyJobs
from registry.storage.schema import case_uses, credentials, jobs, quotas, references, tenants
from registry.storage.upserts import insert_into


class SqlQuotas:
    """SQL implementation of `registry.ports.Quotas`."""

    def __init__(self, connection: Connection, defaults: QuotaDefaults) -> None:
        self._connection = connection
        self._defaults = defaults

    def take(self, actor: Actor, case_id: str, *, cases: int = 0, references: int = 0) -> None:
        """Count what is written in a case; raise `QuotaReached`."""
        self._require(actor, cases=cases, references=references)
        self._add(actor.tenant_id, cases, references)
        self._add(actor.credential_id, cases, references)
        owned = {"case_id": case_id, "credential_id": actor.credential_id}
        self._insert_missing(case_uses, {**owned, "cases": 0, "references": 0})
        self._connection.execute(
            update(case_uses)
            .where(case_uses.c.case_id == case_id, case_uses.c.credential_id == actor.credential_id)
            .values(
                {
                    case_uses.c.cases: case_uses.c.cases + cases,
                    case_uses.c.references: case_uses.c.references + references,
                }
            )
        )

    def give_back(self, case_id: str, tenant_id: str) -> None:
        """Count a case that is withdrawn, and its references, no more."""
        held = select(func.count()).select_from(references).where(references.c.case_id == case_id)
        self._add(tenant_id, -1, -self._connection.execute(held).scalar_one())
        which = case_uses.c.case_id == case_id
        for row in self._connection.execute(
            select(case_uses).where(which).order_by(case_uses.c.credential_id)
        ):
            self._add(row.credential_id, -row.cases, -row.references)
            if tenant_id == CLAIMS_TENANT:  # the row is the case's own, and names it
                self._connection.execute(delete(quotas).where(quotas.c.owner_id == row.credential_id))
        self._connection.execute(delete(case_uses).where(which))

    def require_room(self, actor: Actor, *, references: int) -> None:
        """Raise `QuotaReached` if so many references could not be written now."""
        self._require(actor, cases=0, references=references)

    def require_job(self, actor: Actor, size: int) -> None:
        """Raise `TooManyJobs` unless one more job with an upload of so many bytes may wait."""
        for owner in self._owners(actor):
            most = _most(self._locked(owner.id), owner.default)
            waiting, held = self._waiting(owner)
            for resource, used, more in ((Resource.JOBS, waiting, 1), (Resource.BYTES, held, size)):
                if used + more > most.of(resource):
                    raise TooManyJobs(_detail(owner.whose, resource, used, most.of(resource)))

    def standing(self, owner_id: str) -> QuotaStanding:
        """Return the quota of a tenant or a key, and what it uses; raise `NotFound`."""
        owner = self._known(owner_id)
        row = self._connection.execute(select(quotas).where(quotas.c.owner_id == owner_id)).one_or_none()
        waiting, held = self._waiting(owner)
        used = Quota(
            references=0 if row is None else row.used_references,
            cases=0 if row is None else row.used_cases,
            jobs=waiting,
            bytes=held,
        )
        return QuotaStanding(owner_id=owner_id, most=_most(row, owner.default), used=used)

    def set(self, owner_id: str, most: Mapping[Resource, int | None]) -> None:
        """Set quotas of a tenant or a key; None sets the default again. Raise `NotFound`."""
        self._known(owner_id)
        self._locked(owner_id)
        if most:
            values = {f"max_{resource.value}": number for resource, number in most.items()}
            self._connection.execute(update(quotas).where(quotas.c.owner_id == owner_id).values(values))

    def _require(self, actor: Actor, *, cases: int, references: int) -> None:
        for owner in self._owners(actor):
            row = self._locked(owner.id)
            most = _most(row, owner.default)
            for resource, used, more in (
                (Resource.CASES, row.used_cases, cases),
                (Resource.REFERENCES, row.used_references, references),
            ):
                if more and used + more > most.of(resource):
                    raise QuotaReached(_detail(owner.whose, resource, used, most.of(resource)))

    def _owners(self, actor: Actor) -> tuple["_Owner", "_Owner"]:
        """Return the actor's tenant and key, in the order in which their rows are locked."""
        if actor.tenant_id == CLAIMS_TENANT:
            return self._tenant(actor.tenant_id), self._claim(actor.credential_id)
        return self._tenant(actor.tenant_id), self._key(actor.credential_id, self._role(actor.credential_id))

    def _tenant(self, tenant_id: str) -> "_Owner":
        return _Owner(whose="tenant", id=tenant_id, default=self._defaults.tenant, of_jobs=jobs.c.tenant_id)

    def _key(self, credential_id: str, role: str | None) -> "_Owner":
        default = self._defaults.of_key(None if role is None else Role(role))
        return _Owner(whose="key", id=credential_id, default=default, of_jobs=jobs.c.credential_id)

    def _claim(self, credential_id: str) -> "_Owner":
        return _Owner(
            whose="case",
            id=credential_id,
            default=self._defaults.claim,
            of_jobs=jobs.c.credential_id,
        )

    def _locked(self, owner_id: str) -> Row[Any]:
        self._insert_missing(quotas, {"owner_id": owner_id, "used_cases": 0, "used_references": 0})
        query = select(quotas).where(quotas.c.owner_id == owner_id).with_for_update()
        return self._connection.execute(query).one()

    def _insert_missing(self, table: Table, values: dict[str, Any]) -> None:
        self._connection.execute(
            insert_into(self._connection.dialect.name, table).values(values).on_conflict_do_nothing()
        )

    def _add(self, owner_id: str, cases: int, held: int) -> None:
        self._connection.execute(
            update(quotas)
            .where(quotas.c.owner_id == owner_id)
            .values(used_cases=quotas.c.used_cases + cases, used_references=quotas.c.used_references + held)
        )

    def _known(self, owner_id: str) -> "_Owner":
        """Return a tenant or a key; raise `NotFound`."""
        query = select(tenants.c.id).where(tenants.c.id == owner_id)
        if self._connection.execute(query).one_or_none() is not None:
            return self._tenant(owner_id)
        role = self._role(owner_id)
        if role is None:
            raise NotFound("There is no such tenant or key.")
        return self._key(owner_id, role)

    def _role(self, owner_id: str) -> str | None:
        query = select(credentials.c.role).where(credentials.c.id == owner_id)
        return self._connection.execute(query).scalar_one_or_none()

    def _waiting(self, owner: "_Owner") -> tuple[int, int]:
        """Return the number of an owner's jobs that have not ended, and the bytes of their uploads."""
        query = select(func.count(), func.coalesce(func.sum(jobs.c.size), 0))
        number, size = self._connection.execute(
            query.where(jobs.c.sealed_key.is_not(None), owner.of_jobs == owner.id)
        ).one()
        return int(number), int(size)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    """A tenant, a key, or a case without an account.

    Attributes:
        whose: "tenant", "key" or "case", as a refusal names it.
        default: its quota where the operator has set no other.
        of_jobs: the column of jobs that names it.
    """

    whose: str
    id: str
    default: Quota
    of_jobs: Column[str]


def _most(row: Row[Any] | None, default: Quota) -> Quota:
    """Return the quota of an owner: what the operator set, otherwise the default."""
    own = {resource.value: getattr(row, f"max_{resource.value}", None) for resource in Resource}
    return Quota(
        **{name: default.of(Resource(name)) if number is None else number for name, number in own.items()}
    )


def _detail(whose: str, resource: Resource, used: int, most: int) -> str:
    return f"This {whose} may have {most} {resource.value} at a time, and has {used}."
