"""`UtcDateTime` on both databases: aware UTC in, aware UTC out, to the microsecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select
from sqlalchemy.exc import StatementError

from registry.storage.schema.types import UtcDateTime
from tests.support.databases.registry_parts import NOW

MOMENTS = Table("moments", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ANY_TIME = st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30), timezones=OFFSETS)  # noqa: DTZ001


@pytest.fixture
def there_and_back(empty_databases):
    with empty_databases.registry.write() as connection:
        MOMENTS.create(connection)
        connection.commit()

    def store(moment):
        with empty_databases.registry.write() as connection:
            connection.execute(delete(MOMENTS))
            connection.execute(insert(MOMENTS).values(id=1, at=moment))
            connection.commit()
        with empty_databases.registry.read() as connection:
            return connection.execute(select(MOMENTS.c.at)).scalar_one()

    return store


@given(moment=ANY_TIME)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_moment_comes_back_as_utc(there_and_back, moment):
    """A moment of any offset is read as the same moment in UTC, to the microsecond."""
    found = there_and_back(moment)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_an_hour_of_seoul_is_not_nine_hours_wrong(there_and_back):
    """A time of Korea is stored as what it is in UTC."""
    seoul = datetime(2026, 3, 1, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    assert there_and_back(seoul) == datetime(2026, 3, 1, 0, 0, tzinfo=UTC)


def test_no_time_stays_none(there_and_back):
    """An absent time is absent."""
    assert there_and_back(None) is None


def test_a_naive_time_is_refused(there_and_back):
    """A time without an offset is refused instead of being guessed."""
    with pytest.raises(StatementError, match="naive"):
        there_and_back(NOW.replace(tzinfo=None))


def test_a_naive_time_is_refused_in_a_question_too(empty_databases):
    """Comparing with a time without an offset is refused as well."""
    with empty_databases.registry.write() as connection:
        MOMENTS.create(connection)
        with pytest.raises(StatementError, match="naive"):
            connection.execute(select(MOMENTS).where(MOMENTS.c.at < NOW.replace(tzinfo=None)))
