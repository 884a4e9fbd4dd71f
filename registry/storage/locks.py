"""Locks on objects that have no row yet. SQLite needs none, because there is one writer at a time."""

import hashlib

from sqlalchemy import Connection, text


def lock_until_commit(connection: Connection, *names: bytes) -> None:
    """Wait until no other transaction holds a lock on the same names, and hold it until the commit.

    On PostgreSQL this is an advisory lock. Without it, two simultaneous registrations of the same media would both
    find nothing registered, and both would register it.
    """
    if connection.dialect.name != "postgresql":
        return
    digest = hashlib.blake2b(b"\0".join(names), digest_size=8, person=b"takedown lock").digest()
    key = int.from_bytes(digest, "big", signed=True)
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
