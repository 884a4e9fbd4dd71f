"""Endpoints that read and cancel jobs, which process clips."""

from typing import Final

from flask import Blueprint, Response

from registry.domain import ids
from registry.permissions import Permission
from registry.security import Budget
from registry.usecases.jobs import cancel_job, read_job
from registry.web.background import rendered
from registry.web.context import actor, container
from registry.web.endpoints import Endpoint, endpoint
from registry.web.identifiers import require_id
from registry.web.schemas import JobAnswered

blueprint: Final = Blueprint("jobs", __name__, url_prefix="/v1/jobs")


@blueprint.get("/<job_id>")
@endpoint(Endpoint(permission=Permission.JOB_READ, budget=Budget.READS, answer=JobAnswered, problems=(404,)))
def get_job(job_id: str) -> Response:
    """Read a job's progress and result.

    Ask again after `Retry-After` until the state is `done`, `failed` or `cancelled`. The job of a check also requires
    the permission to read checks, and the job of an enrolment the permission to read cases.
    """
    require_id(job_id, ids.JOB)
    return rendered(read_job(job_id, actor=actor(), units=container().units)).response()


@blueprint.delete("/<job_id>")
@endpoint(
    Endpoint(permission=Permission.JOB_CANCEL, budget=Budget.WRITES, answer=JobAnswered, problems=(404, 409))
)
def delete_job(job_id: str) -> Response:
    """Cancel a job.

    The job has no result, and its clip is deleted from the disk. Cancelling again has no effect. A job that is done or
    has failed cannot be cancelled. The job of another key of the tenant also requires `tenant:job:cancel_any`.
    """
    parts = container()
    require_id(job_id, ids.JOB)
    job = cancel_job(job_id, actor=actor(), units=parts.units, spool=parts.spool)
    return rendered(job).response()
