"""A registry with a spool; each test decides what matching finds for its jobs."""

import os
from dataclasses import dataclass, field, replace

from index.clips.values import ClipProgress
from index.verdict.ladder import Verdict
from index.verdict.vocabulary import Band, Outcome
from registry.domain.check import Check
from registry.domain.job import JobKind
from registry.security.spool import Spool
from registry.usecases.jobs.running import run_job
from registry.usecases.jobs.services import JobServices
from registry.usecases.jobs.submitting import submit_job
from tests.support.asked import asked_of
from tests.support.databases.registry_parts import ALICE, DANA, Clock, add_keys, environment, seen_draft
from tests.support.usecases.fakes import FakeChecks

MACHINE = "mac_0000000000000000"
CLIP = os.urandom(300_000)


def nothing(_look):
    """Goes on as if nothing had happened."""


@dataclass
class JobParts:
    """Submits and runs jobs. `during` is called while a job is worked on, with the callback for progress.

    `at_last` is called when all is seen and said, right before a check is kept.
    """

    databases: object
    folder: object
    clock: Clock = field(default_factory=Clock)
    checks: FakeChecks = field(default_factory=FakeChecks)
    during: object = nothing
    draft: object = None
    at_last: object = nothing
    stopping: bool = False
    reported: list = field(default_factory=list)
    seen: list = field(default_factory=list)
    contexts: list = field(default_factory=list)

    def __post_init__(self):
        self.units = self.databases.units
        add_keys(self.units)
        self.around = environment(self.clock)
        self.spool = Spool(self.folder, MACHINE)
        self.services = JobServices(
            units=self.units,
            checks=self.checks,
            spool=self.spool,
            environment=self.around,
            check=self._check,
            describe=self._describe,
            report=lambda job, error: self.reported.append((job.id, type(error))),
            is_stopping=lambda: self.stopping,
        )

    def submit(self, kind=JobKind.CHECK, actor=None, **asked):
        """Spools the clip and submits a job about it."""
        with self.spool.create() as writer:
            writer.write(CLIP)
            return submit_job(
                asked_of(kind, writer.finish(), **asked),
                actor=actor or (DANA if kind is JobKind.CHECK else ALICE),
                units=self.units,
                environment=self.around,
            )

    def run(self, job, **changed):
        """Runs a job, as a worker that the queue told its id."""
        return run_job(job.id, replace(self.services, **changed))

    def read(self, job):
        """Reads a job as it stands now."""
        with self.units.read() as unit:
            return unit.jobs.get(job.id, job.tenant_id)

    def tell(self, progress, seen_ms):
        """Tells of progress a second later."""
        self.clock.advance(seconds=1)
        progress(ClipProgress(seen_ms=seen_ms, announced_ms=9_000))

    def _check(self, source, *, check_id, actor, context, uploader, progress, keep):
        self.seen.append(source.read(0, source.size))
        self.contexts.append((context, uploader))
        self.during(progress)
        check = Check(
            id=check_id,
            tenant_id=actor.tenant_id,
            verdict=Verdict(outcome=Outcome.ALLOW, band=Band.NONE, kinds=(), reasons=()),
            as_of=1,
            checked_at=self.clock(),
        )
        self.at_last(check)
        keep(check)
        return check

    def _describe(self, source, kind, *, edits, exclude, progress):
        self.seen.append((source.read(0, source.size), kind, edits, exclude))
        self.during(progress)
        return self.draft or seen_draft("clip", kind)
