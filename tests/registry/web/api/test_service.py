"""GET /healthz, /readyz, /metrics, /openapi.json, /docs and /docs.css."""

import json
from html.parser import HTMLParser

import pytest

from tests.support.web.media import codes, made_up_pdq
from tests.support.web.service import assert_problem, built, until

PUBLIC = ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs.css"]
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def nobody(service):
    """Somebody without a key."""
    return service.with_key(None)


@pytest.mark.parametrize("path", PUBLIC)
def test_these_are_public(nobody, path):
    """Probes and the description need no key."""
    assert nobody.get(path).status_code == 200


def test_a_live_process_says_so(nobody):
    """A process that answers at all says ok."""
    assert nobody.get("/healthz").json == {"status": "ok"}


def test_readiness_is_one_word(alice, nobody, picture):
    """A ready service says so and nothing else."""
    alice.opens(picture)
    assert nobody.get("/readyz").json == {"ready": True}


def test_it_is_not_ready_before_the_index_is(tmp_path):
    """Until the index is read a live service is not ready, answers no check, and becomes ready by itself."""
    with built(tmp_path) as service:
        nobody = service.with_key(None)
        assert nobody.get("/healthz").status_code == 200
        problem = assert_problem(nobody.get("/readyz"), 503, "index-not-ready")
        assert problem["detail"].endswith("(waiting for: pdq-1, anchored-1, frames-1, frame-pdq-1)")
        asked = {"codes": codes(made_up_pdq(10))}
        assert_problem(service.operator.post("/v1/checks", json=asked), 503, "index-not-ready")
        service.container.start()
        until(lambda: nobody.get("/readyz").status_code == 200)
        assert service.operator.post("/v1/checks", json=asked).status_code == 201


def test_metrics_count_requests_and_verdicts(monica, dana):
    """The metrics count requests by endpoint and verdicts by outcome."""
    name = 'takedown_verdicts_total{verdict="allow"}'
    before = _metrics(monica).get(name, 0.0)
    dana.checks(codes=codes(made_up_pdq(11)))
    after = _metrics(monica)
    assert after[name] == before + 1
    assert any(name.startswith('takedown_requests_total{endpoint="checks.post_check"') for name in after)
    assert after['takedown_index_lag{family="pdq-1"}'] == 0
    assert after['takedown_index_lag{family="anchored-1"}'] == 0


def test_a_wild_path_makes_no_metric(monica, nobody):
    """Paths and methods that a client invents never become labels."""
    nobody.ask("GET", "/v1/canary-path")
    nobody.ask("CANARYMETHOD", "/v1/cases")
    assert "canary" not in monica.get("/metrics").text.lower()


def test_the_description_is_openapi(nobody):
    """The document says that it is OpenAPI 3.1, with a key as bearer token."""
    document = json.loads(nobody.get("/openapi.json").data)
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}


def test_the_page_loads_nothing_from_elsewhere(nobody):
    """The page names every operation and refers to nothing outside this service."""
    page = nobody.get("/docs")
    parser = _Links()
    parser.feed(page.text)
    assert "/v1/checks/{check_id}/decision" in page.text
    assert parser.found
    assert all(link.startswith("/") and not link.startswith("//") for link in parser.found)
    assert all(nobody.get(link).status_code == 200 for link in parser.found)


@pytest.mark.parametrize("path", [*PUBLIC, "/v1/cases/none", "/nothing", "/metrics"])
def test_every_answer_is_guarded_by_headers(nobody, path):
    """Answers of every kind tell browsers to keep, guess, embed and run nothing."""
    headers = nobody.get(path).headers
    assert SECURITY_HEADERS.items() <= dict(headers).items()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


class _Links(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, _tag, attrs):
        self.found += [value for name, value in attrs if name in {"href", "src", "action"}]


def _metrics(person):
    lines = person.get("/metrics").text.splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}
