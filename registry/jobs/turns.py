"""Turns of the jobs that share one worker: none waits long behind another tenant's, however long that one's clip is.

At most `threads` jobs compute at a time. The others wait in the table of jobs, or pause where they report progress.

1. Whoever spent the least processor time is next: among tenants first, then among the kinds of a tenant's jobs, then
   whoever is due longest. A tenant that begins to ask counts as at most `CREDIT_S` ahead of those that are served,
   and at most `DEBT_S` behind them, whatever it spent before.
2. A turn lasts `TURN_S`. Then the job pauses, if another tenant that spent less waits. Paused jobs keep their decoder
   and their results, and go on when they are next.
3. A job that reports nothing cannot pause. After `GRACE_S` it counts no more: the other one computes beside it. It
   remains one of its tenant's open jobs, and up to `MAX_SILENT` such jobs take no place from others.
4. `MAX_PAUSED` jobs may be paused, of each tenant as many are open as there are threads. Beyond them one more may be
   open for its first `SHORT_S` of work, so that short clips never wait for a place among long ones. If it takes longer
   and no place is free, it is put back, and waits for one.

The accounts are in the worker's memory: a new worker begins with even ones.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from registry.domain import JobKind, Queued
from registry.usecases.jobs import Turn

TURN_S: Final = 2.0
"""Time that a job computes before another tenant's may take its thread, in seconds."""

GRACE_S: Final = 2.0
"""Time from being asked to pause until a job counts no more, in seconds. Jobs report every few frames of a clip."""

CREDIT_S: Final = 10.0
"""Processor time by which a tenant that begins to ask may be ahead, in seconds."""

DEBT_S: Final = 3.0
"""Processor time by which a tenant that begins to ask may be behind, in seconds."""

MAX_PAUSED: Final = 4
"""Jobs that may be open besides those that compute. Each keeps a decoder with 0.1 to 0.3 GiB."""

MAX_SILENT: Final = 8
"""Open jobs that report nothing and take no place. Each keeps a decoder until its silence ends it
(`index.limits.STANDARD_CLIP`), so without a bound one tenant's next clips would open more and more of them."""

SHORT_S: Final = 4.0
"""Processor time within which a job may be open although no place is free, in seconds."""

PAUSE_S: Final = 0.5
"""Longest pause before a paused job's thread looks around: it renews its lease, and ends with the worker."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A job that was started and has not ended. The lock of `Turns` guards it.

    Attributes:
        spent_s: processor time since its start, in seconds.
        charged_at: reading at which it was charged last. Since then it counts as computing all the time.
        began: reading of the clock at the beginning of its turn, in seconds.
        asked_at: reading at which it was asked to pause or to leave; None if it was not.
    """

    queued: Queued
    began: float
    charged_at: float
    spent_s: float = 0.0
    is_paused: bool = False
    must_leave: bool = False
    asked_at: float | None = None


class Turns:
    """The turns of one worker's jobs. Threads: any."""

    def __init__(self, threads: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._threads = threads
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._freed = threading.Event()
        self._open: dict[str, _Open] = {}
        self._long: set[str] = set()
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._spent_by_kind: defaultdict[tuple[str, JobKind], float] = defaultdict(float)
        self._asking: frozenset[str] = frozenset()

    @property
    def most_of_tenant(self) -> int:
        """Number of jobs of one tenant that may be open."""
        return self._threads

    def plan(self, due: Sequence[Queued]) -> list[Queued]:
        """Let paused jobs go on and ask others to pause; return the waiting jobs that may start now.

        Args:
            due: waiting jobs, the longest due first: those at the front of each tenant's queues suffice.
        """
        with self._changed:
            waiting = [one for one in due if one.id not in self._open]
            self._welcome({one.tenant_id for one in waiting} | self._tenants_open())
            started: list[Queued] = []
            for one in self._in_turn(waiting):
                known = self._open.get(one.id)
                if known is None and not self._has_place(one, started):
                    continue
                if len(self._busy()) + len(started) < self._threads:
                    if known is None:
                        started.append(one)
                    else:
                        self._go_on(known)
                else:
                    self._ask_to_pause(one)
            self._ask_to_leave()
            self._changed.notify_all()
            return started

    def await_free(self, timeout_s: float) -> None:
        """Wait until a job has paused or ended, or for so many seconds."""
        self._freed.wait(timeout_s)
        self._freed.clear()

    def opened(self, queued: Queued) -> None:
        """Begin the first turn of a job that is started."""
        with self._changed:
            now = self._monotonic()
            self._open[queued.id] = _Open(queued=queued, began=now, charged_at=now)

    def closed(self, job_id: str) -> None:
        """Forget a job that has ended or was put back."""
        with self._changed:
            self._open.pop(job_id, None)
            self._freed.set()

    def turn(self, job_id: str, cpu_s: float) -> Turn:
        """Charge the processor time of a job since its start, and return whether it may go on.

        If it is not its turn, wait a little: `PAUSE_S` at most.
        """
        with self._changed:
            one = self._open.get(job_id)
            if one is None:
                return Turn.GO_ON
            self._charge(one, cpu_s)
            if one.must_leave:
                self._long.add(job_id)
                return Turn.LEAVE
            if one.asked_at is not None and not one.is_paused:
                one.is_paused, one.asked_at = True, None
                self._freed.set()
            if one.is_paused:
                self._changed.wait(PAUSE_S)
            return Turn.PAUSE if one.is_paused else Turn.GO_ON

    def _charge(self, one: _Open, cpu_s: float) -> None:
        more = max(0.0, cpu_s - one.spent_s)
        one.spent_s += more
        one.charged_at = self._monotonic()
        self._spent[one.queued.tenant_id] += more
        self._spent_by_kind[one.queued.tenant_id, one.queued.kind] += more

    def _spent_by(self, tenant_id: str) -> float:
        """Return a tenant's account, with what its computing jobs have probably spent since they were charged."""
        now = self._monotonic()
        running = (
            one for one in self._open.values() if not one.is_paused and one.queued.tenant_id == tenant_id
        )
        return self._spent[tenant_id] + sum(now - one.charged_at for one in running)

    def _welcome(self, asking: set[str]) -> None:
        """Bring the accounts of tenants that begin to ask near those that are served (1.)."""
        served = [self._spent_by(name) for name in asking & self._asking]
        for name in asking - self._asking if served else ():
            least = min(served)
            self._spent[name] = min(max(self._spent[name], least - CREDIT_S), least + DEBT_S)
        self._asking = frozenset(asking)

    def _in_turn(self, waiting: Iterable[Queued]) -> list[Queued]:
        """Return paused and waiting jobs in the order in which they are next (1.)."""
        paused = [one.queued for one in self._open.values() if one.is_paused]
        return sorted(
            [*paused, *waiting],
            key=lambda one: (self._spent_by(one.tenant_id), self._spent_by_kind[one.tenant_id, one.kind]),
        )

    def _has_place(self, one: Queued, started: Sequence[Queued]) -> bool:
        """Return whether one more job may be open (4.)."""
        open_jobs = [*(held.queued for held in self._open.values()), *started]
        if sum(held.tenant_id == one.tenant_id for held in open_jobs) >= self.most_of_tenant:
            return False
        silent = sum(map(self._is_stuck, self._open.values()))
        places = self._places + min(silent, MAX_SILENT) + (one.id not in self._long)
        return len(open_jobs) < places

    @property
    def _places(self) -> int:
        return self._threads + MAX_PAUSED

    def _busy(self) -> list[_Open]:
        """Return the jobs that count as computing (3.)."""
        return [one for one in self._open.values() if not one.is_paused and not self._is_stuck(one)]

    def _is_stuck(self, one: _Open) -> bool:
        return one.asked_at is not None and self._monotonic() - one.asked_at >= GRACE_S

    def _go_on(self, one: _Open) -> None:
        one.is_paused, one.asked_at = False, None
        one.began = one.charged_at = self._monotonic()

    def _ask_to_pause(self, next_one: Queued) -> None:
        """Ask the job whose tenant spent the most, if its turn is over and the next one's tenant spent less (2.)."""
        now = self._monotonic()
        over = [
            one
            for one in self._busy()
            if one.asked_at is None
            and now - one.began >= TURN_S
            and self._spent_by(one.queued.tenant_id) > self._spent_by(next_one.tenant_id)
        ]
        if over:
            max(over, key=lambda one: self._spent_by(one.queued.tenant_id)).asked_at = now

    def _ask_to_leave(self) -> None:
        """Ask the job that was opened beyond the places, once it is no short one (4.)."""
        reporting = [one for one in self._open.values() if not self._is_stuck(one)]
        for one in reporting[self._places :]:
            is_long = one.spent_s >= SHORT_S or self._monotonic() - one.began >= 2 * SHORT_S
            if is_long and not one.must_leave:
                one.must_leave, one.asked_at = True, self._monotonic()

    def _tenants_open(self) -> set[str]:
        return {one.queued.tenant_id for one in self._open.values()}
