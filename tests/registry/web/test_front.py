"""The application's part in the server: answers without a thread, and requests that do not arrive in time."""

import io
import json

import pytest

from registry.domain.roles import Role
from registry.web import front
from registry.web.observing import REQUESTS
from tests.support.web.service import PROBLEM, assert_problem, multipart, upload


class Slow:
    """A body of which only the beginning arrives in time. Like gunicorn's bodies it can be read only."""

    def __init__(self, beginning):
        self._beginning = io.BytesIO(beginning)

    def read(self, size=-1):
        """Return the beginning, then nothing in time."""
        beginning = self._beginning.read(size)
        if not beginning:
            raise TimeoutError
        return beginning


REFUSALS = {"too_slow": (408, "body-too-slow"), "too_many": (429, "too-many-waiting")}
REFUSALS["head_too_large"] = (431, "header-too-large")


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_a_problem_document_like_any_other(service, refusal):
    """It has status, type and length, ends the connection, and is counted and logged without a word of the client's."""
    status, code = REFUSALS[refusal]
    counter = REQUESTS.labels(endpoint="unknown", method="unknown", status=status)
    before = counter._value.get()
    head, _, body = getattr(service.app.front, refusal)().partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert first.startswith(f"HTTP/1.1 {status} ")
    assert fields["Content-Type"] == PROBLEM
    assert int(fields["Content-Length"]) == len(body)
    assert fields["Connection"] == "close"
    assert ("Retry-After" in fields) == (status == 429)
    document = json.loads(body)
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:takedown-registry:problem:{code}"
    assert counter._value.get() == before + 1
    logged = json.loads(service.log.getvalue().splitlines()[-1])
    assert (logged["event"], logged["status"], logged["code"]) == ("http.refused", status, code)


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/cases"])
@pytest.mark.parametrize("is_media", [True, False])
def test_a_body_that_does_not_arrive_in_time_is_told_so(service, frank, picture, path, is_media):
    """Whatever part of it was read, the answer is 408 and nothing is written."""
    before = service.rows()
    data = multipart({"media": upload(picture)}, "b") if is_media else b'{"codes": ['
    content_type = "multipart/form-data; boundary=b" if is_media else "application/json"
    body = {"wsgi.input": Slow(data[: len(data) // 2]), "CONTENT_LENGTH": str(len(data))}
    answer = frank.post(path, environ_overrides=body, content_type=content_type)
    assert_problem(answer, 408, "body-too-slow")
    assert service.rows() == before


def test_the_known_keys_are_bounded(service, monkeypatch):
    """The key that was learnt first is forgotten first; no header is kept as it is."""
    monkeypatch.setattr(front, "MAX_KNOWN", 2)
    known = front.Front(service.container)
    for name in ("one", "two", "three"):
        known.learn(f"Bearer {name}", name)
    assert [known.tenant_of(f"Bearer {name}") for name in ("one", "two", "three")] == [None, "two", "three"]
    assert "three" not in "".join(repr(name) for name in known._tenants)


def test_a_key_that_is_refused_takes_no_turn_of_its_tenant(service):
    """A stolen key that was revoked is forgotten with its first refusal; its tenant's other key is not."""
    stolen = service.newcomer(Role.PLATFORM)
    other = service.newcomer(Role.PLATFORM, tenant_id=stolen.tenant_id)
    known = service.app.front
    for person in (stolen, other):
        person.get("/v1/checks/chk_0000000000000000")
        assert known.tenant_of(f"Bearer {person.key}") == stolen.tenant_id
    service.revoke(stolen)
    assert_problem(stolen.get("/v1/checks/chk_0000000000000000"), 401, "credential-revoked")
    assert known.tenant_of(f"Bearer {stolen.key}") is None
    assert known.tenant_of(f"Bearer {other.key}") == stolen.tenant_id
