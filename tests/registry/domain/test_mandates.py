"""Mandates as values: states, terms, days that end, and when a reminder is due."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from index.verdict.vocabulary import ReferenceKind
from registry.domain.mandates import (
    MAX_TERM,
    Mandate,
    MandateScope,
    MandateState,
    confirmed,
    end_of_day,
    expired,
    require_in_scope,
    require_mandate,
    require_term,
    revoked,
    secret_message,
    stands,
)
from registry.errors import MandateMissing, MandateUnfit, StateForbids

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROPOSED = Mandate(
    id="man_1",
    case_id="case_1",
    tenant_id="ten_1",
    proposed_by="crd_1",
    scope=MandateScope(kinds=frozenset({ReferenceKind.INTIMATE_ITEM})),
    expires_at=NOW + timedelta(days=100),
    state=MandateState.PROPOSED,
    proposed_at=NOW,
)
IN_FORCE = confirmed(PROPOSED, "crd_2", NOW)
SECOND = timedelta(seconds=1)


def test_a_mandate_is_in_force_from_its_confirmation_to_its_end():
    """The last moment belongs to it, and the expiry does not."""
    assert not PROPOSED.is_in_force(NOW)
    assert IN_FORCE.is_in_force(IN_FORCE.expires_at - SECOND)
    assert not IN_FORCE.is_in_force(IN_FORCE.expires_at)
    assert not revoked(IN_FORCE, NOW).is_in_force(NOW)
    assert not expired(IN_FORCE, NOW).is_in_force(NOW)


def test_a_mandate_that_has_ended_is_not_confirmed_again():
    """Neither a revoked one nor one whose term is over; confirming one in force changes nothing."""
    assert confirmed(IN_FORCE, "crd_3", NOW + SECOND) == IN_FORCE
    for ended in (revoked(PROPOSED, NOW), revoked(IN_FORCE, NOW), expired(IN_FORCE, NOW)):
        with pytest.raises(StateForbids):
            confirmed(ended, "crd_2", NOW)
    with pytest.raises(StateForbids):
        confirmed(PROPOSED, "crd_2", PROPOSED.expires_at)
    assert revoked(expired(IN_FORCE, NOW), NOW + SECOND) == expired(IN_FORCE, NOW)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=30) + SECOND, None),
        (timedelta(days=30), 30),
        (timedelta(days=7) + SECOND, 30),
        (timedelta(days=7), 7),
        (timedelta(days=1), 1),
        (SECOND, 1),
    ],
    ids=str,
)
def test_a_reminder_is_due(left, days):
    """30, 7 and 1 days before the expiry; only of a mandate in force."""
    assert IN_FORCE.reminder(IN_FORCE.expires_at - left) == days
    assert PROPOSED.reminder(PROPOSED.expires_at - left) is None
    assert revoked(IN_FORCE, NOW).reminder(IN_FORCE.expires_at - left) is None


@pytest.mark.parametrize("term", [timedelta(0), -SECOND, MAX_TERM + SECOND], ids=str)
def test_a_term_is_bounded(term):
    """A mandate ends after now, and within three years."""
    with pytest.raises(MandateUnfit):
        require_term(NOW + term, NOW)
    require_term(NOW + MAX_TERM, NOW)
    require_term(NOW + SECOND, NOW)


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        (date(2026, 3, 1), "UTC", datetime(2026, 3, 2, tzinfo=UTC)),
        (date(2028, 2, 28), "Asia/Seoul", datetime(2028, 2, 28, 15, tzinfo=UTC)),
        (date(2028, 2, 29), "Asia/Seoul", datetime(2028, 2, 29, 15, tzinfo=UTC)),
        (date(2027, 2, 28), "Asia/Seoul", datetime(2027, 2, 28, 15, tzinfo=UTC)),
        # New York: the night before and after the clocks go forward, and back
        (date(2026, 3, 7), "America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC)),
        (date(2026, 3, 8), "America/New_York", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        (date(2026, 10, 31), "America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        (date(2026, 11, 1), "America/New_York", datetime(2026, 11, 2, 5, tzinfo=UTC)),
        # Cairo: midnight itself does not exist that night
        (date(2026, 4, 23), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ],
    ids=str,
)
def test_a_day_ends_at_its_own_midnight(day, zone, end):
    """Whatever the clocks do that night, and in leap years."""
    assert end_of_day(day, ZoneInfo(zone)) == end


def test_the_last_day_of_the_calendar_is_no_term():
    """What has no tomorrow is refused, and raises nothing else."""
    with pytest.raises(MandateUnfit):
        end_of_day(date(9999, 12, 31), ZoneInfo("UTC"))


def test_a_case_stands_without_mandates_or_with_one_in_force():
    """A proposal changes nothing; once a mandate was confirmed, one has to be in force."""
    assert stands([], NOW)
    assert stands([PROPOSED], NOW)
    assert stands([IN_FORCE], NOW)
    assert not stands([IN_FORCE], IN_FORCE.expires_at)
    assert not stands([revoked(IN_FORCE, NOW), replace(PROPOSED, id="man_2")], NOW)
    assert stands([revoked(IN_FORCE, NOW), replace(IN_FORCE, id="man_2")], NOW)


def test_a_mandate_bounds_what_is_registered():
    """Kinds beyond the scope are refused; a case without a mandate in force is as free as any."""
    require_in_scope([], ReferenceKind.LIKENESS, NOW)
    require_in_scope([PROPOSED], ReferenceKind.LIKENESS, NOW)
    require_in_scope([IN_FORCE], ReferenceKind.INTIMATE_ITEM, NOW)
    with pytest.raises(MandateMissing, match="likeness"):
        require_in_scope([IN_FORCE], ReferenceKind.LIKENESS, NOW)
    for missing in ([], [PROPOSED], [revoked(IN_FORCE, NOW)]):
        with pytest.raises(MandateMissing):
            require_mandate(missing, NOW)


def test_a_secret_is_read_as_people_write_it():
    """Blanks and capitals do not matter; letters and the mandate do."""
    assert secret_message("man_1", "ab cd") == secret_message("man_1", " ABC D\n")
    assert secret_message("man_1", "abcd") != secret_message("man_2", "abcd")
    assert secret_message("man_1", "abcd") != secret_message("man_1", "abce")
