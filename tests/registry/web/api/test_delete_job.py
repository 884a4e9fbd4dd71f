"""DELETE /v1/jobs/{job}."""

import threading

import pytest

from registry.domain.roles import ROLE_PERMISSIONS, Role
from registry.permissions import Permission
from tests.support.web.clips import ended, new_clip, spooled, work_off
from tests.support.web.service import assert_problem, until

pytestmark = pytest.mark.usefixtures("idle")


@pytest.fixture
def accepted(dana):
    """A check of a clip that nobody has begun."""
    return dana.send("/v1/checks", new_clip())


def test_a_cancelled_job_leaves_nothing(service, dana, accepted):
    """A cancelled job has come to nothing, its clip is gone, and no worker begins it."""
    before = service.count("checks")
    answer = dana.ask("DELETE", accepted.headers["Location"])
    assert (answer.status_code, answer.json["state"], answer.json["check"]) == (200, "cancelled", None)
    assert "Retry-After" not in answer.headers
    assert spooled(service) == []
    work_off(service)
    assert service.count("checks") == before
    assert dana.get(accepted.headers["Location"]).json == answer.json


def test_cancelling_again_is_harmless(dana, accepted):
    """A second cancellation is answered as the first."""
    first = dana.ask("DELETE", accepted.headers["Location"])
    second = dana.ask("DELETE", accepted.headers["Location"])
    assert (second.status_code, second.data) == (first.status_code, first.data)


def test_what_has_ended_stays(service, dana, accepted):
    """A job that is done is not cancelled: its answer stands."""
    job = ended(service, dana, accepted)
    assert_problem(dana.ask("DELETE", accepted.headers["Location"]), 409, "job-ended")
    assert dana.get(accepted.headers["Location"]).json == job


def test_a_stranger_cancels_nothing(service, dana, erin, accepted):
    """Another platform is told that there is no such job, and the job goes on."""
    assert_problem(erin.ask("DELETE", accepted.headers["Location"]), 404, "not-found")
    assert ended(service, dana, accepted)["state"] == "done"


def test_another_key_of_the_tenant_needs_the_permission(service, dana, accepted):
    """A second key of the platform is refused; one that may cancel any job is not."""
    permissions = ROLE_PERMISSIONS[Role.PLATFORM]
    second = service.newcomer(Role.PLATFORM, tenant_id=dana.tenant_id)
    assert_problem(second.ask("DELETE", accepted.headers["Location"]), 403, "not-permitted")
    assert dana.get(accepted.headers["Location"]).json["state"] == "waiting"
    third = service.newcomer(
        Role.PLATFORM, tenant_id=dana.tenant_id, permissions=permissions | {Permission.JOB_CANCEL_ANY}
    )
    assert third.ask("DELETE", accepted.headers["Location"]).json["state"] == "cancelled"


def test_who_waits_learns_of_the_cancellation(service, dana):
    """A request that waits ends with the job as it was cancelled, which is no answer about the clip."""
    jobs = service.count("jobs")
    answers = []

    def ask():
        answers.append(dana.send("/v1/checks", new_clip(), headers={"Prefer": "wait=60"}))

    waiting = threading.Thread(target=ask)
    waiting.start()
    until(lambda: service.count("jobs") == jobs + 1)
    with service.container.units.read() as unit:
        [waiting_job] = unit.jobs.due(service.container.machine_id, service.container.environment.now(), 9)
    dana.ask("DELETE", f"/v1/jobs/{waiting_job.id}")
    waiting.join()
    [answer] = answers
    assert (answer.status_code, answer.json["state"], answer.json["check"]) == (202, "cancelled", None)
    assert "Retry-After" not in answer.headers


def test_a_worker_stops_what_is_cancelled(service, dana, accepted, monkeypatch):
    """A job that is cancelled while it is worked on comes to nothing, whatever its worker finds."""
    watch = service.container.clips.read_frames

    def cancelling(source, progress, **asked):
        dana.ask("DELETE", accepted.headers["Location"])
        return watch(source, progress, **asked)

    monkeypatch.setattr(service.container.clips, "read_frames", cancelling)
    work_off(service)
    assert dana.get(accepted.headers["Location"]).json["state"] == "cancelled"
    assert spooled(service) == []
