"""Secrets and contacts of cases without an account, as rows."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    true,
    update,
)

from registry.domain.claims import ClaimAccess, Contact, KeptProof, contact_context
from registry.ports import SubjectSealing
from registry.storage.schema import claim_accesses, claim_contacts

_SECRETS: Final = ("secret", "recovery")
_ONE_ROW: Final = select(literal_column("1").label("one")).subquery("one_row")
_FIND: Final = select(
    claim_accesses.c.case_id,
    *(
        func.coalesce(
            claim_accesses.c[f"{secret}_{part}"], literal(nothing, claim_accesses.c[f"{secret}_{part}"].type)
        )
        for secret in _SECRETS
        for part, nothing in (("salt", bytes(16)), ("tag", 0), ("digest", bytes(32)))
    ),
).select_from(_ONE_ROW.outerjoin(claim_accesses, claim_accesses.c.case_id == bindparam("case")))
"""One row of the same size in any case: an unknown case must not be told by its time."""


class SqlClaims:
    """SQL implementation of `registry.ports.Claims`."""

    def __init__(self, connection: Connection, sealing: SubjectSealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, access: ClaimAccess, at: datetime) -> None:
        """Add what is kept of the secrets of a new case."""
        self._connection.execute(
            insert(claim_accesses).values(
                case_id=access.case_id,
                **_columns("secret", access.secret),
                **_columns("recovery", access.recovery),
                made_at=at,
            )
        )

    def find(self, case_id: str) -> ClaimAccess | None:
        """Return what is kept of a case's secrets, or None."""
        found, *columns = self._connection.execute(_FIND, {"case": case_id}).one()
        access = ClaimAccess(
            case_id=case_id, secret=_proof(*columns[:3]), recovery=_proof(*columns[3:])
        )  # made in both cases
        return access if found is not None else None

    def replace_secret(self, case_id: str, secret: KeptProof) -> None:
        """Replace what is kept of a case's secret."""
        self._connection.execute(
            update(claim_accesses)
            .where(claim_accesses.c.case_id == case_id)
            .values(_columns("secret", secret))
        )

    def keep_contact(self, case_id: str, contact: Contact, at: datetime) -> None:
        """Seal a contact under a new key, in place of an earlier one."""
        self.forget_contact(case_id)
        context = contact_context(case_id)
        sealed_key = self._sealing.make_key(context)
        sealed = self._sealing.open_key(sealed_key, context).seal(contact.pack(), context)
        self._connection.execute(
            insert(claim_contacts).values(case_id=case_id, sealed_key=sealed_key, sealed=sealed, kept_at=at)
        )

    def contact(self, case_id: str) -> Contact | None:
        """Return the contact of a case, or None; raise `SealBroken`."""
        query = select(claim_contacts).where(claim_contacts.c.case_id == case_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        context = contact_context(case_id)
        return Contact.unpack(
            self._sealing.open_key(bytes(row.sealed_key), context).unseal(bytes(row.sealed), context)
        )

    def has_contact(self, case_id: str) -> bool:
        """Return whether there is a contact, without opening it."""
        query = select(true()).where(claim_contacts.c.case_id == case_id)
        return self._connection.execute(query).one_or_none() is not None

    def forget_contact(self, case_id: str) -> bool:
        """Delete a contact and its key; return whether there was one."""
        gone = self._connection.execute(delete(claim_contacts).where(claim_contacts.c.case_id == case_id))
        return gone.rowcount > 0


def _columns(name: str, kept: KeptProof) -> dict[str, Any]:
    return {f"{name}_salt": kept.salt, f"{name}_tag": kept.tag, f"{name}_digest": kept.digest}


def _proof(salt: bytes, tag: int, digest: bytes) -> KeptProof:
    return KeptProof(salt=bytes(salt), tag=tag, digest=bytes(digest))
