"""Locks on things that have no row yet. SQLite needs none: there is one writer at a time."""

import hashlib

from sqlalchemy import Connection, text


def lock_until_commit(connection: Connection, *names: bytes) -> None:
    """Waits for its turn among the transactions that name the same thing; on PostgreSQL an advisory lock.

    Two claims of the same media at once would both find nothing registered, and both register it.
    """
    if connection.dialect.name != "postgresql":
        return
    digest = hashlib.blake2b(b"\0".join(names), digest_size=8, person=b"takedown lock").digest()
    key = int.from_bytes(digest, "big", signed=True)
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
