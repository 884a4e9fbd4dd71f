"""The contents of log lines: ids, names from our own enums and numbers (promise 7)."""

import io
import json

import pytest

from registry.errors import StorageUnavailable
from registry.events import LogEvent, LogField
from registry.security.logs import REDACTED, ServiceLog
from tests.support.canaries import CANARIES, leaks, spellings


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def log(stream):
    return ServiceLog(stream)


def _line(stream):
    (line,) = stream.getvalue().splitlines()
    return json.loads(line)


def test_a_note_is_one_json_line_of_known_fields(log, stream):
    """A line carries its event, level, time and the fields that were told."""
    log.note(LogEvent.REQUEST, request_id="0123456789abcdef", status=200, duration_ms=1.5, tenant_id=None)
    line = _line(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "http.request",
        "level": "info",
        "request_id": "0123456789abcdef",
        "status": 200,
        "duration_ms": 1.5,
        "tenant_id": None,
    }


def test_the_id_of_a_takedown_request_is_written(log, stream):
    """An alert about a request names it, so that somebody can look; another text under its name is redacted."""
    log.alert(LogEvent.TAKEDOWN_OVERDUE, takedown_id="tkd_4k7xq09m2b5t8r1w")
    assert _line(stream)["takedown_id"] == "tkd_4k7xq09m2b5t8r1w"
    log.alert(LogEvent.TAKEDOWN_OVERDUE, takedown_id="https://video.example/")
    assert "video.example" not in stream.getvalue()


def test_an_unknown_field_is_dropped_and_its_absence_told(log, stream):
    """A value under any other name never reaches the line; how many there were does."""
    log.note(LogEvent.REQUEST, email="alice@example.org", hash="00ff", status=200)
    line = _line(stream)
    assert "alice" not in stream.getvalue()
    assert "00ff" not in stream.getvalue()
    assert line["dropped_fields"] == 2
    assert set(line) <= set(LogField) | {"dropped_fields"}


@pytest.mark.parametrize("value", [b"bytes", ["list"], {"a": "dict"}, object()])
def test_a_value_of_another_type_is_dropped(log, stream, value):
    """Under a known name too only texts, numbers and nothing are written."""
    log.note(LogEvent.REQUEST, request_id=value)
    assert "request_id" not in _line(stream)


@pytest.mark.parametrize("field", sorted(set(LogField) - {"event", "level", "timestamp"}))
@pytest.mark.parametrize("kind", CANARIES)
def test_a_secret_under_a_known_name_is_redacted(log, stream, field, kind):
    """Whatever field a secret is put into, in whichever spelling, the line does not have it."""
    for spelling in spellings(CANARIES[kind]):
        log.note(LogEvent.REQUEST, **{field: spelling})
        log.note(LogEvent.REQUEST, **{field: int.from_bytes(CANARIES[kind].encode())})
    assert leaks(stream.getvalue()) == []
    assert {json.loads(line)[field] for line in stream.getvalue().splitlines()} == {REDACTED}


def test_a_long_value_is_redacted(log, stream):
    """A value longer than an id is none."""
    log.note(LogEvent.REQUEST, request_id="a" * 1000)
    assert _line(stream)["request_id"] == REDACTED


def test_a_value_cannot_start_a_line(log, stream):
    """Line breaks in a value do not make another line."""
    log.note(LogEvent.REQUEST, request_id='a\n{"event":"forged"}\r\n\u2028')
    assert _line(stream)["event"] == "http.request"


def test_a_failure_tells_type_and_place_and_no_text(log, stream):
    """An error's text, which may hold what a client sent, is not in the line; its type and our line are."""

    def fail():
        raise ValueError("alice@example.org")

    try:
        try:
            fail()
        except ValueError as error:
            raise StorageUnavailable("secret") from error
    except StorageUnavailable as error:
        log.failed(LogEvent.INDEX_SYNC_FAILED, error, sequence=7)
    line = _line(stream)
    assert (line["level"], line["error_type"], line["sequence"]) == ("error", "StorageUnavailable", 7)
    assert "alice" not in stream.getvalue()
    assert "secret" not in stream.getvalue()


def test_a_failure_names_the_place_in_our_code(log, stream, sqlite):
    """The place is file and line below the package, without the machine's own folders."""
    try:
        sqlite.units.read().__enter__().credentials.get("crd_nobody")
    except Exception as error:  # noqa: BLE001  any error with a place
        log.failed(LogEvent.REQUEST_FAILED, error)
    where = _line(stream)["where"]
    assert where.startswith("registry/storage/rows/credentials.py:")
    assert int(where.rsplit(":", 1)[1]) > 0


def test_an_alert_is_a_warning(log, stream):
    """Events that need attention have a level of their own."""
    log.alert(LogEvent.ORACLE_BUDGET_SPENT, tenant_id=f"ten_{'0' * 16}")
    assert _line(stream)["level"] == "warning"


def test_a_silent_log_writes_nowhere(capfd):
    """A command's log stays off its output."""
    ServiceLog.silent().note(LogEvent.REQUEST)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
