"""The budgets of registered people who are told (promise 5)."""

from datetime import timedelta

import pytest

from registry.domain.people import PeopleCounts, Told
from registry.domain.probe import Asker
from registry.events import LogEvent
from registry.security.alarms import DailyAlarms
from registry.security.people_budget import (
    KNOWN_FROM,
    MAX_TENANT_BUDGETS,
    UPLOADS_PER_PERSON,
    PeopleBudget,
    PeopleLimits,
)
from tests.support.databases.registry_parts import DANA, NOW

LIMITS = PeopleLimits(uploader=4, tenant=10)
SOMEBODY = Asker(tenant_id=DANA.tenant_id, uploader=b"somebody")
TODAY = NOW.date()


class _Rows:
    """Answers the counts that a test sets, and keeps what is written."""

    def __init__(self):
        self.counts = PeopleCounts()
        self.told, self.uploads = [], []

    def tell(self, asker, people, today, is_within):
        self.told.append((people, is_within(self.counts)))
        return self.counts

    def add_uploads(self, tenant_id, uploads, today):
        self.uploads.append((tenant_id, uploads))


class _Setting:
    def __init__(self):
        self.rows, self.reported = _Rows(), []
        alarms = DailyAlarms(lambda event, tenant_id: self.reported.append((event, tenant_id)))
        self.budget = PeopleBudget(people=self.rows, limits=LIMITS, alarms=alarms)

    def is_spent(self, **counts):
        return self.budget.standing(SOMEBODY, PeopleCounts(**counts), (), TODAY).is_spent

    def is_told(self, **counts):
        self.rows.counts = PeopleCounts(**counts)
        return self.budget.tell(SOMEBODY, ["case_1"], TODAY)


@pytest.fixture
def setting():
    return _Setting()


def test_a_budget_is_spent_with_its_last_person(setting):
    """Everybody up to the budget is told, and afterwards nothing."""
    assert setting.is_told(of_uploader=4, of_tenant=10)
    assert not setting.is_told(of_uploader=5, of_tenant=1)
    assert not setting.is_told(of_uploader=1, of_tenant=11)
    assert [is_within for _, is_within in setting.rows.told] == [True, False, False]
    assert not setting.is_spent(of_uploader=3, of_tenant=9)
    assert setting.is_spent(of_uploader=4)
    assert setting.is_spent(of_tenant=10)


def test_traffic_raises_a_tenants_budget_up_to_a_bound(setting):
    """A platform with many uploads is told of more people; an uploader is not."""
    for uploads, size in (
        (UPLOADS_PER_PERSON - 1, 10),
        (UPLOADS_PER_PERSON, 11),
        (10 * UPLOADS_PER_PERSON, 20),
        (10**9, 10 * MAX_TENANT_BUDGETS),
    ):
        assert not setting.is_spent(of_tenant=size - 1, uploads=uploads)
        assert setting.is_spent(of_tenant=size, uploads=uploads)
    assert setting.is_spent(of_uploader=4, uploads=10**9)


def test_known_people_count_for_nobody(setting):
    """Whoever was told to the uploader, or to several others, is not new."""
    told = {
        "mine": Told(uploaders=1, is_own=True),
        "known": Told(uploaders=KNOWN_FROM, is_own=False),
        "told to others": Told(uploaders=KNOWN_FROM - 1, is_own=False),
    }
    standing = setting.budget.standing(SOMEBODY, PeopleCounts(told=told), [*told, "unseen"], TODAY)
    assert standing.new == ("told to others", "unseen")


def test_of_a_crowd_no_more_are_kept_than_spend_the_budget(setting):
    """An upload that shows very many people fills no table."""
    setting.budget.tell(SOMEBODY, [f"case_{number}" for number in range(1_000)], TODAY)
    ((people, _),) = setting.rows.told
    assert len(people) == LIMITS.uploader + 1


def test_uploads_with_a_face_are_written_in_bunches(setting):
    """One of fifty uploads writes, tenant by tenant."""
    for number in range(2 * UPLOADS_PER_PERSON):
        setting.budget.see_face("ten_1", TODAY)
        if number % 2:
            setting.budget.see_face("ten_2", TODAY)
    assert sorted(setting.rows.uploads) == [("ten_1", 50), ("ten_1", 50), ("ten_2", 50)]


@pytest.mark.parametrize(("name", "most"), [("of_uploader", 4), ("of_tenant", 10)])
def test_the_operator_is_warned_at_half_and_told_at_the_end(setting, name, most):
    """Each is said once a day and tenant, with no person."""
    half = (LogEvent.LIKENESS_BUDGET_HALF, DANA.tenant_id)
    setting.is_told(**{name: most // 2 - 1})
    assert setting.reported == []
    setting.is_told(**{name: most // 2})
    setting.is_spent(**{name: most // 2})
    assert setting.reported == [half]
    setting.is_told(**{name: most})
    assert setting.reported == [half, (LogEvent.LIKENESS_BUDGET_SPENT, DANA.tenant_id)]
    counts = PeopleCounts(**{name: most})
    setting.budget.standing(SOMEBODY, counts, (), TODAY + timedelta(days=1))
    assert len(setting.reported) == 4
