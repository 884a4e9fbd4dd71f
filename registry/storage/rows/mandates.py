"""Mandates as rows."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from index.verdict import ReferenceKind
from registry.domain import REMINDERS_DAYS, Mandate, MandateScope, MandateState
from registry.errors import NotFound
from registry.storage.schema import mandates

_CONFIRMED: Final = mandates.c.state == MandateState.CONFIRMED.value


class SqlMandates:
    """SQL implementation of `registry.ports.Mandates`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, mandate: Mandate) -> None:
        """Add a new mandate."""
        self._connection.execute(
            insert(mandates).values(
                id=mandate.id,
                case_id=mandate.case_id,
                tenant_id=mandate.tenant_id,
                proposed_by=mandate.proposed_by,
                kinds=" ".join(sorted(kind.value for kind in mandate.scope.kinds)),
                platforms=" ".join(mandate.scope.platforms),
                takedown_notices=mandate.scope.takedown_notices,
                proposed_at=mandate.proposed_at,
                **_standing(mandate),
            )
        )

    def get(self, mandate_id: str) -> Mandate:
        """Return a mandate; raise `NotFound`."""
        row = self._connection.execute(select(mandates).where(mandates.c.id == mandate_id)).one_or_none()
        if row is None:
            raise NotFound
        return _mandate(row)

    def of_case(self, case_id: str) -> tuple[Mandate, ...]:
        """Return the mandates of a case, in the order in which they were proposed."""
        query = select(mandates).where(mandates.c.case_id == case_id)
        query = query.order_by(mandates.c.proposed_at, mandates.c.id)
        return tuple(_mandate(row) for row in self._connection.execute(query))

    def of_tenant(self, tenant_id: str, expires_before: datetime, limit: int) -> tuple[Mandate, ...]:
        """Return the tenant's confirmed mandates that expire before a time, the first to expire first."""
        query = select(mandates).where(
            _CONFIRMED, mandates.c.tenant_id == tenant_id, mandates.c.expires_at < expires_before
        )
        query = query.order_by(mandates.c.expires_at, mandates.c.id).limit(limit)
        return tuple(_mandate(row) for row in self._connection.execute(query))

    def save(self, mandate: Mandate) -> None:
        """Write state, times and reminders of a mandate."""
        self._connection.execute(
            update(mandates).where(mandates.c.id == mandate.id).values(_standing(mandate))
        )

    def keep_secret(self, mandate_id: str, digest: bytes) -> None:
        """Keep the digest of the subject's secret."""
        self._connection.execute(
            update(mandates).where(mandates.c.id == mandate_id).values(secret_hmac=digest)
        )

    def secret(self, mandate_id: str) -> bytes | None:
        """Return the digest of the subject's secret, or None."""
        query = select(mandates.c.secret_hmac).where(mandates.c.id == mandate_id)
        found = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def due(self, before: datetime, limit: int) -> tuple[Mandate, ...]:
        """Return confirmed mandates of all tenants that expire before a time, the first to expire first."""
        query = select(mandates).where(_CONFIRMED, mandates.c.expires_at <= before)
        query = query.order_by(mandates.c.expires_at, mandates.c.id).limit(limit)
        return tuple(_mandate(row) for row in self._connection.execute(query))

    def unreminded(self, now: datetime, limit: int) -> tuple[Mandate, ...]:
        """Return confirmed mandates of which a reminder is due and not made, the most urgent first."""
        reminded = mandates.c.reminded_days
        waiting = or_(
            *(
                and_(
                    mandates.c.expires_at <= now + timedelta(days=days),
                    or_(reminded.is_(None), reminded > days),
                )
                for days in REMINDERS_DAYS
            )
        )
        query = select(mandates).where(_CONFIRMED, mandates.c.expires_at > now, waiting)
        query = query.order_by(mandates.c.expires_at, mandates.c.id).limit(limit)
        return tuple(_mandate(row) for row in self._connection.execute(query))

    def expiring(self, now: datetime) -> dict[int, int]:
        """Return, by days of the reminders, the number of confirmed mandates that expire within them."""
        return {
            days: self._connection.execute(
                select(func.count())
                .select_from(mandates)
                .where(_CONFIRMED, mandates.c.expires_at <= now + timedelta(days=days))
            ).scalar_one()
            for days in REMINDERS_DAYS
        }

    def forget(self, case_id: str) -> None:
        """Delete the mandates of a case."""
        self._connection.execute(delete(mandates).where(mandates.c.case_id == case_id))


def _standing(mandate: Mandate) -> dict[str, Any]:
    return {
        "expires_at": mandate.expires_at,
        "state": mandate.state.value,
        "starts_at": mandate.starts_at,
        "confirmed_by": mandate.confirmed_by,
        "ended_at": mandate.ended_at,
        "reminded_days": mandate.reminded_days,
    }


def _mandate(row: Row[Any]) -> Mandate:
    return Mandate(
        id=row.id,
        case_id=row.case_id,
        tenant_id=row.tenant_id,
        proposed_by=row.proposed_by,
        scope=MandateScope(
            kinds=frozenset(ReferenceKind(kind) for kind in row.kinds.split()),
            platforms=tuple(row.platforms.split()),
            takedown_notices=row.takedown_notices,
        ),
        expires_at=row.expires_at,
        state=MandateState(row.state),
        proposed_at=row.proposed_at,
        starts_at=row.starts_at,
        confirmed_by=row.confirmed_by,
        ended_at=row.ended_at,
        reminded_days=row.reminded_days,
    )
