"""Uploads that public bug reports of similar tools describe, each with the answers that are right.

The files are in ../shared/eval/reports. `test_kinds.py` beside this module makes others of each kind.
"""

import json

import pytest

from registry.domain.roles import Role
from tests.support.paths import EVAL
from tests.support.web.clips import ended, work_off
from tests.support.web.service import running

REPORTS = EVAL / "reports"
MANIFEST = REPORTS / "manifest.jsonl"
CASES = [json.loads(line) for line in MANIFEST.read_text().splitlines()] if MANIFEST.exists() else []
ERROR = "error"

pytestmark = pytest.mark.skipif(
    not CASES, reason="the public reports are not on this machine (../shared/eval)"
)


def outcome(service, person, media):
    """The verdict about an upload, or `ERROR`; a clip's job is run to its end."""
    answer = person.send("/v1/checks", media)
    if answer.status_code == 201:
        return answer.json["verdict"], answer.json
    if answer.status_code != 202:
        return ERROR, answer.json
    work_off(service)
    job = person.get(answer.headers["Location"]).json
    return (job["check"]["verdict"], job["check"]) if job["state"] == "done" else (ERROR, job)


@pytest.fixture(scope="module", params=CASES, ids=[case["case"] for case in CASES])
def reported(request, tmp_path_factory):
    """A case of the manifest, a service in which its files are registered at V1, and a platform's key."""
    case = request.param
    with running(tmp_path_factory.mktemp("reports")) as service:
        agency = service.newcomer(Role.AGENCY)
        for name in case["register"]:
            answer = agency.send("/v1/cases", (REPORTS / name).read_bytes(), level="V1")
            assert answer.status_code in {201, 202}, answer.text
            enrolment = (
                answer.json if answer.status_code == 201 else ended(service, agency, answer)["enrolment"]
            )
            agency.verified(enrolment, "V1")
        yield case, service, service.newcomer(Role.PLATFORM)


def test_the_uploads_of_a_public_report_are_answered_rightly(reported):
    """Registered pictures and clips are found, and nothing else is held or refused."""
    case, service, platform = reported
    for upload in case["uploads"]:
        found, answer = outcome(service, platform, (REPORTS / upload["file"]).read_bytes())
        assert found in upload["expect"], (upload["file"], answer)
        if upload["file"] == "long-hold/hold-then-clip.mp4":
            first = min(segment["start_s"] for segment in answer["segments"])
            assert abs(first - 45) <= 1  # the registered clip begins after a hold of 45 seconds
        if found == ERROR:
            # Nobody can repair a sound file by sending the whole of it: it has a code of its own.
            assert (case["case"], answer["code"]) == ("sound-only", "media-sound-only")
