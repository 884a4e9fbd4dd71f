"""Counters in the memory of this process, as a storage of the `limits` library.

The library's own storage starts a timer thread for nearly every request to drop expired counters, which took a quarter
of a check's time when measured. This storage drops them when it makes the first counter of a new minute.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from limits.storage import Storage

_SWEEP_ABOVE: Final = 1_000
"""Number of counters above which expired ones are searched for and dropped."""


class CounterStorage(Storage):
    """Fixed-window counters by key. Threads: any."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._counters: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """The exceptions of the storage: none."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add `amount` to a counter and return its count. The first count of a window sets the window's end."""
        now = self._now()
        with self._lock:
            count, ends_at = self._counters.get(key, (0, 0.0))
            if ends_at <= now:
                if len(self._counters) > _SWEEP_ABOVE:
                    self._counters = {name: held for name, held in self._counters.items() if held[1] > now}
                count, ends_at = 0, now + expiry
            self._counters[key] = (count + amount, ends_at)
            return count + amount

    def get(self, key: str) -> int:
        """Return the count of the current window."""
        count, ends_at = self._counters.get(key, (0, 0.0))
        return count if ends_at > self._now() else 0

    def get_expiry(self, key: str) -> float:
        """Return the end of the current window, in seconds since the epoch."""
        ends_at = self._counters.get(key, (0, 0.0))[1]
        return max(ends_at, self._now())

    def check(self) -> bool:
        """Return True: memory is always available."""
        return True

    def reset(self) -> int | None:
        """Delete all counters and return their number."""
        with self._lock:
            held, self._counters = len(self._counters), {}
        return held

    def clear(self, key: str) -> None:
        """Delete one counter."""
        with self._lock:
            self._counters.pop(key, None)
