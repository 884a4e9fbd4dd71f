"""The service's log: one JSON object a line on standard error, of known fields only (promise 7).

A value reaches a line only under a name of `LogField`; whatever else is passed is dropped, and its absence noted.
Exception texts never do: they may hold what a client sent.
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
    """Writes log lines. Threads: any."""

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
        """Return a log that writes nowhere: for commands, which tell their user themselves."""
        return cls(_Nowhere())

    def note(self, event: LogEvent, **fields: str | float | None) -> None:
        """Write an event that is as it should be."""
        self._logger.info(event.value, **fields)

    def alert(self, event: LogEvent, **fields: str | float | None) -> None:
        """Write an event that somebody should look at."""
        self._logger.warning(event.value, **fields)

    def failed(self, event: LogEvent, error: BaseException, **fields: str | float | None) -> None:
        """Write a failure: the error's type and the place in our code, never its text."""
        self._logger.error(event.value, error_type=type(error).__name__, where=_where(error), **fields)


def _where(error: BaseException) -> str | None:
    """Return the innermost line of our own code on the way to an error, as `registry/web/app.py:12`."""
    ours = [
        (name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (name := frame.f_globals.get("__name__", "")).split(".")[0] in _OUR_PACKAGES
    ]
    if not ours:
        return None
    name, line = ours[-1]
    return f"{name.replace('.', '/')}.py:{line}"
