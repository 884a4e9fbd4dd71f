"""The service's log: one JSON object per line on standard error, with known fields only (docs/promises.md, promise 7).

Only the fields of `LogField` are written. Other fields are dropped, and their number is logged. Exception texts are
never logged, because they may contain data from a client.
"""

import io
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, Self, TextIO

import structlog

from registry.events import LogEvent, LogField

_KNOWN: Final = frozenset(LogField)
_MAX_CHARACTERS: Final = 120


def only_known_fields(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop fields that are not a `LogField`, and cut values longer than an id or a name."""
    kept: dict[str, Any] = {}
    for name, value in event.items():
        if name in _KNOWN and isinstance(value, int | float | str | None):
            kept[name] = value[:_MAX_CHARACTERS] if isinstance(value, str) else value
    if len(kept) < len(event):
        kept[LogField.DROPPED_FIELDS.value] = len(event) - len(kept)
    return kept


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
        self._logger.error(event.value, error_type=type(error).__name__, where=_where(error), **fields)


def _where(error: BaseException) -> str | None:
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
