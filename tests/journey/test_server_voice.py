"""What a real server says to requests that are no HTTP: problem documents and lines of ours, with nothing of them."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from registry.events import LogEvent, LogField
from tests.support.canaries import CANARIES, leaks
from tests.support.serving import running

KEY = CANARIES["key"].encode()
REST = b"Host: canary\r\nConnection: close\r\n\r\n"
CHUNKED = b" HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer %s\r\n"
LINE = b"GET /v1/cases HTTP/1.1\r\n"

REQUESTS = {
    "a key for a line": (400, KEY + b"\r\n\r\n"),
    "a method that is a key": (400, b"G@T%s / HTTP/1.1\r\n" % KEY + REST),
    "an invented method": (405, b"CANARYKEY /v1/cases HTTP/1.1\r\n" + REST),
    "a version that is a key": (400, b"GET / HTTP/%s\r\n" % KEY + REST),
    "a header without a colon": (400, LINE + KEY + b"\r\n" + REST),
    "a header with a control character": (400, LINE + KEY + b"\x01: 1\r\n" + REST),
    "a folded header": (400, LINE + b"A: b\r\n " + KEY + b"\r\n" + REST),
    "a newline in a header": (400, LINE + b"A: b\nX: " + KEY + b"\r\n" + REST),
    "a long address": (414, b"GET /%s HTTP/1.1\r\n" % (KEY * 200) + REST),
    "a long header": (431, LINE + b"A: " + KEY * 400 + b"\r\n" + REST),
    "a head without end": (431, LINE + b"A: " + KEY * 4000),
    "another expectation": (417, LINE + b"Expect: " + KEY + b"\r\nContent-Length: 1\r\n" + REST + b"x"),
    "another transfer coding": (501, LINE + b"Transfer-Encoding: " + KEY + b"\r\n" + REST),
    "a length that is a key": (400, LINE + b"Content-Length: 5" + KEY + b"\r\n" + REST),
    "a malformed chunk": (400, b"POST /v1/checks" + CHUNKED + REST + KEY + b"\r\nabc"),
    "a chunk that is too long": (400, b"POST /v1/cases" + CHUNKED + REST + b"3\r\n{}" + KEY + b"\r\n"),
    "HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + KEY),
    "a proxy's line": (400, b"PROXY TCP4 %s 1 1 1\r\nGET / HTTP/1.1\r\n" % KEY + REST),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + KEY + b"\r\n\r\n"),
    "a zero byte": (400, b"GET /\x00%s HTTP/1.1\r\n" % KEY + REST),
    "another address": (404, b"GET /%s?key=%s HTTP/1.1\r\n" % (KEY, KEY) + REST),
    "an absolute address": (404, b"GET http://%s/%s HTTP/1.1\r\n" % (KEY, KEY) + REST),
    "a key in the address": (401, b"GET /v1/cases?key=%s HTTP/1.1\r\n" % KEY + REST),
    "an unknown key": (401, LINE + b"Authorization: Bearer " + KEY + b"\r\n" + REST),
}


def ask(address, request):
    """Sends bytes as they are, and returns the status, the type and the body of the answer."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < length_of(answer):
            more = connection.recv(65_536)
            assert more, answer
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return int(head.split()[1]), fields, body


def length_of(answer):
    """Returns the length that the head of an answer announces."""
    return int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Answers of one server to all requests, and everything that it wrote."""
    data = tmp_path_factory.mktemp("voice") / "data"
    with running(data, "--workers", "1") as lines:
        url = urlsplit(lines[-1].split()[1])
        key = (data / "first-credential").read_bytes().strip()
        address = (url.hostname, url.port)
        answers = {
            name: ask(address, request.replace(b"Bearer %s", b"Bearer " + key))
            for name, (_, request) in REQUESTS.items()
        }
    return answers, (data.parent / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REQUESTS)
def test_every_answer_is_a_problem_document(said, name):
    """The answer has its status, the one shape and a request id, and nothing of the request."""
    status, fields, body = said[0][name]
    assert status == REQUESTS[name][0]
    assert fields[b"content-type"] == b"application/problem+json"
    assert set(json.loads(body)) == {"type", "title", "status", "detail", "code"}
    assert len(fields[b"x-request-id"]) == 16
    assert leaks(repr(fields) + body.decode()) == []


def test_every_line_is_ours(said):
    """Each line that the server and its workers wrote is JSON of known events and fields, without a canary."""
    answers, log = said
    assert leaks(log) == []
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["event"] for line in lines} <= set(LogEvent)
    assert set().union(*lines) <= set(LogField)
    assert not [line for line in lines if line["level"] == "error"]
    logged = {line.get("request_id") for line in lines}
    assert {fields[b"x-request-id"].decode() for _, fields, _ in answers.values()} <= logged
