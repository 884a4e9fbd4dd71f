"""Every way to fail: one shape, a stable code, no echo of what was sent, and nothing written."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

import pytest

from index.limits import STANDARD
from registry.demo.pictures import drawn
from registry.domain.roles import Role
from registry.web.bodies import MAX_FIELDS, MAX_FORM_MEMORY_BYTES, MAX_JSON_BYTES
from tests.support.web.media import codes, faint, flat, made_up_pdq, png
from tests.support.web.service import assert_problem, running, until

CANARY = "Canary4711"
HEX_CANARY = "c0ffee" * 10 + "c0ff"
MEDIA = drawn(900, (480, 320))
PDQ = made_up_pdq(900).hex()
LONE_SURROGATE = '{"codes": [{"algorithm": "\\ud800", "value": "a"}]}'
FULL_WIDTH = "".join(chr(0xFF10 + int(digit, 10)) for digit in "0123456789" * 7)[:64]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of these tests' own, so that nothing else writes."""
    with running(tmp_path_factory.mktemp("failing")) as started:
        yield started


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that fails, and how."""

    status: int
    code: str
    path: str = "/v1/checks"
    method: str = "POST"
    request: dict[str, Any]


def by_json(status, code, body, path="/v1/checks"):
    """Fails for what a JSON body says."""
    return Failure(status=status, code=code, path=path, request={"json": body})


def raw(status, code, data, content_type="application/json", path="/v1/checks"):
    """Fails for the body's bytes."""
    return Failure(status=status, code=code, path=path, request={"data": data, "content_type": content_type})


def file(status, code, media, path="/v1/checks", **fields):
    """Fails for the file, or for what stands beside it."""
    data = {**fields, "media": (media, f"{CANARY}.jpg")}
    return Failure(status=status, code=code, path=path, request={"data": data})


def a_code(status, code, **changed):
    """Fails for one thing about one code."""
    spelled = {"algorithm": "pdq", "value": PDQ, "quality": 100} | changed
    return by_json(status, code, {"codes": [spelled]})


def key(value):
    """Fails for its Idempotency-Key."""
    return Failure(
        status=400,
        code="idempotency-key-invalid",
        path="/v1/cases",
        request={"json": {}, "headers": {"Idempotency-Key": value}},
    )


def address(status, code, path, method="GET", **request):
    """Fails for its path or method."""
    return Failure(status=status, code=code, path=path, method=method, request=request)


def two_files():
    """Two files of the same name."""
    media = [(MEDIA, "a.jpg"), (MEDIA, "b.jpg")]
    return Failure(status=422, code="media-missing", request={"data": {"media": media}})


FAILURES = {
    # The body as such
    "no body": lambda: Failure(status=400, code="body-empty", request={}),
    "an empty body": lambda: raw(400, "body-empty", b""),
    "an empty JSON body, chunked": lambda: Failure(
        status=400,
        code="body-empty",
        request={"headers": {"Transfer-Encoding": "chunked"}, "content_type": "application/json"},
    ),
    "text": lambda: raw(415, "unsupported-media-type", CANARY, "text/plain"),
    "a form": lambda: raw(415, "unsupported-media-type", f"a={CANARY}", "application/x-www-form-urlencoded"),
    "no type": lambda: raw(415, "unsupported-media-type", CANARY, ""),
    "an invented type": lambda: raw(415, "unsupported-media-type", b"{}", f"application/{CANARY}"),
    "a bare picture": lambda: raw(415, "unsupported-media-type", MEDIA, "image/jpeg"),
    "a file as decision": lambda: Failure(
        status=415,
        code="unsupported-media-type",
        path="/v1/checks/{check}/decision",
        request={"data": {"media": (MEDIA, CANARY)}},
    ),
    # JSON
    "half a document": lambda: raw(400, "json-malformed", f'{{"codes": "{CANARY}'),
    "a name twice": lambda: raw(400, "json-malformed", f'{{"{CANARY}": 1, "{CANARY}": 2}}'),
    "a name twice, deep": lambda: raw(400, "json-malformed", '{"codes": [{"quality": 1, "quality": 2}]}'),
    "not a number": lambda: raw(400, "json-malformed", '{"codes": [{"quality": NaN}]}'),
    "infinity": lambda: raw(400, "json-malformed", '{"codes": -Infinity}'),
    "a number of 5,000 digits": lambda: raw(400, "json-malformed", "9" * 5_000),
    "invalid UTF-8": lambda: raw(400, "json-malformed", b'{"codes": "\xff\xfe' + CANARY.encode() + b'"}'),
    "UTF-16": lambda: raw(400, "json-malformed", json.dumps({CANARY: 1}).encode("utf-16")),
    "a byte order mark": lambda: raw(400, "json-malformed", b"\xef\xbb\xbf{}"),
    "gzip": lambda: raw(400, "json-malformed", gzip.compress(b"{}")),
    "deep JSON": lambda: raw(400, "json-too-deep", '{"codes": ' + "[" * 20 + "]" * 20 + "}"),
    "very deep JSON": lambda: raw(400, "json-too-deep", "[" * 60_000),
    "very deep names": lambda: raw(400, "json-too-deep", '{"a":' * 10_000 + "1" + "}" * 10_000),
    "oversized JSON": lambda: raw(413, "body-too-large", b'{"a": "' + b"c" * MAX_JSON_BYTES + b'"}'),
    "a list": lambda: by_json(422, "body-invalid", [CANARY]),
    "null": lambda: raw(422, "body-invalid", "null"),
    "an unknown field": lambda: by_json(422, "body-invalid", {CANARY: CANARY}),
    "an unknown field, deep": lambda: a_code(422, "body-invalid", **{CANARY: CANARY}),
    "an unknown field in a case": lambda: by_json(422, "body-invalid", {CANARY: 1}, "/v1/cases"),
    "a lone surrogate": lambda: raw(422, "code-unknown-algorithm", LONE_SURROGATE),
    "NUL": lambda: by_json(422, "body-invalid", {"level": "V0\0" + CANARY}, "/v1/cases"),
    "a decision of the wrong type": lambda: by_json(
        422, "body-invalid", {"decision": [CANARY]}, "/v1/checks/{check}/decision"
    ),
    # Codes
    "no codes": lambda: by_json(422, "body-invalid", {"codes": []}),
    "five codes": lambda: by_json(422, "body-invalid", {"codes": codes(bytes.fromhex(PDQ)) * 5}),
    "codes that are none": lambda: by_json(422, "body-invalid", {"codes": [CANARY]}),
    "an unknown algorithm": lambda: a_code(422, "code-unknown-algorithm", algorithm=CANARY),
    "an algorithm in capitals": lambda: a_code(422, "code-unknown-algorithm", algorithm="PDQ"),
    "an algorithm with a blank": lambda: a_code(422, "code-unknown-algorithm", algorithm="pdq "),
    "a digit too few": lambda: a_code(422, "code-wrong-length", value=HEX_CANARY[:-1]),
    "a digit too many": lambda: a_code(422, "code-wrong-length", value=HEX_CANARY + "0"),
    "no digits": lambda: a_code(422, "code-wrong-length", value=""),
    "sixty thousand digits": lambda: a_code(422, "code-wrong-length", value="c" * 60_000),
    "a trailing newline": lambda: a_code(422, "code-wrong-length", value=HEX_CANARY + "\n"),
    "a newline in the last place": lambda: a_code(422, "code-malformed", value=HEX_CANARY[:-1] + "\n"),
    "upper case": lambda: a_code(422, "code-malformed", value=HEX_CANARY.upper()),
    "0x": lambda: a_code(422, "code-malformed", value="0x" + HEX_CANARY[2:]),
    "underscores": lambda: a_code(422, "code-malformed", value=HEX_CANARY[:-2] + "_0"),
    "blanks": lambda: a_code(422, "code-malformed", value=" " + HEX_CANARY[1:]),
    "a sign": lambda: a_code(422, "code-malformed", value="-" + HEX_CANARY[1:]),
    "full-width digits": lambda: a_code(422, "code-malformed", value=FULL_WIDTH),
    "Arabic digits": lambda: a_code(422, "code-malformed", value="٤" * 64),
    "a value that is a number": lambda: a_code(422, "body-invalid", value=4711471147114711),
    "no value": lambda: by_json(422, "body-invalid", {"codes": [{"algorithm": "pdq"}]}),
    "quality 101": lambda: a_code(422, "code-malformed", quality=101),
    "quality -1": lambda: a_code(422, "code-malformed", quality=-1),
    "a huge quality": lambda: a_code(422, "code-malformed", quality=10**400),
    "a true quality": lambda: a_code(422, "body-invalid", quality=True),
    "a broken quality": lambda: a_code(422, "body-invalid", quality=50.0),
    "a spelled quality": lambda: a_code(422, "body-invalid", quality="50"),
    "the quality of a dHash": lambda: a_code(
        422, "code-malformed", algorithm="dhash128", value=HEX_CANARY[:32], quality=50
    ),
    "an algorithm twice": lambda: by_json(
        422, "codes-insufficient", {"codes": codes(bytes.fromhex(PDQ)) * 2}
    ),
    "only pHash": lambda: a_code(
        422, "codes-insufficient", algorithm="phash", value=HEX_CANARY[:16], quality=None
    ),
    "only dHash": lambda: a_code(
        422, "codes-insufficient", algorithm="dhash128", value=HEX_CANARY[:32], quality=None
    ),
    "a flat code": lambda: a_code(422, "media-low-information", value="8" + "0" * 63),
    "a flat code registered": lambda: by_json(
        422, "media-low-information", {"reference": {"codes": codes(bytes(32))}}, "/v1/cases"
    ),
    "a faint code registered": lambda: by_json(
        422, "media-low-quality", {"reference": {"codes": codes(bytes.fromhex(PDQ), None, 49)}}, "/v1/cases"
    ),
    # Files
    "no file": lambda: Failure(status=422, code="media-missing", request={"data": {"a": CANARY}}),
    "a file in a wrong field": lambda: Failure(
        status=422, code="media-missing", request={"data": {CANARY: (MEDIA, CANARY)}}
    ),
    "a file and another": lambda: file(422, "media-missing", MEDIA, other=(MEDIA, CANARY)),
    "two files": two_files,
    "a field for a file": lambda: Failure(
        status=422, code="media-missing", request={"data": {"media": CANARY}}
    ),
    "no boundary": lambda: raw(422, "media-missing", CANARY, "multipart/form-data"),
    "another boundary": lambda: raw(
        422, "media-missing", f"--a\r\n{CANARY}", f"multipart/form-data; boundary={CANARY}"
    ),
    "an unknown field beside a file": lambda: file(422, "body-invalid", MEDIA, **{CANARY: CANARY}),
    "a field twice": lambda: file(422, "body-invalid", MEDIA, "/v1/cases", level=["V0", "V0"]),
    "a level that is none": lambda: file(422, "body-invalid", MEDIA, "/v1/cases", level=CANARY),
    "many fields": lambda: file(
        413, "body-too-large", MEDIA, **{f"{CANARY}{place}": "" for place in range(MAX_FIELDS + 1)}
    ),
    "a large field": lambda: file(413, "body-too-large", MEDIA, a="c" * (MAX_FORM_MEMORY_BYTES + 1)),
    "an oversized file": lambda: file(413, "media-too-many-bytes", bytes(STANDARD.max_bytes + 1)),
    "an oversized body": lambda: file(413, "body-too-large", bytes(STANDARD.max_bytes + 2 * MAX_JSON_BYTES)),
    "an empty file": lambda: file(422, "media-empty", b""),
    "half a picture registered": lambda: file(
        422, "media-undecodable", MEDIA[: len(MEDIA) // 2], "/v1/cases"
    ),
    "the start of a picture": lambda: file(422, "media-undecodable", MEDIA[:20]),
    "no picture": lambda: file(415, "media-unknown-format", CANARY.encode() * 100),
    "a sound file": lambda: file(422, "media-sound-only", b"fLaC" + CANARY.encode() * 100),
    "a short sound file": lambda: file(422, "media-sound-only", b"#!AMR\n"),
    "a large sound file": lambda: file(
        422, "media-sound-only", b"RIFF\0\0\0\4WAVE" + bytes(STANDARD.max_bytes + 2 * MAX_JSON_BYTES)
    ),
    "a sound file registered": lambda: file(422, "media-sound-only", b"ID3\3" + bytes(2000), "/v1/cases"),
    "a drawing": lambda: file(415, "media-unknown-format", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "100 megapixels": lambda: file(422, "media-too-many-pixels", png(10_000, 10_000)),
    "a long side": lambda: file(422, "media-too-many-pixels", png(40_000, 2)),
    "two gigapixels a side": lambda: file(422, "media-too-many-pixels", png(2**31 - 1, 2**31 - 1)),
    "a flat picture": lambda: file(422, "media-low-information", flat()),
    "a flat picture registered": lambda: file(422, "media-low-information", flat(), "/v1/cases"),
    "a faint picture registered": lambda: file(422, "media-low-quality", faint(), "/v1/cases"),
    # Ids and addresses
    "a missing case": lambda: address(404, "not-found", "/v1/cases/case_0000000000000000"),
    "a malformed case": lambda: address(404, "not-found", f"/v1/cases/{CANARY}"),
    "a missing check": lambda: address(404, "not-found", "/v1/checks/chk_0000000000000000"),
    "a malformed check": lambda: address(404, "not-found", f"/v1/checks/{CANARY}"),
    "a reference to no case": lambda: file(404, "not-found", MEDIA, f"/v1/cases/{CANARY}/references"),
    "a withdrawal of no case": lambda: address(404, "not-found", f"/v1/cases/{CANARY}/withdrawal", "POST"),
    "a decision of no check": lambda: by_json(
        404, "not-found", {"decision": "held"}, f"/v1/checks/{CANARY}/decision"
    ),
    "no such route": lambda: address(404, "no-such-endpoint", f"/v1/{CANARY}", "POST"),
    "a trailing slash": lambda: address(404, "no-such-endpoint", "/v1/checks/", "POST", json={}),
    "doubled slashes": lambda: address(404, "no-such-endpoint", f"/v1//checks/{CANARY}?q={CANARY}"),
    "a file of the server": lambda: address(404, "no-such-endpoint", "/../../etc/passwd"),
    "a wrong method": lambda: address(405, "method-not-allowed", "/v1/cases", "DELETE"),
    "an invented method": lambda: address(405, "method-not-allowed", "/v1/cases", CANARY.upper()),
    # Idempotency keys
    "an empty idempotency key": lambda: key(""),
    "a long idempotency key": lambda: key(CANARY + "a" * 250),
    "a blank in an idempotency key": lambda: key(f"{CANARY} {CANARY}"),
    "an idempotency key not in ASCII": lambda: key(f"{CANARY}é"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_has_one_shape(service, name):
    """Each failing request gets its own stable code in the one shape, repeats nothing, and leaves nothing."""
    failure = FAILURES[name]()
    check = service.operator.checks(codes=codes(made_up_pdq(901)))["check_id"]
    before, logged = service.rows(), len(service.log.getvalue())
    answer = service.operator.ask(failure.method, failure.path.replace("{check}", check), **failure.request)
    assert_problem(answer, failure.status, failure.code)
    assert_silent(service, answer, logged)
    assert service.rows() == before


def revoked(service):
    """The key of somebody who lost it."""
    person = service.newcomer(Role.OPERATOR)
    service.revoke(person)
    return person.key


OUTSIDERS = {
    "no key": ("not-authenticated", lambda service: None),
    "a malformed key": ("not-authenticated", lambda service: CANARY),
    "an unknown key": ("not-authenticated", lambda service: f"tdr_abcdefgh_{CANARY:A<43}"),
    "a key not in ASCII": ("not-authenticated", lambda service: f"{CANARY}é"),
    "a revoked key": ("credential-revoked", revoked),
}


@pytest.mark.parametrize("name", OUTSIDERS)
def test_an_outsiders_failure_has_it_too(service, name):
    """A request without a valid key is refused in the same shape, before its body is looked at."""
    code, make = OUTSIDERS[name]
    sent = make(service)
    before, logged = service.rows(), len(service.log.getvalue())
    answer = service.with_key(sent).send("/v1/cases", MEDIA, level=CANARY)
    assert_problem(answer, 401, code)
    assert_silent(service, answer, logged, *([sent] if sent else []))
    assert service.rows() == before


def test_a_lack_of_permission_has_it_too(service):
    """A key that may not do it is refused in the same shape."""
    person = service.newcomer(Role.MONITOR)
    before = service.rows()
    assert_problem(person.send("/v1/cases", MEDIA), 403, "not-permitted")
    assert service.rows() == before


def test_a_withdrawn_case_has_it_too(service):
    """A conflict has the same shape."""
    case = service.operator.opens()["case"]
    service.operator.post(f"/v1/cases/{case}/withdrawal")
    until(lambda: service.operator.get(f"/v1/cases/{case}").json["erased_at"] is not None)
    before = service.rows()
    answer = service.operator.send(f"/v1/cases/{case}/references", MEDIA)
    assert_problem(answer, 409, "case-withdrawn")
    assert service.rows() == before


def assert_silent(service, answer, logged, *secrets):
    """Passes if neither the answer nor the log repeats anything that was sent."""
    said = (answer.text + str(answer.headers) + service.log.getvalue()[logged:]).lower()
    sent = (CANARY, HEX_CANARY[:12], PDQ[:12], "٤", FULL_WIDTH[:4], "4711471147", *secrets)
    assert not [text for text in sent if text.lower() in said]
