"""Deadlines at their boundaries: elapsed and calendar units, daylight-saving time, leap days and time zones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.bootstrap import load_profiles
from registry.domain.takedowns.clocks import due_at, extended, is_past, resumed
from registry.domain.takedowns.profile import Boundary, BusinessCalendar, ClockName, Duration, Unit
from registry.errors import HolidaysUnknown

PROFILES = load_profiles()
TIDA, KOREA, EUROPE = PROFILES["US-TIDA"], PROFILES["KR-22-5"], PROFILES["EU-DSA-16"]
COPYRIGHT = PROFILES["COPYRIGHT"]
SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)


def at(text, zone="UTC"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due(profile, text, zone="UTC", clock=ClockName.DECISION):
    return due_at(profile, profile.clocks[clock], at(text, zone))


@pytest.mark.parametrize(
    ("after", "missed"),
    [("47:59:59", False), ("48:00:00", False), ("48:00:01", True)],
)
def test_48_hours_end_after_their_last_instant(after, missed):
    """The 48th hour itself is in time, and one second later is not."""
    start = at("2026-12-01T12:00:00")
    hours, minutes, seconds = map(int, after.split(":"))
    now = start + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert is_past(due_at(TIDA, TIDA.decision, start), now) is missed


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Seoul", "Europe/Brussels"])
@pytest.mark.parametrize("day", ["2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31", "2028-02-28"])
def test_48_hours_are_48_hours_everywhere(zone, day):
    """Neither the start nor the end of daylight-saving time, nor a leap day, changes elapsed time."""
    start = at(f"{day}T23:30:00", zone)
    for profile in (TIDA, replace(TIDA, zone=ZoneInfo(zone))):
        assert due_at(profile, profile.decision, start) - start == timedelta(hours=48)


def test_an_exclusive_boundary_ends_before_its_instant():
    """Where the last instant does not count, the deadline is the instant before it."""
    rule = replace(TIDA.decision, boundary=Boundary.EXCLUSIVE)
    start = at("2026-12-01T12:00:00")
    assert due_at(TIDA, rule, start) == start + timedelta(hours=48) - INSTANT


@pytest.mark.parametrize("started", ["2026-12-01T00:00:00", "2026-12-01T23:59:59"])
def test_14_days_end_with_the_14th_day_in_seoul(started):
    """The first day does not count; the last one counts to its end in Korea, whenever the first began."""
    end = due(KOREA, started, "Asia/Seoul")
    assert end == at("2026-12-16T00:00:00", "Asia/Seoul") - INSTANT
    assert not is_past(end, at("2026-12-15T23:59:59", "Asia/Seoul"))
    assert is_past(end, at("2026-12-16T00:00:00", "Asia/Seoul"))


def test_the_day_is_the_profiles_not_utcs():
    """A request received at 00:30 in Seoul is of that day, though it is yesterday in UTC."""
    assert due(KOREA, "2026-11-30T15:30:00") == at("2026-12-15T14:59:59.999999")


def test_an_extension_counts_from_the_deadline():
    """14 days and one extension of 14 days end with the 28th day."""
    end = due(KOREA, "2026-12-01T09:00:00", "Asia/Seoul")
    longer = extended(KOREA, KOREA.decision, end)
    assert longer == at("2026-12-30T00:00:00", "Asia/Seoul") - INSTANT
    assert not is_past(longer, at("2026-12-29T23:59:59", "Asia/Seoul"))


def test_tida_has_no_extension():
    """Nothing extends the 48 hours."""
    with pytest.raises(ValueError, match="cannot be extended"):
        extended(TIDA, TIDA.decision, at("2026-12-03T12:00:00"))


def test_30_days_of_a_block_are_elapsed_time():
    """A temporary block lasts 30 times 24 hours, not one second longer."""
    start = at("2026-02-15T10:00:00", "Asia/Seoul")
    end = due_at(KOREA, KOREA.clocks[ClockName.TEMP_BLOCK], start)
    assert end == start + timedelta(days=30)
    assert (is_past(end, end), is_past(end, end + SECOND)) == (False, True)


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-08-31", "2027-02-28"),
        ("2027-08-31", "2028-02-29"),
        ("2028-02-29", "2028-08-29"),
        ("2026-12-01", "2027-06-01"),
        ("2026-06-30", "2026-12-30"),
    ],
)
def test_six_months_end_with_the_same_day_or_the_months_last(start, last):
    """Six months later, to the end of the day in Brussels, in leap years too."""
    end = due(EUROPE, f"{start}T12:00:00", "Europe/Brussels", ClockName.APPEAL)
    assert end == at(f"{last}T23:59:59.999999", "Europe/Brussels")
    assert is_past(end, end + SECOND)
    assert not is_past(end, end - SECOND)


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Brussels", "2026-03-28T12:00:00", 12 + 23),
        ("Europe/Brussels", "2026-10-24T12:00:00", 12 + 25),
        ("America/New_York", "2026-03-07T12:00:00", 12 + 23),
        ("America/New_York", "2026-10-31T12:00:00", 12 + 25),
        ("Asia/Seoul", "2026-03-28T12:00:00", 12 + 24),
        ("America/Havana", "2026-10-31T12:00:00", 12 + 25),  # its midnight occurs twice
    ],
)
def test_a_calendar_day_is_as_long_as_it_is(zone, start, hours):
    """One day that ends over a change of clocks has 23 or 25 hours."""
    profile = replace(KOREA, zone=ZoneInfo(zone))
    rule = replace(KOREA.decision, duration=Duration(amount=1, unit=Unit.CALENDAR_DAYS))
    begun = at(start, zone)
    assert due_at(profile, rule, begun) - begun == timedelta(hours=hours) - INSTANT


def test_business_days_skip_weekends_and_holidays():
    """14 business days from 30 November 2026 skip three weekends; Christmas comes after them."""
    restoration = COPYRIGHT.clocks[ClockName.RESTORATION]
    end = due_at(COPYRIGHT, restoration, at("2026-11-30T12:00:00", "America/New_York"))
    assert end == at("2026-12-18T23:59:59.999999", "America/New_York")
    over_christmas = due_at(COPYRIGHT, restoration, at("2026-12-18T12:00:00", "America/New_York"))
    assert over_christmas == at("2027-01-11T23:59:59.999999", "America/New_York")


def test_business_days_beyond_the_list_are_refused():
    """A deadline that the list of holidays does not reach is no guess."""
    restoration = COPYRIGHT.clocks[ClockName.RESTORATION]
    with pytest.raises(HolidaysUnknown):
        due_at(COPYRIGHT, restoration, at("2028-12-20T12:00:00"))
    with pytest.raises(HolidaysUnknown):
        due_at(replace(COPYRIGHT, calendar=None), restoration, at("2026-12-01T12:00:00"))


def test_the_holidays_of_the_united_states_are_weekdays():
    """An observed federal holiday is never on a weekend, and there are 33 in three years."""
    calendar = COPYRIGHT.calendar
    assert isinstance(calendar, BusinessCalendar)
    assert [day for day in sorted(calendar.holidays) if day.weekday() in calendar.weekend] == []
    assert len(calendar.holidays) == 33
    assert date(2026, 11, 26) in calendar.holidays


def test_a_pause_moves_the_deadline_by_its_length_and_never_back():
    """A pause of an hour adds an hour; after a jump back of the server's clock it adds nothing."""
    end, begun = at("2026-12-03T12:00:00"), at("2026-12-02T12:00:00")
    assert resumed(end, begun, begun + timedelta(hours=1)) == end + timedelta(hours=1)
    assert resumed(end, begun, begun - timedelta(days=400)) == end


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 6, 1)),  # noqa: DTZ001  made aware below
    st.sampled_from(["UTC", "Asia/Seoul", "America/New_York", "Pacific/Kiritimati"]),
)
def test_every_clock_ends_after_its_start(start, zone):
    """For every profile and clock, the deadline is after the start, the same in every spelling of the start."""
    moment = start.replace(tzinfo=UTC)
    for profile in PROFILES.values():
        for rule in profile.clocks.values():
            end = due_at(profile, rule, moment)
            assert end > moment
            assert end == due_at(profile, rule, moment.astimezone(ZoneInfo(zone)))
