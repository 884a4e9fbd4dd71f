"""The withdrawal journal of a deployment."""

import os
from functools import partial

from registry.bootstrap.databases import Databases
from registry.config import Settings
from registry.events import LogEvent
from registry.security import DigestPurpose, Keys, ServiceLog
from registry.storage import WithdrawalJournalFile, migrate


def withdrawal_journal(
    settings: Settings, databases: Databases, keys: Keys, log: ServiceLog
) -> tuple[str, WithdrawalJournalFile]:
    """Return the id of the registry's data, and its journal. A journal that cannot be written is logged."""
    registry_id = migrate.registry_id(databases.registry)
    journal = WithdrawalJournalFile(
        settings.journal_file,
        registry_id,
        partial(keys.digest, DigestPurpose.WITHDRAWAL_JOURNAL),
        os.urandom,
        report=partial(log.failed, LogEvent.JOURNAL_UNWRITTEN),
    )
    return registry_id, journal
