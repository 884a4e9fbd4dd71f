"""Lines of libraries and of faults that nobody caught, in the form of our own log.

Texts of libraries are not ours: they repeat what a client sent (a request line, a header, a value of a statement). So a
line says that something was logged, at which place of which library, and of which type an exception is; never a text.
"""

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from registry.events import LogEvent
from registry.security.logs import ServiceLog, place_of

_DIRECTORIES: Final = 2
"""Last parts of a library's path that are told, such as `gunicorn/arbiter.py`."""


class LibraryLines(logging.Handler):
    """A handler of Python's logging that writes a line of ours for each record. Threads: any.

    Args:
        log: the service's log.
        event_of: the event of a record's template, which is a constant of the library; None for the usual event.
    """

    def __init__(self, log: ServiceLog, event_of: Callable[[str], LogEvent | None] = lambda _: None) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._event_of = event_of

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line about a record."""
        event = self._event_of(str(record.msg))
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        where = "/".join(Path(record.pathname).parts[-_DIRECTORIES:]) + f":{record.lineno}"
        if error is None:
            self._log.alert(event or LogEvent.LIBRARY_MESSAGE, where=where)
        else:
            self._log.failed(event or LogEvent.LIBRARY_FAILED, error, **_missing(error, where))


def _missing(error: BaseException, where: str) -> dict[str, str]:
    return {} if place_of(error) is not None else {"where": where}


def capture_faults(log: ServiceLog) -> None:
    """Write lines of ours for everything that this process and its threads would print by themselves."""
    logging.captureWarnings(capture=True)
    logging.root.handlers = [LibraryLines(log)]

    def report(error: BaseException | None) -> None:
        if error is not None:
            log.failed(LogEvent.PROGRAM_FAILED, error)

    def in_main(_kind: Any, error: BaseException, _traceback: Any) -> None:
        if not isinstance(error, KeyboardInterrupt):
            report(error)

    def in_thread(told: threading.ExceptHookArgs) -> None:
        report(told.exc_value)

    def in_destructor(told: Any) -> None:
        report(told.exc_value)

    sys.excepthook = in_main
    threading.excepthook = in_thread
    sys.unraisablehook = in_destructor
