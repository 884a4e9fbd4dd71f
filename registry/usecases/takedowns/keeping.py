"""The clock service: what the passing of time does to takedown requests.

1. Deadlines are stored, so the service keeps no state: it reads what is over, and writes it. It can be killed at any
   point and run on several machines at once.
2. Each request is a transaction of its own, which locks the request and looks again. Nothing happens twice.
3. The contents of requests for which nobody waits are erased after the days of their profile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from registry.domain.takedowns import TakedownState, content_ends_at, due_event
from registry.events import LogEvent
from registry.ports import Environment, Units
from registry.usecases.takedowns.moving import write_due
from registry.usecases.takedowns.rules import TakedownRules

PAGE: Final = 200
"""Requests that are looked at in one run. What is left waits for the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownKeeper:
    """The clock service of one process.

    Attributes:
        report: is told of each request that is overdue now, or that no clock can be kept for.
    """

    units: Units
    environment: Environment
    rules: TakedownRules
    report: Callable[[LogEvent, str], None]

    def keep(self) -> Sequence[str]:
        """Write what time has done, and return the ids of the requests that it changed.

        Raises:
            StorageUnavailable: the rest was not written; call again later.
        """
        with self.units.read() as unit:
            waiting = unit.takedowns.due(self.environment.now(), PAGE)  # 1.
        return [takedown_id for takedown_id in waiting if self._kept(takedown_id)]

    def _kept(self, takedown_id: str) -> bool:
        with self.units.write() as unit:  # 2.
            takedown = unit.takedowns.get(takedown_id, for_update=True)
            profile = self.rules.profiles.get(takedown.profile)
            now = self.environment.now()
            if profile is None:
                self.report(LogEvent.TAKEDOWN_CLOCK_FAILED, takedown_id)
                return False
            if due_event(takedown, now) is None:
                return False
            after = write_due(unit, takedown, now=now, profile=profile)
            unit.commit()
        if after.state is TakedownState.OVERDUE:
            self.report(LogEvent.TAKEDOWN_OVERDUE, takedown_id)
        return True

    def forget(self) -> None:  # 3.
        """Erase the contents of requests whose days are over; raise `StorageUnavailable`."""
        for profile in self.rules.profiles.values():
            before = self.environment.now() - timedelta(days=profile.retention.elements_days)
            with self.units.read() as unit:
                idle = unit.takedowns.idle(profile.id, before, PAGE)
            for takedown_id in idle:
                with self.units.write() as unit:
                    takedown = unit.takedowns.get(takedown_id, for_update=True)
                    ends_at = content_ends_at(takedown, profile)
                    if ends_at is not None and ends_at < self.environment.now():
                        unit.takedowns.erase_content(takedown_id)
                        unit.takedowns.save(replace(takedown, erased_at=self.environment.now()))
                        unit.commit()
