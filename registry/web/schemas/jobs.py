"""Models of jobs: their progress and their results."""

from typing import Annotated

from pydantic import Field

from registry.domain import Job, JobKind, JobState
from registry.usecases.jobs import CheckResult, EnrolmentResult, JobResult
from registry.web.problems import trouble_of_code
from registry.web.schemas.base import Answered, Moment
from registry.web.schemas.cases import EnrolledAnswered
from registry.web.schemas.checks import CheckAnswered, Seconds


class ProgressAnswered(Answered):
    """Progress through the clip, in seconds since its first frame."""

    seen_s: Seconds
    of_s: Annotated[
        Seconds | None, Field(description="The clip's length as its header announces it, which may be wrong.")
    ]


class JobProblem(Answered):
    """The reason of a failed job, as a request would have been answered; docs/errors.md explains each code."""

    status: int
    code: str
    detail: str


class JobAnswered(Answered):
    """A job. When it is `done`, its result is in `check` or `enrolment`."""

    job: str
    kind: JobKind
    state: Annotated[
        JobState,
        Field(
            description="`waiting` and `working` lead on; `done`, `failed` and `cancelled` are the end, and the clip is"
            " gone from the registry's disk."
        ),
    ]
    progress: ProgressAnswered
    attempts: int
    created_at: Moment
    check: CheckAnswered | None
    enrolment: EnrolledAnswered | None
    problem: JobProblem | None

    @classmethod
    def of(cls, job: Job, result: JobResult | None) -> "JobAnswered":
        """Return the model of a job and its result."""
        return cls(
            job=job.id,
            kind=job.kind,
            state=job.state,
            progress=ProgressAnswered(
                seen_s=job.seen_ms / 1000,
                of_s=None if job.announced_ms is None else job.announced_ms / 1000,
            ),
            attempts=job.attempts,
            created_at=job.created_at,
            check=CheckAnswered.of(result.check) if isinstance(result, CheckResult) else None,
            enrolment=EnrolledAnswered.of(result.enrolled) if isinstance(result, EnrolmentResult) else None,
            problem=_problem(job),
        )


def _problem(job: Job) -> JobProblem | None:
    if job.problem_code is None:
        return None
    trouble = trouble_of_code(job.problem_code, job.problem_detail or "")
    return JobProblem(status=trouble.status, code=trouble.code, detail=trouble.detail)
