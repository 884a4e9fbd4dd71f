"""Use cases about jobs: work on clips that takes longer than a request."""

from registry.usecases.jobs.cancelling import cancel_job
from registry.usecases.jobs.reading import read_job
from registry.usecases.jobs.results import CheckResult, EnrolmentResult, JobResult, read_result
from registry.usecases.jobs.running import run_job
from registry.usecases.jobs.services import DescribeClip, JobServices, Turn
from registry.usecases.jobs.submitting import submit_job

__all__ = [
    "CheckResult",
    "DescribeClip",
    "EnrolmentResult",
    "JobResult",
    "JobServices",
    "Turn",
    "cancel_job",
    "read_job",
    "read_result",
    "run_job",
    "submit_job",
]
