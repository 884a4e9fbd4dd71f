"""Jobs as rows. The key of a job's upload lies sealed, opens beside its own job and file only, and goes with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from index.verdict import Context, Level, ReferenceKind
from registry.domain import Job, JobAsked, JobKind, JobState, Spooled
from registry.errors import NotFound, UploadLost
from registry.permissions import Permission
from registry.ports import Sealing
from registry.storage.schema import jobs

_LIVE = tuple(state.value for state in JobState if not state.is_ended)


class SqlJobs:
    """Implements `registry.ports.jobs.Jobs`."""

    def __init__(self, connection: Connection, sealing: Sealing) -> None:
        self._connection = connection
        self._sealing = sealing

    def add(self, job: Job) -> None:
        """Adds a new job, its upload's key sealed."""
        asked, spooled = job.asked, job.asked.spooled
        self._connection.execute(
            insert(jobs).values(
                id=job.id,
                tenant_id=job.tenant_id,
                credential_id=job.credential_id,
                permissions=" ".join(sorted(job.permissions)),
                kind=job.kind.value,
                asked_case_id=asked.case_id,
                reference_kind=None if asked.reference_kind is None else asked.reference_kind.value,
                level=None if asked.level is None else int(asked.level),
                edits=asked.edits,
                exclude=";".join(f"{start} {end}" for start, end in asked.exclude),
                context=asked.context.value,
                spool_name=spooled.name,
                machine_id=spooled.machine_id,
                size=spooled.size,
                sealed_key=self._sealing.seal(spooled.key, _context(job.id, spooled.name)),
                created_at=job.created_at,
                **_standing(job),
            )
        )

    def get(self, job_id: str, tenant_id: str, *, for_update: bool = False) -> Job:
        """Returns the tenant's job; raises `NotFound`."""
        query = select(jobs).where(jobs.c.id == job_id, jobs.c.tenant_id == tenant_id)
        row = self._connection.execute(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise NotFound
        return _job(row)

    def take(self, job_id: str) -> Job:
        """Returns a job, whoever's it is, for its worker; raises `NotFound`."""
        query = select(jobs).where(jobs.c.id == job_id).with_for_update()
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return _job(row)

    def spool_key(self, job_id: str) -> bytes:
        """Returns the key of a job's upload; raises `UploadLost`, `SealBroken`."""
        query = select(jobs.c.sealed_key, jobs.c.spool_name).where(jobs.c.id == job_id)
        row = self._connection.execute(query).one_or_none()
        if row is None or row.sealed_key is None:
            raise UploadLost
        return self._sealing.unseal(bytes(row.sealed_key), _context(job_id, row.spool_name))

    def save(self, job: Job) -> None:
        """Writes where a job stands; the upload's key of one that has ended is forgotten."""
        standing = _standing(job)
        if job.state.is_ended:
            standing["sealed_key"] = None
        self._connection.execute(update(jobs).where(jobs.c.id == job.id).values(standing))

    def due(self, machine_id: str, now: datetime, limit: int) -> tuple[str, ...]:
        """Names jobs of this machine that a worker may begin now, the longest due first."""
        query = (
            select(jobs.c.id)
            .where(
                jobs.c.machine_id == machine_id,
                or_(
                    and_(jobs.c.state == JobState.WAITING.value, jobs.c.next_at <= now),
                    and_(jobs.c.state == JobState.WORKING.value, jobs.c.lease_until <= now),
                ),
            )
            .order_by(func.coalesce(jobs.c.lease_until, jobs.c.next_at), jobs.c.created_at, jobs.c.id)
            .limit(limit)
        )
        return tuple(self._connection.execute(query).scalars())

    def working(self, machine_id: str) -> tuple[Job, ...]:
        """Returns the jobs of this machine that are being worked on."""
        query = select(jobs).where(jobs.c.machine_id == machine_id, jobs.c.state == JobState.WORKING.value)
        return tuple(_job(row) for row in self._connection.execute(query.with_for_update()))

    def live_spools(self, machine_id: str) -> frozenset[str]:
        """Names the spooled files of this machine's jobs that have not ended."""
        query = select(jobs.c.spool_name).where(jobs.c.machine_id == machine_id, jobs.c.state.in_(_LIVE))
        return frozenset(self._connection.execute(query).scalars())


def _standing(job: Job) -> dict[str, Any]:
    return {
        "state": job.state.value,
        "attempts": job.attempts,
        "next_at": job.next_at,
        "lease_until": job.lease_until,
        "seen_ms": job.seen_ms,
        "announced_ms": job.announced_ms,
        "result_id": job.result_id,
        "case_id": job.case_id,
        "outcome": job.outcome,
        "problem_code": job.problem_code,
        "problem_detail": job.problem_detail,
        "receipt": job.receipt,
    }


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        tenant_id=row.tenant_id,
        credential_id=row.credential_id,
        permissions=frozenset(Permission(name) for name in row.permissions.split()),
        asked=_asked(row),
        state=JobState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        lease_until=row.lease_until,
        seen_ms=row.seen_ms,
        announced_ms=row.announced_ms,
        result_id=row.result_id,
        case_id=row.case_id,
        outcome=row.outcome,
        problem_code=row.problem_code,
        problem_detail=row.problem_detail,
        receipt=None if row.receipt is None else bytes(row.receipt),
    )


def _asked(row: Row[Any]) -> JobAsked:
    spooled = Spooled(name=row.spool_name, machine_id=row.machine_id, size=row.size, key=b"")
    intervals = (interval.split() for interval in row.exclude.split(";") if interval)
    return JobAsked(
        kind=JobKind(row.kind),
        case_id=row.asked_case_id,
        reference_kind=None if row.reference_kind is None else ReferenceKind(row.reference_kind),
        level=None if row.level is None else Level(row.level),
        edits=row.edits,
        exclude=tuple((int(start), int(end)) for start, end in intervals),
        context=Context(row.context),
        spooled=spooled,
    )


def _context(job_id: str, name: str) -> bytes:
    return f"job-1:{job_id}:{name}".encode("ascii")
