"""A job: work on a clip that takes longer than a request waits; its states, and what leads from one to the next.

    waiting ──▶ working ──▶ done | failed
       ▲           │
       └───────────┘        put back: not now, or the worker has gone
    waiting | working ──▶ cancelled

Whoever works on a job holds it by a lease and by the number of its attempt. Another attempt, or a cancellation, takes
it from him: what he finds afterwards is not kept. The step that ends a job also forgets its upload's key, so that what
a disk may keep of the file can never be opened.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from index.verdict import Context, Level, ReferenceKind
from registry.domain.roles import Actor
from registry.errors import JobEnded
from registry.permissions import Permission

LEASE: Final = timedelta(seconds=60)
"""How long a worker may be silent before its job is another's. It is heard once a second (`run_job`)."""

MAX_ATTEMPTS: Final = 5
"""Attempts after which a job has failed: a clip that ends its worker each time must not do so for ever."""

FIRST_PAUSE: Final = timedelta(seconds=2)
"""Before the second attempt; each pause is four times as long as the one before: 2, 8, 32 and 128 seconds."""

_PAUSE_GROWTH: Final = 4

MAX_EXCLUDED: Final = 64
"""Intervals that may be left out of one clip."""

_MAX_DETAIL_CHARACTERS: Final = 300


@unique
class JobKind(StrEnum):
    """What a job is for."""

    CHECK = "check"
    ENROLMENT = "enrolment"


@unique
class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_ended(self) -> bool:
        """Whether nothing comes after."""
        return self not in {JobState.WAITING, JobState.WORKING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """An upload in a machine's encrypted spool.

    Attributes:
        name: of the file; made here, never the upload's own.
        machine_id: whose spool it is.
        size: of the upload, in bytes.
        key: what opens it, 32 bytes; empty in a job that was read (`Jobs.spool_key`).
    """

    name: str
    machine_id: str
    size: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAsked:
    """What is to be done.

    Attributes:
        case_id: the case to register in; None opens one.
        reference_kind: what the clip is registered as; None for a check.
        level: of the case that is opened; None for a check, and in a case that exists.
        edits: whether the clip is to be found in crops and altered copies too.
        exclude: intervals that are not registered: start and end in milliseconds.
        context: what the platform says about the place of what is checked.
    """

    kind: JobKind
    case_id: str | None = None
    reference_kind: ReferenceKind | None = None
    level: Level | None = None
    edits: bool = True
    exclude: tuple[tuple[int, int], ...] = ()
    context: Context = Context.GENERAL
    spooled: Spooled


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job.

    Attributes:
        permissions: of the actor, when the job was submitted.
        attempts: how often it was begun.
        next_at: not before this time, while it waits.
        lease_until: whose it is after this time is open, while it is worked on.
        seen_ms: how far the clip has been looked at.
        announced_ms: the clip's length by its header, for showing progress, or None.
        result_id: the check's id, known from the start; or the reference that stands for the clip, once it is done.
        case_id: the case that holds the reference.
        outcome: `enrolled` or `duplicate`, once an enrolment is done.
        problem_code: why it failed, as in docs/errors.md.
        problem_detail: the same for a reader; holds nothing that was sent.
        receipt: digest of the enrolment's ledger entry, 32 bytes; None for a duplicate.
    """

    id: str
    tenant_id: str
    credential_id: str
    permissions: frozenset[Permission]
    asked: JobAsked
    state: JobState
    attempts: int
    created_at: datetime
    next_at: datetime
    lease_until: datetime | None = None
    seen_ms: int = 0
    announced_ms: int | None = None
    result_id: str | None = None
    case_id: str | None = None
    outcome: str | None = None
    problem_code: str | None = None
    problem_detail: str | None = None
    receipt: bytes | None = None

    @property
    def kind(self) -> JobKind:
        """What it is for."""
        return self.asked.kind

    @property
    def actor(self) -> Actor:
        """On whose behalf it runs."""
        return Actor(tenant_id=self.tenant_id, credential_id=self.credential_id, permissions=self.permissions)

    def is_due(self, now: datetime) -> bool:
        """Tells whether a worker may begin it: it waits no longer, or who worked on it has been silent too long."""
        if self.state is JobState.WAITING:
            return self.next_at <= now
        return self.state is JobState.WORKING and self.lease_until is not None and self.lease_until <= now

    def is_held_by(self, attempt: int) -> bool:
        """Tells whether the worker of this attempt still has it."""
        return self.state is JobState.WORKING and self.attempts == attempt


def begun(job: Job, now: datetime) -> Job:
    """Returns the job as its next attempt has it."""
    return replace(
        job,
        state=JobState.WORKING,
        attempts=job.attempts + 1,
        lease_until=now + LEASE,
        seen_ms=0,
        announced_ms=None,
    )


def heard(job: Job, now: datetime, *, seen_ms: int, announced_ms: int | None) -> Job:
    """Returns the job with its worker's progress, and a lease from now."""
    return replace(job, lease_until=now + LEASE, seen_ms=seen_ms, announced_ms=announced_ms)


def released(job: Job, now: datetime) -> Job:
    """Returns the job as a worker that must end leaves it: the attempt does not count."""
    return _waiting(replace(job, attempts=job.attempts - 1), now)


def abandoned(job: Job, now: datetime) -> Job:
    """Returns the job as a worker that died has left it: the attempt counts, as the job may be what killed it."""
    return _waiting(job, now)


def postponed(job: Job, now: datetime) -> Job:
    """Returns the job as it waits for its next attempt; longer each time."""
    return _waiting(job, now + FIRST_PAUSE * _PAUSE_GROWTH ** (job.attempts - 1))


def failed(job: Job, *, code: str, detail: str) -> Job:
    """Returns the job as it failed for good."""
    return replace(
        _ended(job, JobState.FAILED), problem_code=code, problem_detail=detail[:_MAX_DETAIL_CHARACTERS]
    )


def checked(job: Job) -> Job:
    """Returns the job of a check that is kept."""
    return _ended(job, JobState.DONE)


def enrolled(job: Job, *, case_id: str, reference_id: str, outcome: str, receipt: bytes | None) -> Job:
    """Returns the job of a clip that is registered now."""
    return replace(
        _ended(job, JobState.DONE),
        case_id=case_id,
        result_id=reference_id,
        outcome=outcome,
        receipt=receipt,
    )


def cancelled(job: Job) -> Job:
    """Returns the cancelled job; cancelling again changes nothing and succeeds.

    Raises:
        JobEnded: it is done or has failed.
    """
    if job.state is JobState.CANCELLED:
        return job
    if job.state.is_ended:
        raise JobEnded
    return _ended(job, JobState.CANCELLED)


def _waiting(job: Job, next_at: datetime) -> Job:
    return replace(job, state=JobState.WAITING, next_at=next_at, lease_until=None)


def _ended(job: Job, state: JobState) -> Job:
    return replace(job, state=state, lease_until=None)
