"""Duties: work that a process repeats in the background, each at its own interval."""

from collections.abc import Callable
from dataclasses import dataclass, field

from registry.events import LogEvent


@dataclass(slots=True, kw_only=True)
class Duty:
    """Work that is repeated at an interval, whatever became of it the last time.

    Attributes:
        work: the work. A late call must do no harm.
        seconds: interval between the beginnings of two calls, in seconds.
        failure: what the log is told if the work fails.
        in_writer: whether only the process does it that writes the machine's index files.
        in_commands: whether commands do it as well, which have no background thread.
    """

    work: Callable[[], object]
    seconds: float
    failure: LogEvent
    in_writer: bool = False
    in_commands: bool = False
    _due_at: float = field(default=0.0, init=False)

    def begins(self, now: float) -> bool:
        """Return whether the work is due, and count the interval from now on if it is."""
        if now < self._due_at:
            return False
        self._due_at = now + self.seconds
        return True
