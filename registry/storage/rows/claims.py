"""Secrets and contacts of cases without an account, as rows."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, literal_column, select, true, update

from registry.domain.claims import ClaimAccess, Contact, KeptProof, contact_context
from registry.ports import SubjectSealing
from registry.storage.schema import claim_accesses, claim_contacts

_ONE_ROW: Final = select(literal_column("1").label("one")).subquery("one_row")
_FIND: Final = select(claim_accesses).select_from(
    _ONE_ROW.outerjoin(claim_accesses, claim_accesses.c.case_id == bindparam("case"))
)
"""One row in any case: empty for an unknown case, which must not be told by its time."""


class SqlClaims:
    """SQL implementation of `registry.ports.Claims`."""

    def __init__(self, connection: Connection, sealing: SubjectSealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, access: ClaimAccess) -> None:
        """Add what is kept of the secrets of a new case."""
        self._connection.execute(
            insert(claim_accesses).values(
                case_id=access.case_id,
                **_columns("secret", access.secret),
                **_columns("recovery", access.recovery),
                made_at=access.made_at,
            )
        )

    def find(self, case_id: str) -> ClaimAccess | None:
        """Return what is kept of a case's secrets, or None."""
        row = self._connection.execute(_FIND, {"case": case_id}).one()
        if row.case_id is None:
            return None
        return ClaimAccess(
            case_id=row.case_id,
            secret=_proof(row, "secret"),
            recovery=_proof(row, "recovery"),
            made_at=row.made_at,
        )

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


def _proof(row: Row[Any], name: str) -> KeptProof:
    found = row._mapping  # noqa: SLF001  public, in spite of its name
    return KeptProof(
        salt=bytes(found[f"{name}_salt"]), tag=found[f"{name}_tag"], digest=bytes(found[f"{name}_digest"])
    )
