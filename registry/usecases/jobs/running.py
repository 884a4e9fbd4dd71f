"""Run a job. An acknowledged job is always carried out, and its result is stored only once.

1. One transaction begins the attempt. A worker that is not the first, or that comes too early, leaves the job alone. A
   job that was started too often fails.
   The actor's key is read again (`permitting`): a job of a key that was revoked, has expired or lost the permission
   fails. The same is read in the transaction that stores the result, so that nothing of such a key is stored.
2. The upload is opened with the key from the job's row and read where it is needed. Nothing of it is written anywhere.
3. The worker reports its progress at most once a second, which renews its lease. It stops at a report if the job was
   cancelled, if another attempt holds the job, or if the worker must end. It pauses while other tenants' jobs are next
   (`registry.jobs.turns`). A job that takes more processor time than its size and duration justify fails.
4. A check is stored under the id that the job has had from the start; then the job is marked as done. The job's row
   stays locked during both steps. A cancellation therefore either precedes both, and nothing is stored, or it comes too
   late. After a crash between the steps, the next attempt finds the check and does not check again. The check is also
   stored if the job's state cannot be read from the database, so that an hour's work is not lost.
5. An enrolment's rows, changes, ledger entry and the end of its job are one transaction.
6. A job that cannot be done now is tried again after a longer pause each time. A job that can never be done fails with
   a reason.
7. The commit that ends a job deletes the key of its upload. Then the file is deleted.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from index.clips import ClipProgress
from index.errors import DecodersBusy, FaceError, IndexingError, NoTurn
from registry.domain import (
    MAX_ATTEMPTS,
    CaseEvent,
    Check,
    CheckJob,
    Draft,
    EnrolmentJob,
    InCase,
    InNewCase,
    Job,
    Registered,
    begun,
    checked,
    enrolled,
    failed,
    heard,
    max_work_s,
    postponed,
    released,
)
from registry.errors import (
    AttemptsExhausted,
    NotFound,
    NotPermitted,
    RegistryError,
    StorageUnavailable,
    Unavailable,
    UploadLost,
    WorkBound,
)
from registry.ports import Checks, OpenedUpload, UnitOfWork
from registry.usecases.cases import open_within
from registry.usecases.enrolment import enrol_within
from registry.usecases.jobs.permitting import present_actor
from registry.usecases.jobs.services import JobServices, Turn

HEARD_EVERY: Final = timedelta(seconds=1)
"""Time between reports, each of which is a commit. 1 s is short enough for a progress bar and for a cancellation."""

_J = TypeVar("_J", bound=Job)


class _TakenAway(Exception):
    """The job was cancelled, or another attempt holds it. The result is not stored."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


class _Stopping(Exception):
    """The worker must end."""


def run_job(job_id: str, services: JobServices) -> Job | None:
    """Run a job that is due. Return the job afterwards, or None if this worker may not run it.

    Raises:
        StorageUnavailable: the job's state cannot be read or written. The job starts again when its lease expires.
    """
    job = _begin(job_id, services)  # 1.
    if job is None:
        return None
    if job.state.is_ended:
        services.spool.remove(job.asked.spooled.name)
        return job
    try:
        match job:
            case CheckJob():
                return _CheckAttempt(job, services).work()
            case EnrolmentJob():
                return _EnrolmentAttempt(job, services).work()
    except _TakenAway as taken:
        if taken.job.state.is_ended:
            services.spool.remove(taken.job.asked.spooled.name)
        return None


def _begin(job_id: str, services: JobServices) -> Job | None:
    now = services.environment.now()
    with services.units.write() as unit:
        try:
            job = unit.jobs.take(job_id)
        except NotFound:
            return None
        if not job.is_due(now):
            return None
        job = _exhausted(job) if job.attempts >= MAX_ATTEMPTS else begun(job, now)
        unit.jobs.save(job)
        unit.commit(job)
    return job


class _Attempt(ABC, Generic[_J]):
    """One attempt at a job; for one thread."""

    def __init__(self, job: _J, services: JobServices) -> None:
        self._job = job
        self._services = services
        self._actor = job.actor
        self._now = services.environment.now
        self._heard_at: datetime = self._now()
        self._cpu_at = services.cpu()
        self._progress = ClipProgress(seen_ms=0, announced_ms=None)

    def work(self) -> _J:
        """Bring the job as far as possible now; raise `_TakenAway`."""
        try:
            with self._services.units.read() as unit:
                self._actor = present_actor(unit, self._job, self._now())  # 1.
            return self._done()
        except _TakenAway:
            raise
        except _Stopping:
            return self._leave(lambda job: released(job, self._now()))
        except (RegistryError, IndexingError) as error:
            if _may_pass(error):
                return self._postponed(error)
            code, detail = error.code, str(error)
            return self._leave(lambda job: failed(job, code=code, detail=detail))
        except Exception as error:  # noqa: BLE001  a bug: the job must be neither lost nor repeated for ever
            return self._postponed(error)

    @abstractmethod
    def _done(self) -> _J:
        """Do the work, and return the finished job."""

    def _upload(self) -> OpenedUpload:
        with self._services.units.read() as unit:
            key = unit.jobs.spool_key(self._job.id)
        return self._services.spool.open(replace(self._job.asked.spooled, key=key))  # 2.

    def _tell(self, progress: ClipProgress) -> None:
        """Report progress; raise `_Stopping`, `_TakenAway` or `WorkBound` (3.)."""
        self._progress = progress
        self._report()
        work_s = progress.cpu_s + self._services.cpu() - self._cpu_at
        if work_s > max_work_s(self._job.asked.spooled.size, progress.seen_ms):
            raise WorkBound
        while (turn := self._services.turn(self._job.id, work_s)) is Turn.PAUSE:
            self._report()
        if turn is Turn.LEAVE:
            raise _Stopping

    def _report(self) -> None:
        if self._services.is_stopping():
            raise _Stopping
        if self._now() - self._heard_at < HEARD_EVERY:
            return
        self._heard_at = self._now()
        with suppress(StorageUnavailable):  # A later report succeeds, or another attempt begins.
            self._leave(lambda job: job)

    def _held(self, unit: UnitOfWork) -> _J:
        """Return the job with this attempt's progress; raise `_TakenAway` if another attempt holds it.

        While an attempt holds a job, only that attempt changes its row. The row is therefore as this attempt began it.
        """
        job = unit.jobs.take(self._job.id)
        if not job.is_held_by(self._job.attempts):
            raise _TakenAway(job)
        progress = self._progress
        return heard(self._job, self._heard_at, seen_ms=progress.seen_ms, announced_ms=progress.announced_ms)

    def _require_still_permitted(self, unit: UnitOfWork) -> None:
        """Raise `CredentialRevoked` or `NotPermitted` if the actor lost its key or a permission during the attempt."""
        present = present_actor(unit, self._job, self._now(), for_share=True)
        if not self._actor.permissions <= present.permissions:
            raise NotPermitted("The API key lost a permission while the job ran.")

    def _postponed(self, error: BaseException) -> _J:
        self._services.report(self._job, error)
        if self._job.attempts >= MAX_ATTEMPTS:
            return self._leave(_exhausted)
        return self._leave(lambda job: postponed(job, self._now()))

    def _leave(self, change: Callable[[_J], _J]) -> _J:
        with self._services.units.write() as unit:
            job = change(self._held(unit))
            unit.jobs.save(job)
            unit.commit(job)
        if job.state.is_ended:
            self._services.spool.remove(job.asked.spooled.name)  # 7.
        return job


class _CheckAttempt(_Attempt[CheckJob]):
    """One attempt to check a clip."""

    def _done(self) -> CheckJob:
        job, services = self._job, self._services
        if _is_kept(services.checks, job.check_id, job.tenant_id):
            return self._leave(checked)
        with closing(self._upload()) as source:
            services.check(
                source,
                check_id=job.check_id,
                actor=self._actor,
                context=job.asked.context,
                uploader=job.asked.uploader,
                progress=self._tell,
                keep=self._keep,
            )
        services.spool.remove(job.asked.spooled.name)  # 7.
        return self._job

    def _keep(self, check: Check) -> None:
        """Store the check and end its job (4.); raise `_TakenAway` or `StorageUnavailable`."""
        checks = self._services.checks
        try:
            with self._services.units.write() as unit:
                job = checked(self._held(unit))
                self._require_still_permitted(unit)
                checks.add(check)
                unit.jobs.save(job)
                unit.commit(job)
        except StorageUnavailable:
            if not _is_kept(checks, check.id, check.tenant_id):
                checks.add(check)
            raise
        self._job = job


class _EnrolmentAttempt(_Attempt[EnrolmentJob]):
    """One attempt to register a clip."""

    def _done(self) -> EnrolmentJob:
        asked = self._job.asked
        self._require_case()
        with closing(self._upload()) as source:
            draft = self._services.describe(
                source,
                asked.reference_kind,
                edits=asked.edits,
                exclude=asked.exclude,
                progress=self._tell,
            )
        draft = replace(draft, stated=asked.stated)
        with self._services.units.write() as unit:  # 5.
            held = self._held(unit)
            self._require_still_permitted(unit)
            job = enrolled(held, self._registered(unit, draft))
            unit.jobs.save(job)
            unit.commit(job)
        self._services.spool.remove(asked.spooled.name)  # 7.
        return job

    def _require_case(self) -> None:
        """Raise `CaseWithdrawn` before time is spent on a clip that can no longer be registered."""
        match self._job.asked.target:
            case InCase(case_id=case_id):
                with self._services.units.read() as unit:
                    unit.cases.get(case_id, self._job.tenant_id).moved(CaseEvent.ENROL, None)

    def _registered(self, unit: UnitOfWork, draft: Draft) -> Registered:
        actor, environment = self._actor, self._services.environment
        match self._job.asked.target:
            case InCase(case_id=case_id):
                found = enrol_within(unit, case_id, draft, actor=actor, environment=environment)
            case InNewCase(level=level):
                found = open_within(unit, level, draft, actor=actor, environment=environment).first
        return Registered(
            case_id=found.case_id,
            reference_id=found.reference.id,
            outcome=found.outcome.value,
            receipt=found.receipt,
        )


def _exhausted(job: _J) -> _J:
    return failed(job, code=AttemptsExhausted.code, detail=AttemptsExhausted.title)


def _may_pass(error: Exception) -> bool:
    """Return whether the job may succeed later."""
    return isinstance(error, Unavailable | DecodersBusy | NoTurn | FaceError) and not isinstance(
        error, UploadLost
    )


def _is_kept(checks: Checks, check_id: str, tenant_id: str) -> bool:
    try:
        checks.get(check_id, tenant_id)
    except NotFound:
        return False
    return True
