"""Answers to idempotent requests as rows, written in the transaction that they acknowledge."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from registry.errors import AlreadyAcknowledged
from registry.ports import Acknowledged
from registry.storage.database import Database

KEPT_FOR: Final = timedelta(hours=24)
"""Time for which an answer is kept, as Stripe documents it. Afterwards the same key is a new request."""


class SqlAcknowledgements:
    """SQL implementation of `registry.ports.Acknowledgements` over one of the two tables."""

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table

    def find(self, tenant_id: str, key_hmac: bytes, now: datetime) -> Acknowledged | None:
        """Return the answer stored under a key, unless it is older than 24 hours."""
        query = select(self._table).where(
            self._table.c.tenant_id == tenant_id,
            self._table.c.key_hmac == key_hmac,
            self._table.c.created_at > now - KEPT_FOR,
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Acknowledged(
            tenant_id=row.tenant_id,
            key_hmac=bytes(row.key_hmac),
            request_hmac=bytes(row.request_hmac),
            status=row.status,
            body=bytes(row.body),
            created_at=row.created_at,
        )

    def keep(self, answer: Acknowledged) -> None:
        """Store an answer in a transaction of its own; raise `AlreadyAcknowledged`."""
        with self._database.write() as connection:
            self.write(connection, answer)
            connection.commit()

    def write(self, connection: Connection, answer: Acknowledged) -> None:
        """Store an answer in an open transaction, and delete answers that are too old; raise `AlreadyAcknowledged`."""
        connection.execute(
            delete(self._table).where(self._table.c.created_at <= answer.created_at - KEPT_FOR)
        )
        row = {
            "tenant_id": answer.tenant_id,
            "key_hmac": answer.key_hmac,
            "request_hmac": answer.request_hmac,
            "status": answer.status,
            "body": answer.body,
            "created_at": answer.created_at,
        }
        try:
            connection.execute(insert(self._table).values(row))
        except IntegrityError:
            raise AlreadyAcknowledged from None
