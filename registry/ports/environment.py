"""The environment of a use case: clock and randomness, as parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Clock and randomness. Tests pass their own.

    Attributes:
        now: returns the time, aware and in UTC.
        random: returns the given number of unpredictable bytes.
    """

    now: Callable[[], datetime]
    random: Callable[[int], bytes]
