"""Reads what a job has come to."""

from dataclasses import dataclass

from registry.domain import Case, Check, Job, JobKind, JobState
from registry.errors import NotFound
from registry.ports import Checks, Units
from registry.usecases.enrolment import Enrolled, EnrolOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a job has come to; nothing before it is done, and where it has failed.

    Attributes:
        check: the answer, of a check.
        case: the case that holds the reference, of an enrolment, as it is now.
        enrolled: the reference that stands for the clip, likewise.
    """

    check: Check | None = None
    case: Case | None = None
    enrolled: Enrolled | None = None


def read_result(job: Job, *, checks: Checks, units: Units) -> JobResult:
    """Returns the result of a job that the caller may read."""
    if job.state is not JobState.DONE or job.result_id is None:
        return JobResult()
    if job.kind is JobKind.CHECK:
        return JobResult(check=checks.get(job.result_id, job.tenant_id))
    if job.case_id is None or job.outcome is None:
        raise NotFound
    with units.read() as unit:
        case = unit.cases.get(job.case_id, job.tenant_id)
        references = unit.references.of_case(case.id)
    [reference] = [one for one in references if one.id == job.result_id]
    enrolled = Enrolled(
        outcome=EnrolOutcome(job.outcome), case_id=case.id, reference=reference, receipt=job.receipt
    )
    return JobResult(case=case, enrolled=enrolled)
