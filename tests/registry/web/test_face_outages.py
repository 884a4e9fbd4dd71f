"""Face engines that fail: 503 with Retry-After, nothing written, and never an answer about an upload."""

import pytest

from index.errors import EngineUnavailable, FaceError, MalformedManifest, ModelDamaged
from registry.demo.pictures import drawn
from registry.domain.family import CODE_FAMILIES
from tests.support.paths import DEMO_PICTURES
from tests.support.web.clips import new_clip, work_off
from tests.support.web.service import assert_problem, built, until

FAILURES = (FaceError, EngineUnavailable, ModelDamaged, MalformedManifest)
PORTRAIT = DEMO_PICTURES / "astronaut.jpg"


class Failing:
    """Stands in the finder's place."""

    def __init__(self):
        self.error = FaceError

    def find(self, _pictures):
        """Finds nothing, loudly."""
        raise self.error("a face engine of the tests failed")

    def close(self):
        """Has nothing to close."""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service whose face engine is on; no worker of it is ever started."""
    with built(tmp_path_factory.mktemp("faces"), faces="dlib-resnet-1") as made:
        made.container.faces.close()
        made.container.faces._finder = Failing()
        made.container.start()
        until(lambda: made.with_key(None).get("/readyz").status_code == 200)
        until(lambda: made.count("index_machines") == len(CODE_FAMILIES) + 1)  # then nothing writes by itself
        yield made


@pytest.fixture(params=FAILURES, ids=lambda error: error.code)
def failure(service, request):
    """One way in which faces cannot be looked for; returns its code."""
    service.container.faces._finder.error = request.param
    return request.param.code


def test_a_check_is_not_answered(service, failure):
    """A picture whose faces nobody could look at gets no verdict, and no check is kept."""
    before = service.rows()
    assert_problem(service.operator.send("/v1/checks", drawn(951, (480, 320))), 503, failure)
    assert service.rows() == before


def test_a_likeness_is_not_registered(service, failure):
    """A photograph that no engine described opens no case."""
    before = service.rows()
    answer = service.operator.send(
        "/v1/cases", PORTRAIT.read_bytes(), kind="likeness", level="V2", consent="true"
    )
    assert_problem(answer, 503, failure)
    assert service.rows() == before


def test_a_clip_gets_no_verdict(service, failure):
    """A clip's job holds no verdict, whatever becomes of the job."""
    accepted = service.operator.send("/v1/checks", new_clip(1))
    assert accepted.status_code == 202
    work_off(service)
    job = service.operator.get(accepted.headers["Location"]).json
    assert job["check"] is None
    if job["state"] == "failed":
        assert (job["problem"]["status"], job["problem"]["code"]) == (503, failure)
    else:
        assert (job["state"], job["attempts"]) == ("waiting", 1)


def test_what_needs_no_face_is_answered(service, failure):
    """Codes show no face: a check of them is answered all the same."""
    assert failure
    digest = {"algorithm": "sha256", "value": "5" * 64}
    assert service.operator.checks(codes=[digest])["verdict"] == "allow"
