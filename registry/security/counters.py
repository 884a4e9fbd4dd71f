"""Counters in this process's memory, as a storage of the `limits` library.

The library's own starts a timer thread for nearly every request to drop what is over (a quarter of a check's time,
measured); this one drops it when a new minute's first counter is made.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from limits.storage import Storage

_SWEEP_ABOVE: Final = 1_000
"""Counters held before those that are over are looked for."""


class CounterStorage(Storage):
    """Fixed windows by key. Threads: any."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._counters: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """None of its own."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; the first count of a window decides when it ends."""
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
        """Return the count of the present window."""
        count, ends_at = self._counters.get(key, (0, 0.0))
        return count if ends_at > self._now() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the present window ends, in seconds since the epoch."""
        ends_at = self._counters.get(key, (0, 0.0))[1]
        return max(ends_at, self._now())

    def check(self) -> bool:
        """Is always there."""
        return True

    def reset(self) -> int | None:
        """Forget everything; return how many counters there were."""
        with self._lock:
            held, self._counters = len(self._counters), {}
        return held

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._lock:
            self._counters.pop(key, None)
