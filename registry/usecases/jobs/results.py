"""Read the result of a job."""

from dataclasses import dataclass

from registry.domain import Case, Check, CheckJob, EnrolmentJob, Job, JobState, Registered
from registry.ports import Checks, Units
from registry.usecases.enrolment import Enrolled, EnrolOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of a job that checked a clip."""

    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentResult:
    """The result of a job that registered a clip.

    Attributes:
        case: the case that holds the reference, as it is now.
        enrolled: the reference that represents the clip.
    """

    case: Case
    enrolled: Enrolled


JobResult = CheckResult | EnrolmentResult


def read_result(job: Job, *, checks: Checks, units: Units) -> JobResult | None:
    """Return the result of a job that the caller may read, or None unless the job is done."""
    match job:
        case CheckJob(state=JobState.DONE):
            return CheckResult(check=checks.get(job.check_id, job.tenant_id))
        case EnrolmentJob(registered=Registered() as registered):
            return _enrolment(registered, job.tenant_id, units)
    return None


def _enrolment(registered: Registered, tenant_id: str, units: Units) -> EnrolmentResult:
    with units.read() as unit:
        case = unit.cases.get(registered.case_id, tenant_id)
        references = unit.references.of_case(case.id)
    [reference] = [one for one in references if one.id == registered.reference_id]
    enrolled = Enrolled(
        outcome=EnrolOutcome(registered.outcome),
        case_id=case.id,
        reference=reference,
        receipt=registered.receipt,
    )
    return EnrolmentResult(case=case, enrolled=enrolled)
