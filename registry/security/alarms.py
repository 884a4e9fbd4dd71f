"""Alarms about budgets: the operator is warned at half of one and at its end, once a day and tenant."""

from collections.abc import Callable
from datetime import date

from registry.events import LogEvent


class DailyAlarms:
    """Alarms that are raised once a day, tenant and event. Threads: any; at worst an alarm is raised twice."""

    def __init__(self, report: Callable[[LogEvent, str], None]) -> None:
        """Take `report(event, tenant_id)`, which logs for the operator."""
        self._report = report
        self._reported: set[tuple[LogEvent, str, date]] = set()

    def warn(
        self, events: tuple[LogEvent, LogEvent], tenant_id: str, today: date, count: int, budget: int
    ) -> None:
        """Report a budget of which half is spent (the first of the events), or all (the second)."""
        for event, share in zip(events, (2, 1), strict=True):
            if count * share >= budget and (event, tenant_id, today) not in self._reported:
                self._reported = {one for one in self._reported if one[2] == today}
                self._reported.add((event, tenant_id, today))
                self._report(event, tenant_id)
