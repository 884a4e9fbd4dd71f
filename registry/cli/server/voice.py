"""gunicorn's own voice: its lines and its answers to requests that it cannot read, in our forms.

gunicorn's texts repeat the request line and the headers that it refuses, and a pasted key with them. Here an answer is
a problem document that repeats nothing, and a line names the event, the place and the type of an error.
"""

import errno
from typing import Any, Final

from gunicorn.glogging import Logger
from gunicorn.http import errors

from registry.events import LogEvent
from registry.security import LibraryLines, ServiceLog

_EVENTS: Final = (
    ("WORKER TIMEOUT", LogEvent.SERVER_PROCESS_SILENT),
    ("Worker (pid:%s)", LogEvent.SERVER_PROCESS_ENDED),
)
"""Beginnings of gunicorn's templates, with our events."""

_STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (errors.LimitRequestLine, 414),
    (errors.ExpectationFailed, 417),
    (errors.LimitRequestHeaders, 431),
    (errors.UnsupportedTransferCoding, 501),
    (errors.ConfigurationProblem, 500),
    (errors.InvalidResponseHeader, 500),  # the application's own
    (errors.InvalidResponseHeaderName, 500),
    (errors.ParseException, 400),
)
"""Status of gunicorn's refusals; the first row that fits. Anything else is a fault of ours."""


class ServerVoice(Logger):  # type: ignore[misc]
    """gunicorn's logger, whose lines are lines of the service's log."""

    def setup(self, cfg: Any) -> None:
        """Send gunicorn's lines to our log."""
        super().setup(cfg)
        self.error_log.handlers = [LibraryLines(ServiceLog(), _event_of)]
        self.access_log.handlers = []


class CheckedReader:
    """A body's reader whose malformed chunks are faults of the client, as a connection that ends early is."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        """Return the next bytes; raise `ConnectionResetError` for what is no body, without its bytes."""
        try:
            data: bytes = self._reader.read(size)
        except errors.ParseException:
            raise ConnectionResetError(errno.ECONNRESET, "the body is malformed") from None
        return data


def status_of(error: Exception) -> int:
    """Return the status of the answer to a request that gunicorn could not read or serve."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def _event_of(template: str) -> LogEvent | None:
    return next((event for start, event in _EVENTS if template.startswith(start)), None)
