"""Jobs as rows. The key of an upload is stored sealed for its job and file, and is deleted when the job ends."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from index.verdict import Context, Level, ReferenceKind
from registry.domain import (
    BY_API,
    CheckAsked,
    CheckJob,
    ConsentStated,
    ConsentWay,
    EnrolmentAsked,
    EnrolmentJob,
    InCase,
    InNewCase,
    Job,
    JobAsked,
    JobKind,
    JobState,
    Language,
    Queued,
    Registered,
    Spooled,
)
from registry.errors import NotFound, UploadLost
from registry.permissions import Permission
from registry.ports import Sealing
from registry.storage.schema import jobs

_LIVE = tuple(state.value for state in JobState if not state.is_ended)


class SqlJobs:
    """SQL implementation of `registry.ports.jobs.Jobs`."""

    def __init__(self, connection: Connection, sealing: Sealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, job: Job) -> None:
        """Add a new job. The key of its upload is stored sealed."""
        spooled = job.asked.spooled
        self._connection.execute(
            insert(jobs).values(
                id=job.id,
                tenant_id=job.tenant_id,
                credential_id=job.credential_id,
                permissions=" ".join(sorted(job.permissions)),
                kind=job.kind.value,
                **_asked_columns(job.asked),
                spool_name=spooled.name,
                machine_id=spooled.machine_id,
                size=spooled.size,
                sealed_key=self._sealing.seal(spooled.key, _context(job.id, spooled.name)),
                created_at=job.created_at,
                **_standing(job),
            )
        )

    def get(self, job_id: str, tenant_id: str, *, for_update: bool = False) -> Job:
        """Return the tenant's job; raise `NotFound`."""
        query = select(jobs).where(jobs.c.id == job_id, jobs.c.tenant_id == tenant_id)
        row = self._connection.execute(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise NotFound
        return _job(row)

    def take(self, job_id: str) -> Job:
        """Return a job of any tenant for its worker, and lock its row; raise `NotFound`."""
        query = select(jobs).where(jobs.c.id == job_id).with_for_update()
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return _job(row)

    def spool_key(self, job_id: str) -> bytes:
        """Return the key of a job's upload; raise `UploadLost` or `SealBroken`."""
        query = select(jobs.c.sealed_key, jobs.c.spool_name).where(jobs.c.id == job_id)
        row = self._connection.execute(query).one_or_none()
        if row is None or row.sealed_key is None:
            raise UploadLost
        return self._sealing.unseal(bytes(row.sealed_key), _context(job_id, row.spool_name))

    def save(self, job: Job) -> None:
        """Write the state of a job. If the job has ended, the key of its upload is deleted."""
        standing = _standing(job)
        if job.state.is_ended:
            standing["sealed_key"] = None
        self._connection.execute(update(jobs).where(jobs.c.id == job.id).values(standing))

    def due(self, machine_id: str, now: datetime, limit: int) -> tuple[Queued, ...]:
        """Return this machine's jobs that a worker may start now, longest due first, a few of each tenant and kind."""
        since = func.coalesce(jobs.c.lease_until, jobs.c.next_at)
        order = (since, jobs.c.created_at, jobs.c.id)
        place = func.row_number().over(partition_by=(jobs.c.tenant_id, jobs.c.kind), order_by=order)
        ranked = (
            select(
                jobs.c.id,
                jobs.c.tenant_id,
                jobs.c.kind,
                since.label("since"),
                jobs.c.created_at,
                place.label("place"),
            )
            .where(
                jobs.c.machine_id == machine_id,
                or_(
                    and_(jobs.c.state == JobState.WAITING.value, jobs.c.next_at <= now),
                    and_(jobs.c.state == JobState.WORKING.value, jobs.c.lease_until <= now),
                ),
            )
            .subquery("ranked")
        )
        query = (
            select(ranked.c.id, ranked.c.tenant_id, ranked.c.kind)
            .where(ranked.c.place <= limit)
            .order_by(ranked.c.since, ranked.c.created_at, ranked.c.id)
        )
        return tuple(
            Queued(id=row.id, tenant_id=row.tenant_id, kind=JobKind(row.kind))
            for row in self._connection.execute(query)
        )

    def working(self, machine_id: str) -> tuple[Job, ...]:
        """Return this machine's jobs that workers hold, and lock their rows."""
        query = select(jobs).where(jobs.c.machine_id == machine_id, jobs.c.state == JobState.WORKING.value)
        return tuple(_job(row) for row in self._connection.execute(query.with_for_update()))

    def live_spools(self, machine_id: str) -> frozenset[str]:
        """Return the names of the spooled files of this machine's jobs that have not ended."""
        query = select(jobs.c.spool_name).where(jobs.c.machine_id == machine_id, jobs.c.state.in_(_LIVE))
        return frozenset(self._connection.execute(query).scalars())


def _asked_columns(asked: JobAsked) -> dict[str, Any]:
    unused = {
        "asked_case_id": None,
        "reference_kind": None,
        "level": None,
        "edits": True,
        "exclude": "",
        "context": Context.GENERAL.value,
        "uploader_hmac": None,
        "consent_language": None,
        "consent_way": None,
    }
    if isinstance(asked, CheckAsked):
        return unused | {"context": asked.context.value, "uploader_hmac": asked.uploader}
    target = asked.target
    return unused | {
        **({"asked_case_id": target.case_id} if isinstance(target, InCase) else {"level": int(target.level)}),
        "reference_kind": asked.reference_kind.value,
        "edits": asked.edits,
        "consent_language": asked.stated.language.value,
        "consent_way": asked.stated.way.value,
        "exclude": ";".join(f"{start} {end}" for start, end in asked.exclude),
    }


def _standing(job: Job) -> dict[str, Any]:
    registered = job.registered if isinstance(job, EnrolmentJob) else None
    return {
        "state": job.state.value,
        "attempts": job.attempts,
        "next_at": job.next_at,
        "lease_until": job.lease_until,
        "seen_ms": job.seen_ms,
        "announced_ms": job.announced_ms,
        "result_id": job.result_id,
        "case_id": None if registered is None else registered.case_id,
        "outcome": None if registered is None else registered.outcome,
        "problem_code": job.problem_code,
        "problem_detail": job.problem_detail,
        "receipt": None if registered is None else registered.receipt,
    }


def _job(row: Row[Any]) -> Job:
    spooled = Spooled(name=row.spool_name, machine_id=row.machine_id, size=row.size, key=b"")
    shared: dict[str, Any] = {
        "id": row.id,
        "tenant_id": row.tenant_id,
        "credential_id": row.credential_id,
        "permissions": frozenset(Permission(name) for name in row.permissions.split()),
        "state": JobState(row.state),
        "attempts": row.attempts,
        "created_at": row.created_at,
        "next_at": row.next_at,
        "lease_until": row.lease_until,
        "seen_ms": row.seen_ms,
        "announced_ms": row.announced_ms,
        "problem_code": row.problem_code,
        "problem_detail": row.problem_detail,
    }
    if JobKind(row.kind) is JobKind.CHECK:
        uploader = None if row.uploader_hmac is None else bytes(row.uploader_hmac)
        asked = CheckAsked(spooled=spooled, context=Context(row.context), uploader=uploader)
        return CheckJob(asked=asked, check_id=row.result_id, **shared)
    return EnrolmentJob(asked=_enrolment(row, spooled), registered=_registered(row), **shared)


def _enrolment(row: Row[Any], spooled: Spooled) -> EnrolmentAsked:
    intervals = (interval.split() for interval in row.exclude.split(";") if interval)
    opened = InNewCase(level=Level(row.level or 0))
    return EnrolmentAsked(
        spooled=spooled,
        target=opened if row.asked_case_id is None else InCase(case_id=row.asked_case_id),
        reference_kind=ReferenceKind(row.reference_kind),
        edits=row.edits,
        stated=_stated(row),
        exclude=tuple((int(start), int(end)) for start, end in intervals),
    )


def _stated(row: Row[Any]) -> ConsentStated:
    if row.consent_language is None:  # a job of an older version
        return BY_API
    return ConsentStated(language=Language(row.consent_language), way=ConsentWay(row.consent_way))


def _registered(row: Row[Any]) -> Registered | None:
    if row.result_id is None:
        return None
    return Registered(
        case_id=row.case_id,
        reference_id=row.result_id,
        outcome=row.outcome,
        receipt=None if row.receipt is None else bytes(row.receipt),
    )


def _context(job_id: str, name: str) -> bytes:
    return f"job-1:{job_id}:{name}".encode("ascii")
