"""The environment of a use case: clock and randomness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Clock and randomness, passed as one parameter so that tests can replace them.

    Attributes:
        now: returns the current time, aware and in UTC.
        random: returns the given number of unpredictable bytes.
    """

    now: Callable[[], datetime]
    random: Callable[[int], bytes]
