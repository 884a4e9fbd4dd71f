"""Fair turns at a few places: whose work goes next when several shares want them. A share is one tenant's part.

1. Shares take turns: after a share was served, all other shares that wait come first, however much it has waiting.
2. One share never holds all places. The last `spare` places go only to a share that holds none, and that has stayed
   within its budget of processor time. So somebody new begins at once, even if all other work takes long.
3. A share beyond its budget waits until no other share waits. Nobody else waiting, it loses nothing.

The share of the work is a context variable, because the places lie deep below the request that knows its tenant.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from index.errors import BudgetSpent, NoTurn

T = TypeVar("T")

WINDOW_S: Final = 60.0
"""Time for which processor time counts against a budget, in seconds."""

_share: ContextVar[str] = ContextVar("share", default="")


@contextmanager
def on_behalf_of(share: str) -> Iterator[None]:
    """Count the work of this thread or task within the block for a share."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


class CpuBudget:
    """Seconds of processor time that each share took within `WINDOW_S`, and the number it may take. Thread safe.

    Args:
        seconds: Budget of a share; None for no budget.
        now: Clock, in seconds.
    """

    def __init__(self, seconds: float | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._taken: dict[str, deque[tuple[float, float]]] = {}
        self._sums: dict[str, float] = {}

    def charge(self, seconds: float) -> None:
        """Count processor time that this thread's share took."""
        if self._seconds is None:
            return
        share = _share.get()
        with self._lock:
            self._forget(share)
            self._taken.setdefault(share, deque()).append((self._now(), seconds))
            self._sums[share] = self._sums.get(share, 0.0) + seconds

    def is_spent(self, share: str) -> bool:
        """Return True if a share took more than its budget within the window."""
        if self._seconds is None:
            return False
        with self._lock:
            self._forget(share)
            return self._sums.get(share, 0.0) > self._seconds

    def _forget(self, share: str) -> None:
        taken = self._taken.get(share)
        if taken is None:
            return
        while taken and taken[0][0] <= self._now() - WINDOW_S:
            self._sums[share] -= taken.popleft()[1]
        if not taken:
            del self._taken[share], self._sums[share]


class Turns(Generic[T]):
    """Items that wait for places, share by share. Not thread safe.

    Args:
        places: Number of places that one share may hold.
        spare: Number of further places, each for a share that holds none.
        is_spent: Whether a share has spent its budget.
    """

    def __init__(
        self, places: int, *, spare: int, is_spent: Callable[[str], bool] = lambda _share: False
    ) -> None:
        self._places = places
        self._spare = spare
        self._is_spent = is_spent
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._held: dict[str, int] = {}
        self._taken = 0

    def add(self, share: str, item: T) -> None:
        """Let an item wait."""
        self._waiting.setdefault(share, deque()).append(item)

    def remove(self, share: str, item: T) -> bool:
        """Let an item wait no longer. Return False if it does not wait, because it was given a place."""
        own = self._waiting.get(share)
        if own is None or item not in own:
            return False
        own.remove(item)
        if not own:
            del self._waiting[share]
        return True

    def waiting(self, share: str) -> int:
        """Return how many items of a share wait."""
        return len(self._waiting.get(share, ()))

    def next(self) -> tuple[str, T] | None:
        """Give a place to the item whose turn it is. Return it with its share, or None if none may have one now."""
        spent: str | None = None
        for share in self._waiting:
            is_spent = self._is_spent(share)
            if not self._may_begin(share, is_spent=is_spent):
                continue
            if not is_spent:
                return self._give(share)
            spent = spent or share
        return None if spent is None else self._give(spent)

    def end(self, share: str) -> None:
        """Take back a place that the share was given."""
        self._taken -= 1
        self._held[share] -= 1
        if not self._held[share]:
            del self._held[share]

    def _may_begin(self, share: str, *, is_spent: bool) -> bool:
        held = self._held.get(share, 0)
        if self._taken < self._places:
            return held < self._places
        return self._taken < self._places + self._spare and not held and not is_spent

    def _give(self, share: str) -> tuple[str, T]:
        own = self._waiting[share]
        item = own.popleft()
        del self._waiting[share]
        if own:
            self._waiting[share] = own  # at the end: the others come first
        self._held[share] = self._held.get(share, 0) + 1
        self._taken += 1
        return share, item


@dataclass(slots=True, eq=False)
class _Waiter:
    """A thread that waits for a place."""

    given: threading.Event = field(default_factory=threading.Event)


class Places:
    """A few places for work, taken in fair turns by threads. Thread safe.

    Args:
        places: Number of places that one share may hold.
        spare: Number of further places, each for a share that holds none.
        budget: Budget of processor time, which may be shared by several places.
        counts_thread: Whether the processor time of the thread that holds a place counts against the budget.
    """

    def __init__(
        self, places: int, *, spare: int = 0, budget: CpuBudget | None = None, counts_thread: bool = False
    ) -> None:
        self._budget = budget or CpuBudget()
        self._counts_thread = counts_thread
        self._lock = threading.Lock()
        self._turns = Turns[_Waiter](places, spare=spare, is_spent=self._budget.is_spent)

    @contextmanager
    def place(self, wait_s: float) -> Iterator[None]:
        """Hold a place within the block, on behalf of the share of this thread.

        Args:
            wait_s: Longest time to wait for it, in seconds.

        Raises:
            NoTurn: No place became free in time.
            BudgetSpent: The same, of a share that has spent its budget.
        """
        share = _share.get()
        self._wait(share, wait_s)
        began = time.thread_time()
        try:
            yield
        finally:
            if self._counts_thread:
                self._budget.charge(time.thread_time() - began)
            with self._lock:
                self._turns.end(share)
                self._hand_out()

    def _wait(self, share: str, wait_s: float) -> None:
        waiter = _Waiter()
        with self._lock:
            self._turns.add(share, waiter)
            self._hand_out()
        if waiter.given.wait(wait_s):
            return
        with self._lock:
            if not self._turns.remove(share, waiter):
                return  # it was given a place after all
        if self._budget.is_spent(share):
            raise BudgetSpent("the tenant's budget of processor time is spent, and others came first")
        raise NoTurn("no place became free in time; try again later")

    def _hand_out(self) -> None:
        while (given := self._turns.next()) is not None:
            given[1].given.set()
