"""Runs a job (design.md section 10). Whatever happens meanwhile, what was acknowledged is done, and done once.

1. One transaction begins the attempt. Who is not the first to come, or comes too early, leaves the job alone; one that
   was begun too often has failed.
2. The upload is opened with the key from the job's row and read where it is wanted; nothing of it is written anywhere.
3. Once a second at most the worker says how far it is, and so keeps its lease. It stops there where the job was
   cancelled, is another attempt's, or the worker must end.
4. A check is kept under the id that the job has had from the start; then the job is done. The job is held from before
   the one until after the other: a cancellation comes before both, and then nothing is kept, or comes too late. Whoever
   begins the job again after a death in between finds the check there, and asks nothing twice. A check is kept, too,
   where the database cannot say how the job stands: an hour's look is not lost to that.
5. An enrolment's rows, change, ledger entry and the end of its job are one transaction.
6. What cannot be done now is tried again, later each time. What can never be done has failed, and says why.
7. When a job has ended, its upload's key has gone with that commit, and the file is deleted.
"""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from index.clips import ClipProgress
from index.errors import DecodersBusy, FaceError, IndexingError
from index.verdict import Level
from registry.domain import (
    MAX_ATTEMPTS,
    Check,
    Job,
    JobKind,
    begun,
    checked,
    enrolled,
    failed,
    heard,
    postponed,
    released,
)
from registry.errors import (
    AttemptsExhausted,
    NotFound,
    RegistryError,
    StorageUnavailable,
    Unavailable,
    UploadLost,
)
from registry.ports import Checks, OpenedUpload, UnitOfWork
from registry.usecases.cases import open_within
from registry.usecases.enrolment import Draft, Enrolled, enrol_within
from registry.usecases.jobs.services import JobServices

HEARD_EVERY: Final = timedelta(seconds=1)
"""Each report is a commit that waits for the disk: often enough for a progress bar, and for a cancellation."""


class _TakenAway(Exception):
    """The job was cancelled, or is another attempt's: what was found is not kept."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


class _Stopping(Exception):
    """The worker must end."""


def run_job(job_id: str, services: JobServices) -> Job | None:
    """Runs a job whose time has come; returns it as it stands then, or None where it was not this attempt's to run.

    Raises:
        StorageUnavailable: the database cannot say how the job stands. Its lease ends, and it is begun again.
    """
    job = _begin(job_id, services)  # 1.
    if job is None:
        return None
    if job.state.is_ended:
        services.spool.remove(job.asked.spooled.name)
        return job
    attempt = _Attempt(job, services)
    try:
        return attempt.work()
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


class _Attempt:
    """One attempt at a job; for one thread."""

    def __init__(self, job: Job, services: JobServices) -> None:
        self._job = job
        self._services = services
        self._now = services.environment.now
        self._heard_at: datetime = self._now()
        self._progress = ClipProgress(seen_ms=0, announced_ms=None)

    def work(self) -> Job:
        """Brings the job as far as it can be brought now; raises `_TakenAway`."""
        try:
            return self._checked() if self._job.kind is JobKind.CHECK else self._enrolled()
        except _TakenAway:
            raise
        except _Stopping:
            return self._leave(lambda job: released(job, self._now()))
        except (RegistryError, IndexingError) as error:
            if _may_pass(error):
                return self._postponed(error)
            code, detail = error.code, str(error)
            return self._leave(lambda job: failed(job, code=code, detail=detail))
        except Exception as error:  # noqa: BLE001  a fault of ours: the job must neither be lost nor go on for ever
            return self._postponed(error)

    def _checked(self) -> Job:
        job, services = self._job, self._services
        if job.result_id is None:
            raise AssertionError("a check has its id from the start")
        if _is_kept(services.checks, job.result_id, job.tenant_id):
            return self._leave(checked)
        with closing(self._upload()) as source:
            services.check(
                source,
                check_id=job.result_id,
                actor=job.actor,
                context=job.asked.context,
                progress=self._tell,
                keep=self._keep,
            )
        services.spool.remove(job.asked.spooled.name)  # 7.
        return self._job

    def _keep(self, check: Check) -> None:
        """Keeps the check and ends its job (4.); raises `_TakenAway`, `StorageUnavailable`."""
        checks = self._services.checks
        try:
            with self._services.units.write() as unit:
                job = checked(self._held(unit))
                checks.add(check)
                unit.jobs.save(job)
                unit.commit(job)
        except StorageUnavailable:
            if not _is_kept(checks, check.id, check.tenant_id):
                checks.add(check)
            raise
        self._job = job

    def _enrolled(self) -> Job:
        job, asked = self._job, self._job.asked
        if asked.reference_kind is None:
            raise AssertionError("an enrolment says what it registers")
        self._require_case()
        with closing(self._upload()) as source:
            draft = self._services.describe(
                source,
                asked.reference_kind,
                edits=asked.edits,
                exclude=asked.exclude,
                progress=self._tell,
            )
        with self._services.units.write() as unit:  # 5.
            job = self._held(unit)
            found = self._registered(unit, draft)
            job = enrolled(
                job,
                case_id=found.case_id,
                reference_id=found.reference.id,
                outcome=found.outcome.value,
                receipt=found.receipt,
            )
            unit.jobs.save(job)
            unit.commit(job)
        self._services.spool.remove(asked.spooled.name)  # 7.
        return job

    def _require_case(self) -> None:
        """Raises `CaseWithdrawn` before any time is spent on what can no longer be registered."""
        if self._job.asked.case_id is not None:
            with self._services.units.read() as unit:
                unit.cases.get(self._job.asked.case_id, self._job.tenant_id).require_active()

    def _registered(self, unit: UnitOfWork, draft: Draft) -> Enrolled:
        asked, actor, environment = self._job.asked, self._job.actor, self._services.environment
        if asked.case_id is not None:
            return enrol_within(unit, asked.case_id, draft, actor=actor, environment=environment)
        opened = open_within(unit, asked.level or Level.V0, draft, actor=actor, environment=environment)
        if opened.first is None:
            raise AssertionError("a case opened with a draft has a reference")
        return opened.first

    def _upload(self) -> OpenedUpload:
        with self._services.units.read() as unit:
            key = unit.jobs.spool_key(self._job.id)
        return self._services.spool.open(replace(self._job.asked.spooled, key=key))  # 2.

    def _tell(self, progress: ClipProgress) -> None:
        """Takes note of progress; raises `_Stopping`, `_TakenAway` (3.)."""
        self._progress = progress
        if self._services.is_stopping():
            raise _Stopping
        if self._now() - self._heard_at < HEARD_EVERY:
            return
        self._heard_at = self._now()
        with suppress(StorageUnavailable):  # then a later report says it, or another attempt begins
            self._leave(lambda job: job)

    def _held(self, unit: UnitOfWork) -> Job:
        """Returns the job with this attempt's progress; raises `_TakenAway` where it is no longer this attempt's."""
        job = unit.jobs.take(self._job.id)
        if not job.is_held_by(self._job.attempts):
            raise _TakenAway(job)
        progress = self._progress
        return heard(job, self._heard_at, seen_ms=progress.seen_ms, announced_ms=progress.announced_ms)

    def _postponed(self, error: BaseException) -> Job:
        self._services.report(self._job, error)
        if self._job.attempts >= MAX_ATTEMPTS:
            return self._leave(_exhausted)
        return self._leave(lambda job: postponed(job, self._now()))

    def _leave(self, change: Callable[[Job], Job]) -> Job:
        with self._services.units.write() as unit:
            job = change(self._held(unit))
            unit.jobs.save(job)
            unit.commit(job)
        if job.state.is_ended:
            self._services.spool.remove(job.asked.spooled.name)  # 7.
        return job


def _exhausted(job: Job) -> Job:
    return failed(job, code=AttemptsExhausted.code, detail=AttemptsExhausted.title)


def _may_pass(error: Exception) -> bool:
    """Tells whether the same job may go well later."""
    return isinstance(error, Unavailable | DecodersBusy | FaceError) and not isinstance(error, UploadLost)


def _is_kept(checks: Checks, check_id: str, tenant_id: str) -> bool:
    try:
        checks.get(check_id, tenant_id)
    except NotFound:
        return False
    return True
