"""The database, which is the truth: SQLAlchemy Core on embedded SQLite or PostgreSQL. Rows never leave this package."""

from registry.storage import migrate
from registry.storage.database import Database, Durability
from registry.storage.journal_file import WithdrawalJournalFile
from registry.storage.migrate import REGISTRY, version_table
from registry.storage.publication import CheckpointFile
from registry.storage.reserve import Reserve

__all__ = [
    "REGISTRY",
    "CheckpointFile",
    "Database",
    "Durability",
    "Reserve",
    "WithdrawalJournalFile",
    "migrate",
    "version_table",
]
