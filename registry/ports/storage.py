"""What use cases need from the outside, as Protocols. `registry.storage` and `registry.security` implement them.

Errors of every storage port: `StorageUnavailable` when the database is locked, full or away; then nothing was
written. Threads: a `Units` may be used from any thread; a `UnitOfWork` belongs to the thread that opened it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self

from index.arrays import U8
from index.hashing import Code
from index.pictures import ImageFingerprint, Purpose
from index.search import Hits
from index.verdict import ReferenceKind
from registry.domain import (
    Act,
    AnchoredCandidate,
    Candidate,
    Case,
    Check,
    Credential,
    Decision,
    FaceCandidate,
    Family,
    LedgerEntry,
    Reference,
    Tenant,
)
from registry.ports.jobs import Jobs
from registry.ports.templates import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Time and randomness, as parameters (style rule 18).

    Attributes:
        now: aware UTC.
        random: that many bytes nobody can guess.
    """

    now: Callable[[], datetime]
    random: Callable[[int], bytes]


class Fingerprints(Protocol):
    """Describes media. Raises leaves of `index.errors.MediaError`; keeps nothing."""

    def describe(
        self, data: bytes | memoryview, purpose: Purpose, *, colours: bool = False
    ) -> ImageFingerprint:
        """Fingerprints one picture; with `colours` it brings its frames in colour, for faces."""
        ...


class Sealing(Protocol):
    """Keeps what the database holds closed to whoever has the database alone. Threads: any."""

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Closes bytes so that they open in this context only; the same bytes are never closed alike."""
        ...

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Returns what was sealed in this context, exactly; raises `SealBroken`, and never returns anything else."""
        ...


class SubjectSealing(Sealing, Protocol):
    """Keeps keys of subjects closed besides: each closes what is kept of one person's face."""

    def make_key(self, context: bytes) -> bytes:
        """Makes a key that nobody can guess, and returns it closed so that it opens in this context only."""
        ...

    def open_key(self, sealed_key: bytes, context: bytes) -> Sealing:
        """Returns what closes and opens by this key; raises `SealBroken`."""
        ...


class Cases(Protocol):
    """Cases of one unit of work."""

    def add(self, case: Case) -> None:
        """Adds a new case."""
        ...

    def get(self, case_id: str, tenant_id: str, *, for_update: bool = False) -> Case:
        """Returns the tenant's case; raises `NotFound` for an absent id and for another tenant's alike."""
        ...

    def save(self, case: Case) -> None:
        """Writes state and times of a case that exists."""
        ...

    def unerased(self) -> tuple[Case, ...]:
        """Returns the withdrawn cases whose erasure is not finished, oldest first."""
        ...

    def gone_from_files(self, cases: Sequence[Case], now: datetime) -> tuple[Case, ...]:
        """Returns those whose codes every machine's index files of every family have lost (`IndexMachines`)."""
        ...


class References(Protocol):
    """References and what is derived from them, of one unit of work; what is searched enters the change log with it."""

    def add(self, reference: Reference) -> None:
        """Adds a reference with its codes, and its windows, its clip's frames or its likeness sealed.

        With a likeness the case's templates become the means of all its photographs, under new keys. Raises `Refused`
        where these cannot be of one person.
        """
        ...

    def add_many(self, references: Sequence[Reference]) -> None:
        """Adds references as `add` does, in few statements."""
        ...

    def known(self, tenant_id: str, kind: ReferenceKind, codes: Sequence[Code]) -> frozenset[bytes]:
        """Returns which of these codes' values, all of one algorithm, the tenant has in active cases as that kind."""
        ...

    def of_case(self, case_id: str) -> tuple[Reference, ...]:
        """Returns the case's references in the order of enrolment, withdrawn ones with nothing of what they showed."""
        ...

    def find_equal(self, reference: Reference, *, in_case: str | None) -> Reference | None:
        """Returns the tenant's active reference of the same kind with the same media, or None.

        The same media is the same SHA-256, or the same PDQ codes where the media was not seen. A likeness is the same
        only where every engine that describes this one has described that one too, by the same model: what is sent
        anew for another engine must not be told to be there. Until the commit no other unit of work finds the tenant's
        same media absent.
        """
        ...

    def erase_codes(self, case_id: str, now: datetime) -> None:
        """Deletes all codes, windows, clips and faces of a case with its key, and lets every index know."""
        ...


class Ledger(Protocol):
    """The ledger's end, and a way through it."""

    def append(self, act: Act) -> LedgerEntry:
        """Appends an act; the entry counts once the unit of work is committed. Call it last: it serialises."""
        ...

    def entries(self) -> Iterable[LedgerEntry]:
        """Yields all entries in order."""
        ...


class Credentials(Protocol):
    """Tenants and their API keys."""

    def add_tenant(self, tenant: Tenant) -> None:
        """Adds a tenant."""
        ...

    def tenant(self, tenant_id: str) -> Tenant:
        """Returns a tenant; raises `NotFound`."""
        ...

    def add(self, credential: Credential, secret_hmac: bytes) -> None:
        """Adds a credential with the HMAC of its secret."""
        ...

    def by_prefix(self, prefix: str) -> tuple[Credential, bytes] | None:
        """Returns the credential with that public part and the HMAC of its secret, or None."""
        ...

    def get(self, credential_id: str) -> Credential:
        """Returns a credential; raises `NotFound`."""
        ...

    def all(self, *, for_update: bool = False) -> tuple[Credential, ...]:
        """Returns all credentials, oldest first; `for_update` keeps others from adding to none."""
        ...

    def revoke(self, credential_id: str, now: datetime) -> None:
        """Ends a credential; one that has ended keeps its first time."""
        ...


class Decisions(Protocol):
    """What platforms did with what they asked about."""

    def add(self, decision: Decision) -> None:
        """Adds the first decision about a check; raises `AlreadyDecided` where another was faster."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Decision | None:
        """Returns the decision about a check, or None."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` undoes everything.

    Durability: when `commit` returns, all of it survives the process and the machine (promise 4).
    """

    cases: Cases
    references: References
    ledger: Ledger
    credentials: Credentials
    decisions: Decisions
    jobs: Jobs
    templates: Templates

    def commit(self, result: object = None) -> None:
        """Commits. `result` is what the caller will be told: an idempotent unit stores it in this commit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What an idempotent request was answered, kept for 24 hours (style rule R10).

    Attributes:
        key_hmac: keyed digest of the client's Idempotency-Key, 32 bytes.
        request_hmac: keyed digest of the request's parameters, 32 bytes.
        body: the answer's body as it was sent.
    """

    tenant_id: str
    key_hmac: bytes = field(repr=False)
    request_hmac: bytes = field(repr=False)
    status: int
    body: bytes = field(repr=False)
    created_at: datetime


Acknowledge = Callable[[object], Acknowledged]
"""Turns a use case's result into what is kept of its answer."""


class Acknowledgements(Protocol):
    """Answers of idempotent requests."""

    def find(self, tenant_id: str, key_hmac: bytes, now: datetime) -> Acknowledged | None:
        """Returns the answer kept under a key, unless it is older than 24 hours."""
        ...

    def keep(self, answer: Acknowledged) -> None:
        """Keeps the answer of an act that wrote nothing else; raises `AlreadyAcknowledged`."""
        ...


class Units(Protocol):
    """Opens units of work."""

    @property
    def acknowledgements(self) -> Acknowledgements:
        """Answers kept beside the registry's rows."""
        ...

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Returns units whose commits also keep the answer, raising `AlreadyAcknowledged` where one is kept."""
        ...

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Opens a transaction that may write; it sees the newest state."""
        ...

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Opens a transaction that only reads, one snapshot throughout."""
        ...


class Candidates(Protocol):
    """The confirmation of what an index proposed (style rule R2): one indexed read of committed, active rows."""

    def confirm(self, code_ids: Sequence[int], sha256: bytes | None) -> tuple[Candidate, ...]:
        """Returns the active references behind the codes, and those with this exact digest."""
        ...

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        """Returns those of the references that are active now."""
        ...

    def confirm_windows(self, keys: Sequence[int], family: Family) -> tuple[AnchoredCandidate, ...]:
        """Returns those with these keys that are active, with their windows of this family.

        Keys are those of references, and of frames in `Family.FRAMES`: then each frame is a candidate of its own.

        Raises `SealBroken` where windows cannot be opened: what is registered must not go unmatched in silence.
        """
        ...

    def confirm_faces(self, keys: Sequence[int], family: Family) -> tuple[FaceCandidate, ...]:
        """Returns those of the templates with these keys that are active and of this family of faces, opened.

        Raises `SealBroken` where one cannot be opened: who is registered must not go unmatched in silence.
        """
        ...

    def template_counts(self) -> Mapping[str, int]:
        """Counts the templates by their engines' ids; an engine without any is absent."""
        ...


class Checks(Protocol):
    """Answered questions, apart from the registry's rows: written at every upload, read rarely."""

    @property
    def acknowledgements(self) -> Acknowledgements:
        """Answers kept beside the checks."""
        ...

    def acknowledging(self, acknowledge: Acknowledge) -> Self:
        """Returns checks that also keep the answer, raising `AlreadyAcknowledged` where one is kept."""
        ...

    def add(self, check: Check) -> None:
        """Keeps an answered check. It outlives the process; of a power cut's last moments it may be lost."""
        ...

    def get(self, check_id: str, tenant_id: str) -> Check:
        """Returns the tenant's check; raises `NotFound` for an absent id and for another tenant's alike."""
        ...

    def forget_references(self, reference_ids: Sequence[str]) -> None:
        """Removes every trace of these references from matches and probes."""
        ...


class ProbeBudget(Protocol):
    """Counts near-threshold questions for each tenant and reference (promise 5)."""

    def spent(self, tenant_id: str, probe: Sequence[Code], reference_ids: Sequence[str]) -> frozenset[str]:
        """Counts the probe against each reference; returns those whose budget is spent."""
        ...

    def edge_bits(self, probe: Sequence[Code]) -> int:
        """Tells up to which distance a probe is held once the budget is spent: another one for each probe."""
        ...


class Index(Protocol):
    """What checks search, one part for each code family (`registry.indexing.indexes`)."""

    def ready_position(self) -> int:
        """Returns the change-log position that all families' searches now reflect.

        Raises `IndexBehind` unless every family can be searched.
        """
        ...

    def propose(self, family: Family, codes: U8, radius: int) -> Hits:
        """As `index.search.engine.ProposingEngine.propose`, in one family; raises `IndexBehind`."""
        ...

    def size(self, family: Family) -> int:
        """Tells cheaply how many codes a family holds, so that nothing is asked of an empty one.

        Holds for the position that `ready_position` told; raises `IndexBehind`.
        """
        ...
