"""Migrations wait for their turn much longer than requests do, and leave the connections as they were."""

import os
import sqlite3
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from registry.errors import StorageUnavailable
from registry.storage import database, migrate

HASTY_MS = 20
HELD_S = 0.3


@contextmanager
def _held(databases):
    """Keeps other writers, or on PostgreSQL other migrations, waiting; yields what ends that."""
    if databases.registry.is_sqlite:
        holder = sqlite3.connect(databases.location.registry, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        yield lambda: holder.execute("ROLLBACK")
        holder.close()
    else:
        with databases.registry.engine.connect() as holder:
            holder.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": migrate._LOCK})
            yield holder.rollback


def _waiting_time_ms(databases):
    """Returns how long the pooled connection that migrated waits, in milliseconds."""
    engine = databases.registry.engine
    assert engine.pool.checkedin() == 1
    with engine.connect() as connection:
        if databases.registry.is_sqlite:
            return connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        setting = text("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'")
        return int(connection.execute(setting).scalar_one())


@pytest.fixture
def hasty(databases, monkeypatch):
    """The same databases, opened by a program that waits for its turn a moment only."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", HASTY_MS)
    opened = databases.another()
    yield opened
    opened.close()


def test_a_migration_outwaits_what_a_request_does_not(databases, hasty):
    """A migration succeeds after a lock that is held for longer than a request waits; the connection stays hasty."""
    with _held(databases) as release:
        timer = threading.Timer(HELD_S, release)
        timer.start()
        migrate.upgrade(hasty.registry, hasty.checks, os.urandom)
        timer.join()
    assert _waiting_time_ms(hasty) == HASTY_MS


def test_a_migration_waits_no_longer_than_its_patience(databases, hasty, monkeypatch):
    """A lock that stays is told as a lock, and the connection stays hasty."""
    for module in (database, migrate):
        monkeypatch.setattr(module, "PATIENCE_MS", 2 * HASTY_MS)
    with _held(databases) as release:
        with pytest.raises(StorageUnavailable, match="The database is locked"):
            migrate.upgrade(hasty.registry, hasty.checks, os.urandom)
        release()
    assert _waiting_time_ms(hasty) == HASTY_MS


def test_a_new_file_that_cannot_be_opened_is_not_waited_for(empty_sqlite):
    """Only a locked file is waited for: a missing folder is told at once, and as what it is."""
    path = empty_sqlite.registry.path
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        empty_sqlite.registry.ping()
