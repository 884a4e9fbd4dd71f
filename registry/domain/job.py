"""A job: work on a clip that takes longer than a request waits, with its states and transitions.

    waiting ──▶ working ──▶ done | failed
       ▲           │
       └───────────┘        put back: not possible now, or the worker stopped
    waiting | working ──▶ cancelled

A worker holds a job by a lease and by the number of its attempt. Another attempt or a cancellation takes the job
away from the worker, whose result is then not stored. The step that ends a job also deletes the key of its upload, so
that traces of the file on the disk can never be decrypted.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar, Final, TypeVar

from index.limits import STANDARD_CLIP
from index.verdict import Context, Level, ReferenceKind
from registry.domain.consent import BY_API, ConsentStated
from registry.domain.roles import Actor
from registry.errors import JobEnded
from registry.permissions import Permission

LEASE: Final = timedelta(seconds=60)
"""Time without a report after which another worker may take the job. A worker reports once a second (`run_job`)."""

MAX_ATTEMPTS: Final = 5
"""Attempts after which a job fails. A clip that kills its worker each time must not be tried for ever."""

FIRST_PAUSE: Final = timedelta(seconds=2)
"""Pause before the second attempt. Each pause is four times as long as the one before: 2 s, 8 s, 32 s and 128 s."""

_PAUSE_GROWTH: Final = 4

MAX_EXCLUDED: Final = 64
"""Excluded intervals of one clip."""

FIRST_WORK_S: Final = 300.0
"""Processor time of an attempt before its clip's first second is seen, in seconds."""

WORK_S_PER_CLIP_S: Final = 20.0
"""Processor time of an attempt for each second of clip that was seen, in seconds. A second of 2160p at 240 frames a
second takes a decoder about 7 s, and comparing it at most 1 s."""

MAX_DECODINGS: Final = 2
"""Processor time of an attempt as a multiple of the time that a decoder may take for a file of the same size."""

_MAX_DETAIL_CHARACTERS: Final = 300


@unique
class JobKind(StrEnum):
    """The two kinds of jobs."""

    CHECK = "check"
    ENROLMENT = "enrolment"


@unique
class JobState(StrEnum):
    """The states of a job."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_ended(self) -> bool:
        """True if the state is final."""
        return self not in {JobState.WAITING, JobState.WORKING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A job that a worker may start."""

    id: str
    tenant_id: str
    kind: JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """An upload in a machine's encrypted spool.

    Attributes:
        name: name of the file, generated here and never taken from the upload.
        machine_id: the machine of the spool.
        size: size of the upload in bytes.
        key: the key that decrypts the file, 32 bytes; empty in a job that was read (`registry.ports.Jobs.spool_key`).
    """

    name: str
    machine_id: str
    size: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAsked:
    """The request to check a clip.

    Attributes:
        context: the platform's statement about the place of the upload.
        uploader: as in `registry.domain.Asker`.
    """

    spooled: Spooled
    context: Context = Context.GENERAL
    uploader: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InCase:
    """An existing case, in which a clip is registered."""

    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InNewCase:
    """A new case, which is opened for the clip."""

    level: Level = Level.V0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAsked:
    """The request to register a clip.

    Attributes:
        target: the case in which the clip is registered.
        reference_kind: the kind of reference that the clip becomes.
        edits: whether crops and altered copies of the clip are also to be found.
        exclude: excluded intervals, as start and end in milliseconds.
        stated: how the subject agreed.
    """

    spooled: Spooled
    target: InCase | InNewCase
    reference_kind: ReferenceKind
    edits: bool = True
    exclude: tuple[tuple[int, int], ...] = ()
    stated: ConsentStated = BY_API


JobAsked = CheckAsked | EnrolmentAsked
"""The request that a job carries out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The result of an enrolment.

    Attributes:
        case_id: the case that holds the reference.
        reference_id: the reference that stands for the clip.
        outcome: `enrolled` or `duplicate`.
        receipt: digest of the enrolment's ledger entry, 32 bytes; None for a duplicate.
    """

    case_id: str
    reference_id: str
    outcome: str
    receipt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """The attributes that all jobs share.

    Attributes:
        permissions: the actor's permissions when the job was submitted.
        attempts: number of attempts that workers have started.
        next_at: the earliest time of the next attempt, while the job waits.
        lease_until: the time from which another worker may take the job, while a worker holds it.
        seen_ms: duration of the clip that has been analysed, in milliseconds.
        announced_ms: the clip's duration by its header, in milliseconds, for showing progress; None if unknown.
        problem_code: the error code of a failed job, as in docs/errors.md.
        problem_detail: a description of the failure for people. It contains nothing of the upload.
    """

    id: str
    tenant_id: str
    credential_id: str
    permissions: frozenset[Permission]
    state: JobState
    attempts: int
    created_at: datetime
    next_at: datetime
    lease_until: datetime | None = None
    seen_ms: int = 0
    announced_ms: int | None = None
    problem_code: str | None = None
    problem_detail: str | None = None

    @property
    def actor(self) -> Actor:
        """The actor on whose behalf the job runs."""
        return Actor(tenant_id=self.tenant_id, credential_id=self.credential_id, permissions=self.permissions)

    def is_due(self, now: datetime) -> bool:
        """Return whether a worker may start the job: its retry time has come, or its lease has expired."""
        if self.state is JobState.WAITING:
            return self.next_at <= now
        return self.state is JobState.WORKING and self.lease_until is not None and self.lease_until <= now

    def is_held_by(self, attempt: int) -> bool:
        """Return whether the worker of this attempt still holds the job."""
        return self.state is JobState.WORKING and self.attempts == attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckJob(_Job):
    """A job that checks a clip.

    Attributes:
        check_id: id of the check, assigned when the job was submitted, so that a job that is started twice answers
            once.
    """

    kind: ClassVar[JobKind] = JobKind.CHECK
    asked: CheckAsked
    check_id: str

    @property
    def result_id(self) -> str:
        """The id of the check."""
        return self.check_id


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentJob(_Job):
    """A job that registers a clip.

    Attributes:
        registered: the result, once the job is done.
    """

    kind: ClassVar[JobKind] = JobKind.ENROLMENT
    asked: EnrolmentAsked
    registered: Registered | None = None

    @property
    def result_id(self) -> str | None:
        """The id of the reference that stands for the clip, once the job is done."""
        return None if self.registered is None else self.registered.reference_id


Job = CheckJob | EnrolmentJob
"""Work on a clip that takes longer than a request waits."""

_J = TypeVar("_J", bound=_Job)


def max_work_s(size: int, seen_ms: int) -> float:
    """Return the processor time that an attempt at a clip of so many bytes may take, in seconds.

    Args:
        size: size of the clip, in bytes.
        seen_ms: duration of the clip that has been analysed, in milliseconds.
    """
    by_size = MAX_DECODINGS * STANDARD_CLIP.for_size(size).total_cpu_seconds
    return min(by_size, FIRST_WORK_S + WORK_S_PER_CLIP_S * seen_ms / 1000)


def begun(job: _J, now: datetime) -> _J:
    """Return the job at the start of its next attempt."""
    return replace(
        job,
        state=JobState.WORKING,
        attempts=job.attempts + 1,
        lease_until=now + LEASE,
        seen_ms=0,
        announced_ms=None,
    )


def heard(job: _J, now: datetime, *, seen_ms: int, announced_ms: int | None) -> _J:
    """Return the job with its worker's progress and a lease that starts now."""
    return replace(job, lease_until=now + LEASE, seen_ms=seen_ms, announced_ms=announced_ms)


def released(job: _J, now: datetime) -> _J:
    """Return the waiting job after its worker had to stop. The attempt does not count."""
    return _waiting(replace(job, attempts=job.attempts - 1), now)


def abandoned(job: _J, now: datetime) -> _J:
    """Return the waiting job after its worker died. The attempt counts, because the job may have killed the worker."""
    return _waiting(job, now)


def postponed(job: _J, now: datetime) -> _J:
    """Return the waiting job after an attempt failed. The pause before the next attempt is longer each time."""
    return _waiting(job, now + FIRST_PAUSE * _PAUSE_GROWTH ** (job.attempts - 1))


def failed(job: _J, *, code: str, detail: str) -> _J:
    """Return the job as finally failed."""
    return replace(
        _ended(job, JobState.FAILED), problem_code=code, problem_detail=detail[:_MAX_DETAIL_CHARACTERS]
    )


def checked(job: CheckJob) -> CheckJob:
    """Return the finished job after its check was stored."""
    return _ended(job, JobState.DONE)


def enrolled(job: EnrolmentJob, registered: Registered) -> EnrolmentJob:
    """Return the finished job after its clip was registered."""
    return replace(_ended(job, JobState.DONE), registered=registered)


def cancelled(job: _J) -> _J:
    """Return the cancelled job. Cancelling again changes nothing and succeeds.

    Raises:
        JobEnded: the job is done or has failed.
    """
    if job.state is JobState.CANCELLED:
        return job
    if job.state.is_ended:
        raise JobEnded
    return _ended(job, JobState.CANCELLED)


def _waiting(job: _J, next_at: datetime) -> _J:
    return replace(job, state=JobState.WAITING, next_at=next_at, lease_until=None)


def _ended(job: _J, state: JobState) -> _J:
    return replace(job, state=state, lease_until=None)
