"""The port for transactions: units of work. `registry.storage` implements it.

Errors: `StorageUnavailable` when the database is locked or unreachable, `StorageFull` when the disk is full. Nothing
was written then.
Threads: `Units` may be used from any thread. A `UnitOfWork` belongs to the thread that opened it.
"""

from contextlib import AbstractContextManager
from typing import Protocol, Self

from registry.ports.acknowledgements import Acknowledge, Acknowledgements
from registry.ports.benign import BenignPictures
from registry.ports.cases import CaseLinks, Cases, References, Verifications
from registry.ports.challenges import Challenges
from registry.ports.checks import Decisions
from registry.ports.claims import Claims
from registry.ports.consents import Consents
from registry.ports.credentials import Credentials
from registry.ports.erasures import Erasures
from registry.ports.jobs import Jobs
from registry.ports.journal import Journals, WithdrawalJournal
from registry.ports.judging import Quarantines, Votes
from registry.ports.labels import CaseLabels
from registry.ports.ledger import Checkpoints, Ledger
from registry.ports.mandates import Mandates
from registry.ports.quotas import Quotas
from registry.ports.retention import Retention
from registry.ports.takedowns import Takedowns
from registry.ports.templates import Templates


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` undoes everything.

    Durability: when `commit` returns, everything in it survives a crash of the process and a power cut.
    """

    cases: Cases
    links: CaseLinks
    labels: CaseLabels
    verifications: Verifications
    consents: Consents
    mandates: Mandates
    references: References
    challenges: Challenges
    claims: Claims
    ledger: Ledger
    checkpoints: Checkpoints
    erasures: Erasures
    retention: Retention
    journal: WithdrawalJournal
    journals: Journals
    credentials: Credentials
    decisions: Decisions
    votes: Votes
    quarantines: Quarantines
    benign: BenignPictures
    quotas: Quotas
    jobs: Jobs
    templates: Templates
    takedowns: Takedowns

    def commit(self, result: object = None) -> None:
        """Commit. An idempotent unit of work also makes the answer from `result` and stores it."""
        ...


class Units(Protocol):
    """The source of units of work."""

    @property
    def acknowledgements(self) -> Acknowledgements:
        """The idempotent answers that are stored beside the registry's rows."""
        ...

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Return units whose commits also store the answer; they raise `AlreadyAcknowledged` if there is one."""
        ...

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction that may write. It reads the newest state."""
        ...

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction that only reads. All its reads see one snapshot."""
        ...

    def release_room(self) -> bool:
        """Give back some of the room on the disk that is kept for withdrawals; return False if there is none left."""
        ...
