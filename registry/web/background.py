"""Jobs for clips: a clip takes longer than a request, so it becomes a job. The caller may wait for its end.

1. The clip is completely in the spool before its job is written. The answer is 202; the job survives a crash.
2. The answer is stored under an Idempotency-Key like every answer. A repeated clip is deleted with its request.
3. `Prefer: wait=N` (RFC 7240) waits up to N seconds, at most 60 s, and then answers as for a picture. Half of the
   request threads may wait; further callers get the 202 at once.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from flask import Response, current_app, request

from registry.domain import Job, JobAsked, Spooled
from registry.storage.rows import SqlUnits
from registry.usecases.jobs import CheckResult, EnrolmentResult, read_result, submit_job
from registry.web.bodies import Parameters
from registry.web.context import actor, container
from registry.web.idempotency import REPLAYED, Rendered, once
from registry.web.problems import response_of, trouble_of_code
from registry.web.schemas import JobAnswered
from registry.web.uploads import Upload

PREFER: Final = "Prefer"
APPLIED: Final = "Preference-Applied"
MAX_WAIT_S: Final = 60
RETRY_S: Final = 1
POLL_S: Final = 0.1

_R = TypeVar("_R", CheckResult, EnrolmentResult)

_WAIT: Final = re.compile(r'wait\s*=\s*"?([0-9]{1,9})"?', re.ASCII | re.IGNORECASE)
_WAITERS: Final = "registry.waiters"


def as_job(
    upload: Upload,
    parameters: Parameters,
    asked: Callable[[Spooled], JobAsked],
    finished: Callable[[_R], Rendered],
    result: type[_R],
) -> Response:
    """Submit a job about a clip. Answer with the job, or with its result if the caller waits for it.

    Args:
        upload: the clip.
        parameters: parameters that identify a repeated request.
        asked: returns the job's request for a clip in the spool.
        finished: renders the result of the job like that of a picture.
        result: type of that result.
    """
    parts = container()
    caller = actor()

    def act(units: SqlUnits) -> Job:
        spooled = upload.clip()  # 1.
        job = submit_job(asked(spooled), actor=caller, units=units, environment=parts.environment)
        upload.take_over()
        return job

    def render(job: Job) -> Rendered:
        return rendered(job, status=HTTPStatus.ACCEPTED)

    response = once(parts.units, parameters, act, render)  # 2.
    if response.status_code != HTTPStatus.ACCEPTED:
        return response
    response.headers.setdefault("Retry-After", str(RETRY_S))
    job_id = json.loads(response.get_data())["job"]
    answer = _waited_for(job_id, finished, result) or response  # 3.
    if answer.status_code == HTTPStatus.ACCEPTED:
        answer.headers["Location"] = f"/v1/jobs/{job_id}"
    if REPLAYED in response.headers:
        answer.headers[REPLAYED] = response.headers[REPLAYED]
    return answer


def rendered(job: Job, *, status: int = HTTPStatus.OK) -> Rendered:
    """Render a job. The answer about an unfinished job states when to ask again."""
    parts = container()
    result = read_result(job, checks=parts.checks, units=parts.units)
    return Rendered(
        status=status,
        model=JobAnswered.of(job, result),
        retry_after_s=None if job.state.is_ended else RETRY_S,
    )


def _waited_for(job_id: str, finished: Callable[[_R], Rendered], kind: type[_R]) -> Response | None:
    """Return the answer after the job has ended or the time is over; None if the caller does not or cannot wait."""
    seconds = _seconds_to_wait()
    if seconds is None or not _waiters().acquire(blocking=False):
        return None
    try:
        job = _when_ended(job_id, time.monotonic() + seconds)
    finally:
        _waiters().release()
    answer = _answer(job, finished, kind)
    answer.headers[APPLIED] = f"wait={seconds}"
    return answer


def _when_ended(job_id: str, deadline: float) -> Job:
    while True:
        with container().units.read() as unit:
            job = unit.jobs.get(job_id, actor().tenant_id)
        left = deadline - time.monotonic()
        if job.state.is_ended or left <= 0:
            return job
        time.sleep(min(POLL_S, left))


def _answer(job: Job, finished: Callable[[_R], Rendered], kind: type[_R]) -> Response:
    parts = container()
    result = read_result(job, checks=parts.checks, units=parts.units)
    if isinstance(result, kind):
        return finished(result).response()
    if job.problem_code is not None:
        return response_of(trouble_of_code(job.problem_code, job.problem_detail or ""))
    return rendered(job, status=HTTPStatus.ACCEPTED).response()


def _seconds_to_wait() -> int | None:
    """Return the first `wait` preference, in seconds. Ignore a malformed preference, as RFC 7240 requires."""
    for preference in ",".join(request.headers.getlist(PREFER)).split(","):
        found = _WAIT.fullmatch(preference.partition(";")[0].strip())
        if found is not None:
            return min(int(found[1]), MAX_WAIT_S) or None
    return None


def _waiters() -> threading.BoundedSemaphore:
    """Return the semaphore of this process that bounds the waiting requests."""
    places = threading.BoundedSemaphore(max(1, container().settings.threads // 2))
    found: threading.BoundedSemaphore = current_app.extensions.setdefault(_WAITERS, places)
    return found
