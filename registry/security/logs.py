"""The service's log: one JSON object per line on standard error, with known fields only (docs/promises.md, promise 7).

1. Only the fields of `LogField` are written. Other fields are dropped, and their number is logged.
2. A text is written only in the shape of its field: an id, a name of our own enums, a place in our code. Any other text
   is replaced by `REDACTED`, whatever it is: a code, a key, an address, a name.
3. Exception texts are never logged, because they may contain data from a client.

`registry.security.library_lines` puts lines of libraries into the same form.
"""

import io
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, Self, TextIO

import structlog

from registry.events import LogEvent, LogField
from registry.security.error_codes import is_code

REDACTED: Final = "[redacted]"

MAX_NUMBER: Final = 2**53
"""Bound of a number in a line. Positions, durations and counts are smaller; a code as a decimal number is larger."""

_KNOWN: Final = frozenset(LogField)
_ID: Final = r"[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{16}"
_WORDS: Final = r"[a-z][a-z_]{1,30}"
_SHAPES: Final[dict[str, re.Pattern[str]]] = {
    name.value: re.compile(shape, re.ASCII)
    for name, shape in {
        LogField.EVENT: "|".join(re.escape(event) for event in LogEvent),
        LogField.LEVEL: "info|warning|error",
        LogField.TIMESTAMP: r"[0-9T:.-]{10,32}Z",
        LogField.REQUEST_ID: "[0-9a-f]{16}",
        LogField.TENANT_ID: _ID,
        LogField.CREDENTIAL_ID: _ID,
        LogField.CASE_ID: _ID,
        LogField.TAKEDOWN_ID: _ID,
        LogField.REFERENCE_ID: _ID,
        LogField.JOB_ID: _ID,
        LogField.ENDPOINT: rf"{_WORDS}(\.{_WORDS})?",
        LogField.METHOD: "[A-Z]{3,7}|unknown",
        LogField.ERROR_TYPE: "_?[A-Z][A-Za-z_]{2,60}",
        LogField.WHERE: r"([A-Za-z0-9_.]{1,40}/){0,8}[A-Za-z0-9_]{1,40}\.py:[0-9]{1,6}",
        LogField.FAMILY: "faces:[a-z0-9-]{1,33}|[a-z]{2,12}(-[a-z]{2,12})?-[0-9]{1,3}",
    }.items()
}
"""The shape of each field that may hold a text, but for `code`, which is a code of an error."""


def only_known_fields(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop fields that are not a `LogField` (1.), and redact texts that do not have their field's shape (2.)."""
    kept: dict[str, Any] = {
        str(name): _redacted(str(name), value)
        for name, value in event.items()
        if name in _KNOWN and isinstance(value, int | float | str | None)
    }
    if len(kept) < len(event):
        kept[LogField.DROPPED_FIELDS.value] = len(event) - len(kept)
    return kept


def _redacted(name: str, value: float | str | None) -> float | str | None:
    if isinstance(value, str):
        shape = _SHAPES.get(name)
        is_known = is_code(value) if name == LogField.CODE else shape is not None and shape.fullmatch(value)
        return value if is_known else REDACTED
    if value is None or abs(value) < MAX_NUMBER:
        return value
    return REDACTED


_OUR_PACKAGES: Final = ("registry", "index")


class _Nowhere(io.StringIO):
    def write(self, text: str, /) -> int:
        return len(text)


class ServiceLog:
    """Writer of log lines. Threads: any."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(stream or sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                only_known_fields,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )

    @classmethod
    def silent(cls) -> Self:
        """Return a log that discards its lines, for commands, which print their own messages."""
        return cls(_Nowhere())

    def note(self, event: LogEvent, **fields: str | float | None) -> None:
        """Log an expected event."""
        self._logger.info(event.value, **fields)

    def alert(self, event: LogEvent, **fields: str | float | None) -> None:
        """Log an event that needs the operator's attention."""
        self._logger.warning(event.value, **fields)

    def failed(self, event: LogEvent, error: BaseException, **fields: str | float | None) -> None:
        """Log a failure with the error's type and its place in our code, never with its text."""
        told = {"error_type": type(error).__name__, "where": place_of(error), **fields}
        self._logger.error(event.value, **told)


def place_of(error: BaseException) -> str | None:
    """Return the innermost line of our own code in an error's traceback, such as `registry/web/app.py:12`."""
    ours = [
        (name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (name := frame.f_globals.get("__name__", "")).split(".")[0] in _OUR_PACKAGES
    ]
    if not ours:
        return None
    name, line = ours[-1]
    return f"{name.replace('.', '/')}.py:{line}"
