"""Units of work over one connection each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection

from registry.domain import UNBOUNDED, QuotaDefaults, Withdrawal
from registry.ports import (
    Acknowledge,
    BenignPictures,
    CaseLabels,
    CaseLinks,
    Cases,
    Challenges,
    Checkpoints,
    Claims,
    Consents,
    Credentials,
    Decisions,
    Erasures,
    Journals,
    Ledger,
    Mandates,
    Quarantines,
    Quotas,
    References,
    Retention,
    SubjectSealing,
    UnitOfWork,
    Verifications,
    Votes,
    WithdrawalJournal,
)
from registry.storage.codes import SqlFaces, number_changes
from registry.storage.database import Database
from registry.storage.reserve import Reserve
from registry.storage.rows.acknowledgements import SqlAcknowledgements
from registry.storage.rows.benign import SqlBenignPictures
from registry.storage.rows.case_links import SqlCaseLinks
from registry.storage.rows.cases import SqlCases
from registry.storage.rows.challenges import SqlChallenges
from registry.storage.rows.checkpoints import SqlCheckpoints
from registry.storage.rows.claims import SqlClaims
from registry.storage.rows.consents import SqlConsents
from registry.storage.rows.credentials import SqlCredentials
from registry.storage.rows.decisions import SqlDecisions
from registry.storage.rows.erasures import SqlErasures
from registry.storage.rows.jobs import SqlJobs
from registry.storage.rows.journals import SqlJournals
from registry.storage.rows.labels import SqlCaseLabels
from registry.storage.rows.ledger import SqlLedger
from registry.storage.rows.mandates import SqlMandates
from registry.storage.rows.quarantines import SqlQuarantines
from registry.storage.rows.quotas import SqlQuotas
from registry.storage.rows.references import SqlReferences
from registry.storage.rows.retention import SqlRetention
from registry.storage.rows.takedowns import SqlTakedowns
from registry.storage.rows.verifications import SqlVerifications
from registry.storage.rows.votes import SqlVotes
from registry.storage.schema import tables

if TYPE_CHECKING:
    from registry.ports import Jobs, Takedowns, Templates


class SqlUnit:
    """SQL implementation of `registry.ports.UnitOfWork`."""

    def __init__(self, connection: Connection, units: "SqlUnits") -> None:
        self.cases: Cases = SqlCases(connection)
        self.links: CaseLinks = SqlCaseLinks(connection)
        self.labels: CaseLabels = SqlCaseLabels(connection)
        self.verifications: Verifications = SqlVerifications(connection)
        self.consents: Consents = SqlConsents(connection)
        self.mandates: Mandates = SqlMandates(connection)
        self.references: References = SqlReferences(connection, units.sealing)
        self.challenges: Challenges = SqlChallenges(connection)
        self.claims: Claims = SqlClaims(connection, units.sealing)
        self.ledger: Ledger = SqlLedger(connection)
        self.checkpoints: Checkpoints = SqlCheckpoints(connection)
        self.retention: Retention = SqlRetention(connection)
        self.erasures: Erasures = SqlErasures(connection)
        self.journal: WithdrawalJournal = units.journal
        self.journals: Journals = SqlJournals(connection)
        self.credentials: Credentials = SqlCredentials(connection)
        self.decisions: Decisions = SqlDecisions(connection)
        self.votes: Votes = SqlVotes(connection)
        self.benign: BenignPictures = SqlBenignPictures(connection)
        self.quarantines: Quarantines = SqlQuarantines(connection)
        self.quotas: Quotas = SqlQuotas(connection, units.quotas)
        self.jobs: Jobs = SqlJobs(connection, units.sealing)
        self.templates: Templates = SqlFaces(connection, units.sealing)
        self.takedowns: Takedowns = SqlTakedowns(connection, units.sealing)
        self._connection = connection
        self._units = units

    def commit(self, result: object = None) -> None:
        """Commit, with the answer if the request is idempotent."""
        if self._units.acknowledge is not None:
            answer = self._units.acknowledge(result)
            self._units.acknowledgements.write(self._connection, answer)
        if self._connection.dialect.name == "sqlite":
            # With one writer at a time, positions follow the order of commits.
            number_changes(self._connection)
        self._connection.commit()


class NoJournal:
    """A journal that keeps nothing, for units of work beside a registry's own, as bulk commands and tests make them."""

    def add(self, withdrawal: Withdrawal) -> bool:  # noqa: ARG002
        """Return that nothing is on the disk."""
        return False


class SqlUnits:
    """SQL implementation of `registry.ports.Units`."""

    def __init__(
        self,
        database: Database,
        sealing: SubjectSealing,
        acknowledge: Acknowledge | None = None,
        *,
        reserve: Reserve | None = None,
        quotas: QuotaDefaults = UNBOUNDED,
        journal: WithdrawalJournal | None = None,
    ) -> None:
        self._database = database
        self._reserve = reserve
        self.sealing = sealing
        self.quotas = quotas
        self.journal: WithdrawalJournal = journal or NoJournal()
        self.acknowledge = acknowledge
        self._acknowledgements = SqlAcknowledgements(database, tables.acknowledgements)

    @property
    def acknowledgements(self) -> SqlAcknowledgements:
        """The idempotent answers that are stored beside the registry's rows."""
        return self._acknowledgements

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Return units whose commits also store the answer."""
        return type(self)(
            self._database,
            self.sealing,
            acknowledge,
            reserve=self._reserve,
            quotas=self.quotas,
            journal=self.journal,
        )

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Open a transaction that may write."""
        with self._database.write() as connection:
            yield SqlUnit(connection, self)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open a transaction that only reads."""
        with self._database.read() as connection:
            yield SqlUnit(connection, self)

    def release_room(self) -> bool:
        """Give back some of the room that is kept for withdrawals; return False if there is none left."""
        return self._reserve is not None and self._reserve.release()
