"""Deadlines: the last instant that is still in time, computed once when a clock starts.

1. Elapsed units (hours, days of 24 hours) count seconds, so daylight-saving time and time zones change nothing.
2. Calendar units count days of the profile's time zone. The day of the start does not count. The last day counts to its
   end, whatever its length.
3. A deadline is stored when the clock starts, when it is extended, and when a pause ends. Afterwards only the present
   time is compared with it: a server's clock that jumps moves no deadline.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from registry.domain.takedowns.profile import (
    Boundary,
    BusinessCalendar,
    ClockRule,
    Duration,
    Profile,
    Unit,
)
from registry.errors import HolidaysUnknown

_INSTANT: Final = timedelta(microseconds=1)
"""The resolution of stored times."""

_MONTHS: Final = 12


def due_at(profile: Profile, rule: ClockRule, starts_at: datetime) -> datetime:
    """Return the last instant in time of a clock that starts now, in UTC; raise `HolidaysUnknown`."""
    if rule.duration.unit.is_elapsed:  # 1.
        end = starts_at.astimezone(UTC) + _elapsed(rule.duration)
        return end - _INSTANT if rule.boundary is Boundary.EXCLUSIVE else end
    first = starts_at.astimezone(profile.zone).date()
    return _end_of(_last_day(first, rule.duration, profile.calendar), profile.zone)  # 2.


def extended(profile: Profile, rule: ClockRule, due: datetime) -> datetime:
    """Return a deadline after one extension, counted from the deadline, in UTC.

    Raises:
        ValueError: the rule allows no extension.
        HolidaysUnknown: the list of holidays ends before the new deadline.
    """
    if rule.extension is None:
        raise ValueError("this clock cannot be extended")
    if rule.extension.unit.is_elapsed:
        return due.astimezone(UTC) + _elapsed(rule.extension)
    return _end_of(
        _last_day(due.astimezone(profile.zone).date(), rule.extension, profile.calendar), profile.zone
    )


def resumed(due: datetime, paused_at: datetime, now: datetime) -> datetime:
    """Return a deadline after a pause. It never moves to an earlier time, even if the server's clock jumped back."""
    return due + max(timedelta(0), now - paused_at)


def is_past(due: datetime, now: datetime) -> bool:
    """Return whether a deadline has passed: at its own instant it has not."""
    return now > due


def _elapsed(duration: Duration) -> timedelta:
    hours = {Unit.HOURS: 1, Unit.DAYS_OF_24_HOURS: 24}[duration.unit]
    return timedelta(hours=hours * duration.amount)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last instant of a day, in UTC. Of a midnight that occurs twice, the first one ends the day before."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return midnight.astimezone(UTC) - _INSTANT


def _last_day(first: date, duration: Duration, business: BusinessCalendar | None) -> date:
    if duration.unit is Unit.MONTHS:
        return _months_later(first, duration.amount)
    if duration.unit is Unit.BUSINESS_DAYS:
        return _business_days_later(first, duration.amount, business)
    return first + timedelta(days=duration.amount)


def _months_later(first: date, months: int) -> date:
    whole = first.year * _MONTHS + first.month - 1 + months
    year, month = divmod(whole, _MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last))


def _business_days_later(first: date, days: int, business: BusinessCalendar | None) -> date:
    if business is None:
        raise HolidaysUnknown
    day = first
    while days:
        day += timedelta(days=1)
        if day.year not in business.years:
            raise HolidaysUnknown
        days -= day.weekday() not in business.weekend and day not in business.holidays
    return day
