"""Quotas as rows: one for each tenant and key that has registered something, with counts that every write updates.

A write locks the rows of its tenant and key until its commit: on PostgreSQL by reading them, on SQLite as the only
writer.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.domain import Actor, Quota, QuotaDefaults, QuotaStanding, Resource, Role
from registry.errors import NotFound, QuotaReached, TooManyJobs
from registry.storage.schema import case_uses, credentials, jobs, quotas, references, tenants

_WHOSE: Final = ("tenant", "key")


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
        self._connection.execute(delete(case_uses).where(which))

    def require_room(self, actor: Actor, *, references: int) -> None:
        """Raise `QuotaReached` if so many references could not be written now."""
        self._require(actor, cases=0, references=references)

    def require_job(self, actor: Actor, size: int) -> None:
        """Raise `TooManyJobs` unless one more job with an upload of so many bytes may wait."""
        for whose, standing in self._standings(actor):
            for resource, more in ((Resource.JOBS, 1), (Resource.BYTES, size)):
                most, used = standing.most.of(resource), standing.used.of(resource)
                if used + more > most:
                    raise TooManyJobs(_detail(whose, resource, used, most))

    def standing(self, owner_id: str) -> QuotaStanding:
        """Return the quota of a tenant or a key, and what it uses; raise `NotFound`."""
        self._require_known(owner_id)
        row = self._connection.execute(select(quotas).where(quotas.c.owner_id == owner_id)).one_or_none()
        return self._standing(owner_id, row)

    def set(self, owner_id: str, most: Mapping[Resource, int | None]) -> None:
        """Set quotas of a tenant or a key; None sets the default again. Raise `NotFound`."""
        self._require_known(owner_id)
        self._locked(owner_id)
        if most:
            values = {f"max_{resource.value}": number for resource, number in most.items()}
            self._connection.execute(update(quotas).where(quotas.c.owner_id == owner_id).values(values))

    def _require(self, actor: Actor, *, cases: int, references: int) -> None:
        for whose, standing in self._standings(actor):
            for resource, more in ((Resource.CASES, cases), (Resource.REFERENCES, references)):
                most, used = standing.most.of(resource), standing.used.of(resource)
                if more and used + more > most:
                    raise QuotaReached(_detail(whose, resource, used, most))

    def _standings(self, actor: Actor) -> list[tuple[str, QuotaStanding]]:
        """Return the standings of the actor's tenant and key, and lock their rows."""
        owners = (actor.tenant_id, actor.credential_id)
        return [
            (whose, self._standing(owner, self._locked(owner)))
            for whose, owner in zip(_WHOSE, owners, strict=True)
        ]

    def _locked(self, owner_id: str) -> Row[Any]:
        self._insert_missing(quotas, {"owner_id": owner_id, "used_cases": 0, "used_references": 0})
        query = select(quotas).where(quotas.c.owner_id == owner_id).with_for_update()
        return self._connection.execute(query).one()

    def _insert_missing(self, table: Any, values: dict[str, Any]) -> None:
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        self._connection.execute(dialect.insert(table).values(values).on_conflict_do_nothing())

    def _add(self, owner_id: str, cases: int, held: int) -> None:
        self._connection.execute(
            update(quotas)
            .where(quotas.c.owner_id == owner_id)
            .values(used_cases=quotas.c.used_cases + cases, used_references=quotas.c.used_references + held)
        )

    def _standing(self, owner_id: str, row: Row[Any] | None) -> QuotaStanding:
        default, owner = self._owner(owner_id)
        waiting, size = self._waiting(owner, owner_id)
        used = Quota(
            references=0 if row is None else row.used_references,
            cases=0 if row is None else row.used_cases,
            jobs=waiting,
            bytes=size,
        )
        most = {
            resource.value: default.of(resource)
            if (number := getattr(row, f"max_{resource.value}", None)) is None
            else number
            for resource in Resource
        }
        return QuotaStanding(owner_id=owner_id, most=Quota(**most), used=used)

    def _owner(self, owner_id: str) -> tuple[Quota, Column[str]]:
        """Return the default of a tenant or a key, and the column of jobs that names it."""
        if self._is_tenant(owner_id):
            return self._defaults.tenant, jobs.c.tenant_id
        role = self._role(owner_id)
        return self._defaults.of_key(None if role is None else Role(role)), jobs.c.credential_id

    def _require_known(self, owner_id: str) -> None:
        if not self._is_tenant(owner_id) and self._role(owner_id) is None:
            raise NotFound("There is no such tenant or key.")

    def _is_tenant(self, owner_id: str) -> bool:
        query = select(tenants.c.id).where(tenants.c.id == owner_id)
        return self._connection.execute(query).one_or_none() is not None

    def _role(self, owner_id: str) -> str | None:
        query = select(credentials.c.role).where(credentials.c.id == owner_id)
        return self._connection.execute(query).scalar_one_or_none()

    def _waiting(self, owner: Column[str], owner_id: str) -> tuple[int, int]:
        """Return the number of an owner's jobs that have not ended, and the bytes of their uploads."""
        query = select(func.count(), func.coalesce(func.sum(jobs.c.size), 0))
        number, size = self._connection.execute(
            query.where(jobs.c.sealed_key.is_not(None), owner == owner_id)
        ).one()
        return int(number), int(size)


def _detail(whose: str, resource: Resource, used: int, most: int) -> str:
    return f"This {whose} may have {most} {resource.value} at a time, and has {used}."
