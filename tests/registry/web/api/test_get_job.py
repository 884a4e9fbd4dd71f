"""GET /v1/jobs/{job}."""

import pytest

from registry.domain.roles import Role
from registry.permissions import Permission
from registry.usecases.jobs import running
from tests.support.web.clips import BROKEN, ended, new_clip, registers, work_off
from tests.support.web.service import assert_problem

pytestmark = pytest.mark.usefixtures("idle")


@pytest.fixture
def clip():
    """A clip that no other test uses."""
    return new_clip()


def test_a_job_tells_what_a_check_has_come_to(service, dana, clip):
    """The job of a check holds the check's own answer, and says how far the clip was looked at."""
    job = ended(service, dana, dana.send("/v1/checks", clip))
    assert (job["kind"], job["state"], job["attempts"]) == ("check", "done", 1)
    assert (job["enrolment"], job["problem"]) == (None, None)
    assert dana.get(f"/v1/checks/{job['check']['check_id']}").json == job["check"] | {"decision": None}


def test_a_job_tells_how_far_it_is(service, dana, clip, monkeypatch):
    """While a clip is looked at its job says so, how far, and that it is worth asking again."""
    accepted = dana.send("/v1/checks", clip)
    seen = []
    monkeypatch.setattr(running, "HEARD_EVERY", running.HEARD_EVERY * 0)
    heard = service.container.clips.read_frames

    def watch(source, progress, **asked):
        def told(at):
            progress(at)
            seen.append(dana.get(accepted.headers["Location"]))

        return heard(source, told, **asked)

    monkeypatch.setattr(service.container.clips, "read_frames", watch)
    work_off(service)
    assert {answer.json["state"] for answer in seen} == {"working"}
    assert {answer.headers["Retry-After"] for answer in seen} == {"1"}
    far = [answer.json["progress"]["seen_s"] for answer in seen]
    assert far == sorted(far)
    assert far[-1] > far[0]
    assert seen[-1].json["progress"]["of_s"] == pytest.approx(4.0, abs=0.5)
    answer = dana.get(accepted.headers["Location"])
    assert answer.json["state"] == "done"
    assert "Retry-After" not in answer.headers


def test_a_failed_job_says_why(service, dana):
    """A job that has failed holds status, code and detail of a problem, and no result."""
    job = ended(service, dana, dana.send("/v1/checks", BROKEN))
    assert job["state"] == "failed"
    assert set(job["problem"]) == {"status", "code", "detail"}
    assert (job["check"], job["enrolment"]) == (None, None)


def test_a_job_of_a_withdrawn_case_tells_of_nothing_found(service, alice, clip):
    """After the withdrawal the enrolment's job says that its reference is found in nothing any more."""
    accepted = alice.send("/v1/cases", clip)
    enrolment = ended(service, alice, accepted)["enrolment"]
    alice.post(f"/v1/cases/{enrolment['case']}/withdrawal")
    told = alice.get(accepted.headers["Location"]).json["enrolment"]
    assert told == enrolment | {"found_by": []}


def test_a_strangers_job_is_not_there(service, alice, charlie, clip):
    """Another tenant's job and a missing one are answered alike."""
    accepted = alice.send("/v1/cases", clip)
    foreign = charlie.get(accepted.headers["Location"])
    assert_problem(foreign, 404, "not-found")
    assert foreign.data == charlie.get("/v1/jobs/job_0000000000000000").data
    alice.ask("DELETE", accepted.headers["Location"])


def test_a_claimant_learns_no_verdict_by_a_job(service, clip):
    """Within a tenant too, who may not read checks reads none by its job, and who may not read cases no reference."""
    platform = service.newcomer(Role.PLATFORM)
    claimant = service.newcomer(Role.CLAIMANT, tenant_id=platform.tenant_id)
    check = platform.send("/v1/checks", clip)
    enrolment = claimant.send("/v1/cases", clip)
    work_off(service)
    assert_problem(claimant.get(check.headers["Location"]), 403, "not-permitted")
    assert_problem(platform.get(enrolment.headers["Location"]), 403, "not-permitted")
    assert platform.get(check.headers["Location"]).json["check"]["verdict"] == "allow"
    assert claimant.get(enrolment.headers["Location"]).json["enrolment"]["outcome"] == "enrolled"


def test_who_may_only_ask_waits(service, clip):
    """A key that may ask, and read nothing, gets its answer by waiting; only its own."""
    asking = service.newcomer(Role.PLATFORM, permissions=frozenset({Permission.CHECK_CREATE}))
    key = {"Idempotency-Key": "asks-alone"}
    accepted = asking.send("/v1/checks", clip, headers=key)
    work_off(service)
    assert_problem(asking.get(accepted.headers["Location"]), 403, "not-permitted")
    answer = asking.send("/v1/checks", clip, headers=key | {"Prefer": "wait=60"})
    assert (answer.status_code, answer.json["verdict"]) == (201, "allow")


def test_a_job_tells_what_an_enrolment_has_come_to(service, bob, clip):
    """The job of an enrolment names the reference as its case does, with its receipt."""
    enrolment = registers(service, bob, clip, level="V1")
    case = bob.get(f"/v1/cases/{enrolment['case']}").json
    [reference] = case["references"]
    assert case["level"] == "V1"
    assert {name: enrolment[name] for name in ("reference", "kind", "enrolled_at", "found_by")} == {
        name: reference[name] for name in ("reference", "kind", "enrolled_at", "found_by")
    }
    assert len(enrolment["receipt"]) == 64
