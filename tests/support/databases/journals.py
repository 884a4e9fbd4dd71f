"""A registry with a withdrawal journal beside it, as a deployment has."""

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from index.verdict.vocabulary import Level
from registry.domain.case import Case
from registry.security.keys import DigestPurpose, Keys
from registry.storage import migrate
from registry.storage.journal_file import WithdrawalJournalFile
from registry.storage.rows.units import SqlUnits
from registry.usecases.cases.journaling import JournalKeeper
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import ALICE, SEALER, Clock, Databases, environment, seen_draft

MAC = partial(Keys(b"the pepper of these tests, 32 b.").digest, DigestPurpose.WITHDRAWAL_JOURNAL)


@dataclass
class Journaled:
    """Databases with a journal; `failures` has what the journal reported."""

    databases: Databases
    path: Path
    clock: Clock = field(default_factory=Clock)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        registry_id = migrate.registry_id(self.databases.registry)
        self.journal = WithdrawalJournalFile(
            self.path, registry_id, MAC, os.urandom, lambda error: self.failures.append(type(error).__name__)
        )
        self.units = SqlUnits(self.databases.registry, SEALER, journal=self.journal)
        self.keeper = JournalKeeper(
            units=self.units,
            journal=self.journal,
            environment=environment(self.clock),
            registry_id=registry_id,
        )

    def opens(self, seed: object) -> str:
        """Opens a case with a picture."""
        around = {"actor": ALICE, "units": self.units, "environment": environment(self.clock)}
        return open_case(Level.V0, seen_draft(seed), **around).case.id

    def withdraws(self, case_id: str) -> None:
        """Withdraws a case."""
        withdraw(case_id, actor=ALICE, units=self.units, environment=environment(self.clock))

    def case(self, case_id: str) -> Case:
        """Reads a case."""
        with self.units.read() as unit:
            return unit.cases.get(case_id, ALICE.tenant_id)

    def journaled(self) -> list[str]:
        """Reads the ids that the journal names."""
        read = self.journal.read()
        return [] if read is None else [line.withdrawal.id for line in read[2]]
