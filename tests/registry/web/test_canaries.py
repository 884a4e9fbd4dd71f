"""Canaries of every kind of secret through every endpoint and every way to fail: no answer, line or metric has them.

Endpoints come from the application's own routes, so a new one is covered by itself.
"""

import json
import re
import urllib.parse

import pytest

from registry.domain.roles import Role
from registry.errors import RateLimited, StorageUnavailable
from registry.security import RateLimits
from registry.web import observing
from registry.web.app import create_app
from registry.web.bodies import MAX_JSON_BYTES
from registry.web.endpoints import endpoint, statement_of
from registry.web.schemas import CheckByCodes
from registry.web.schemas.base import Answered
from tests.support.canaries import CANARIES, leaks, spellings
from tests.support.web.media import codes
from tests.support.web.service import assert_problem

SPELLINGS = sorted({spelling for secret in CANARIES.values() for spelling in spellings(secret)})
EVERYTHING = {
    f"{kind} {place}": one for kind in CANARIES for place, one in enumerate(spellings(CANARIES[kind]))
}
SHAPED = {"case_id": "case", "check_id": "chk", "job_id": "job", "reference_id": "ref"}

ROUTES = [
    pytest.param(rule, method, id=f"{method} {rule.rule}")
    for rule in create_app(None).url_map.iter_rules()
    for method in sorted(rule.methods - {"HEAD"})
]


def _address(rule, value):
    return re.sub(r"<[^>]+>", lambda _: urllib.parse.quote(value, safe=""), rule)


def _shaped(rule):
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: f"{SHAPED.get(match[1], 'case')}_{'0' * 16}", rule)


HEADERS = {
    "Idempotency-Key": CANARIES["e-mail"],
    "User-Agent": CANARIES["secret"],
    "Referer": "https://example.org/" + CANARIES["file"],
    "Cookie": f"a={CANARIES['key']}",
    "Prefer": f"wait={CANARIES['telephone']}",
    "X-Forwarded-For": CANARIES["telephone"],
    "X-Request-Id": CANARIES["pdq"],
    "Accept": CANARIES["recovery"],
}
BODIES = {
    "unknown fields": {"json": EVERYTHING},
    "unknown fields named so": {"json": dict.fromkeys(SPELLINGS, 1)},
    "values": {"json": dict.fromkeys(("codes", "level", "decision", "uploader", "case"), CANARIES["name"])},
    "values in their places": {
        "json": {
            "codes": [
                {"algorithm": CANARIES["name"], "value": CANARIES["pdq"], "quality": CANARIES["e-mail"]}
            ],
            "level": CANARIES["address"],
            "decision": CANARIES["telephone"],
            "case": CANARIES["file"],
            "secret": CANARIES["secret"],
        }
    },
    "codes": {"json": {"codes": codes(bytes.fromhex(CANARIES["pdq"])), "uploader": CANARIES["e-mail"]}},
    "codes of a reference": {"json": {"reference": {"codes": codes(bytes.fromhex(CANARIES["pdq"]))}}},
    "numbers": {"json": {"codes": [int(CANARIES["pdq"], 16)], "level": int(CANARIES["dhash"], 16)}},
    "no JSON": {"data": "{" + " ".join(SPELLINGS), "content_type": "application/json"},
    "names twice": {
        "data": f'{{"{CANARIES["e-mail"]}": 1, "{CANARIES["e-mail"]}": 2}}',
        "content_type": "application/json",
    },
    "deep": {"data": f'{{"{CANARIES["key"]}":' * 20 + "1" + "}" * 20, "content_type": "application/json"},
    "large": {"json": {CANARIES["name"]: CANARIES["secret"] * (MAX_JSON_BYTES // 30)}},
    "another type": {"data": CANARIES["recovery"], "content_type": f"application/{CANARIES['secret']}"},
    "a file": {
        "data": {
            "media": (" ".join(SPELLINGS).encode(), CANARIES["file"]),
            CANARIES["name"]: CANARIES["address"],
        }
    },
    "no boundary": {
        "data": CANARIES["address"],
        "content_type": f"multipart/form-data; boundary={CANARIES['key']}",
    },
}


@pytest.fixture
def listen(service, capfd):
    """Fails for an answer, and for lines since the test began, that hold a canary."""
    began = len(service.log.getvalue())

    def listened(answer=None):
        captured = capfd.readouterr()
        said = service.log.getvalue()[began:] + captured.out + captured.err
        if answer is not None:
            said += answer.text + str(answer.headers)
        assert leaks(said) == []
        return [json.loads(line) for line in service.log.getvalue()[began:].splitlines()]

    return listened


@pytest.fixture(scope="module")
def people(service):
    """An operator of another tenant than that of the tests, and somebody who may do nothing here."""
    return service.newcomer(Role.OPERATOR), service.newcomer(Role.MONITOR)


@pytest.mark.parametrize(("rule", "method"), ROUTES)
def test_no_refusal_repeats_what_was_sent(service, people, listen, rule, method):
    """Unknown, malformed, oversized and wrong requests of anybody leave no canary in answer, log and output."""
    operator, monitor = people
    for body in BODIES.values():
        for path in (_shaped(rule.rule), _address(rule.rule, CANARIES["pdq"])):
            listen(operator.ask(method, path, **body))
    strangers = (monitor, service.with_key(CANARIES["key"]), service.with_key(None))
    for person in strangers:
        listen(person.ask(method, _address(rule.rule, CANARIES["e-mail"]), **BODIES["unknown fields"]))
    for headers in ({name: value} for name, value in HEADERS.items()):
        listen(operator.ask(method, _shaped(rule.rule), headers=headers, **BODIES["values in their places"]))
    query = {"cursor": CANARIES["secret"], "label": CANARIES["name"], CANARIES["key"]: CANARIES["e-mail"]}
    listen(operator.ask(method, _shaped(rule.rule), query_string=query))
    listen(operator.ask(method, _shaped(rule.rule) + "/" + urllib.parse.quote(CANARIES["address"])))
    listen(operator.ask("CANARYKEY4711", _shaped(rule.rule)))
    listen(operator.ask("PATCH", _address(rule.rule, CANARIES["telephone"]), **BODIES["values"]))


class _Fault(ValueError):
    """A fault whose text, arguments and causes hold secrets."""


@pytest.mark.parametrize(("rule", "method"), ROUTES)
def test_no_fault_of_ours_tells_what_it_met(service, listen, monkeypatch, rule, method):
    """A 500 of every endpoint logs type and place of the error, and no value of it, nor does its answer."""

    @endpoint(statement_of(service.app.view_functions[rule.endpoint]))
    def view(**_arguments):
        error = _Fault(" ".join(SPELLINGS))
        error.add_note(CANARIES["key"])
        raise error from KeyError(*SPELLINGS)

    monkeypatch.setitem(service.app.view_functions, rule.endpoint, view)
    answer = service.operator.ask(method, _address(rule.rule, CANARIES["key"]), **BODIES["a file"])
    assert_problem(answer, 500, "internal-error")
    failed = [line for line in listen(answer) if line["event"] == "http.failed"]
    assert [(line["endpoint"], line["error_type"]) for line in failed] == [(rule.endpoint, "_Fault")]
    assert failed[0]["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("place", ["after_request", "teardown"])
def test_a_fault_beside_the_view_is_as_silent(service, listen, monkeypatch, place):
    """Flask's own lines about faults of its hooks would have their texts: they are not written."""

    def fail(*_arguments):
        raise _Fault(" ".join(SPELLINGS))

    if place == "after_request":
        monkeypatch.setattr(observing.SECONDS, "labels", fail)
        listen(service.operator.get("/healthz"))
    else:
        monkeypatch.setattr(observing, "_begin", fail)
        monkeypatch.setitem(service.app.teardown_request_funcs, None, [fail])
        with pytest.raises(_Fault):
            service.operator.get("/healthz")
        listen()


@pytest.mark.parametrize(("rule", "method"), ROUTES)
def test_no_passing_refusal_repeats_what_was_sent(service, listen, monkeypatch, rule, method):
    """A spent budget (429) and a database that is away (503) say no more."""
    if statement_of(service.app.view_functions[rule.endpoint]).permission is None:
        return

    def away(*_arguments, **_keywords):
        raise StorageUnavailable

    def spent(*_arguments):
        raise RateLimited(1)

    with monkeypatch.context() as patch:
        patch.setattr(type(service.container.authenticator), "actor", away)
        answer = service.operator.ask(method, _address(rule.rule, CANARIES["pdq"]), **BODIES["values"])
        assert_problem(answer, 503, "storage-unavailable")
        listen(answer)
    monkeypatch.setattr(RateLimits, "draw", spent)
    answer = service.operator.ask(method, _address(rule.rule, CANARIES["pdq"]), **BODIES["values"])
    assert_problem(answer, 429, "rate-limited")
    listen(answer)


def test_what_succeeds_repeats_nothing_either(service, listen, new_picture):
    """Codes that are registered and asked about, an uploader and a file's name are in no answer and no line."""
    person, pdq = service.operator, bytes.fromhex(CANARIES["pdq"])
    listen(person.post("/v1/cases", json={"reference": {"codes": codes(pdq)}, "level": "V1"}))
    listen(person.post("/v1/checks", json={"codes": codes(pdq), "uploader": CANARIES["e-mail"]}))
    media = {"media": (new_picture(), CANARIES["file"])}
    answer = person.post("/v1/cases", data=media, headers={"Idempotency-Key": CANARIES["dhash"]})
    assert answer.status_code == 201
    listen(answer)


def test_the_metrics_have_no_canary(service):
    """After all that was sent no label or name of a metric has a canary."""
    service.operator.get("/" + urllib.parse.quote(CANARIES["e-mail"]))
    assert leaks(service.operator.get("/metrics").text) == []


def test_a_refused_check_leaves_a_line(service, listen):
    """The request id of a check that was refused leads to a line; an answered check has its row instead."""
    person = service.operator
    refused = [
        service.with_key(CANARIES["key"]).post("/v1/checks", json={}),
        service.newcomer(Role.MONITOR).post("/v1/checks", json={}),
        person.post("/v1/checks", data=CANARIES["name"], content_type="text/plain"),
        person.post("/v1/checks", json=EVERYTHING),
    ]
    assert [answer.status_code for answer in refused] == [401, 403, 415, 422]
    logged = {line["request_id"]: line for line in listen() if line["event"] == "http.request"}
    for answer in refused:
        line = logged[answer.headers["X-Request-Id"]]
        assert (line["status"], line["code"]) == (answer.status_code, answer.json["code"])
    answered = person.post("/v1/checks", json={"codes": codes(bytes.fromhex(CANARIES["pdq"]))})
    assert answered.headers["X-Request-Id"] not in {line.get("request_id") for line in listen()}


def test_no_model_prints_its_values():
    """Tools that collect errors print what a frame holds: a request and an answer print their names alone."""
    asked = CheckByCodes.model_validate(
        {"codes": codes(bytes.fromhex(CANARIES["pdq"])), "uploader": "a@b.example"}
    )

    class Told(Answered):
        secret: str

    assert leaks(repr([asked, asked.codes, Told(secret=CANARIES["secret"])]) + str(asked)) == []


def test_the_search_for_canaries_finds_them():
    """Each canary is found in each of its spellings, cut or in other case: the tests before this one can fail."""
    for secret in CANARIES.values():
        for spelling in spellings(secret):
            assert leaks(f"x{spelling.upper()[:30]}")
