"""`SqlProbes` on both databases: distinct questions, within a window, tenant by tenant."""

from datetime import timedelta

import pytest

from registry.storage.rows.probes import WINDOW_DAYS, SqlProbes
from tests.support.databases.registry_parts import ALICE, DANA, NOW

TODAY = NOW.date()


@pytest.fixture
def count(databases):
    probes = SqlProbes(databases.checks)

    def ask(question, *reference_ids, tenant_id=DANA.tenant_id, days=0):
        names = reference_ids or ("ref_1",)
        found = probes.count(tenant_id, f"{question}".encode(), names, TODAY + timedelta(days=days))
        assert set(found) == set(names)
        return found if reference_ids else found["ref_1"]

    return ask


def test_distinct_questions_are_counted(count):
    """Each other question about a reference is one more."""
    assert [count(question) for question in range(5)] == [1, 2, 3, 4, 5]


def test_the_same_question_counts_once(count):
    """The same picture, uploaded by many, spends nothing."""
    assert [count("same") for _ in range(5)] == [1, 1, 1, 1, 1]


def test_each_reference_has_its_own_count(count):
    """A question near several references is counted for each, and each one's count is told."""
    for question in range(3):
        count(question, "ref_1")
    assert count("both", "ref_1", "ref_2") == {"ref_1": 4, "ref_2": 1}
    assert count("second", "ref_2") == {"ref_2": 2}


def test_tenants_spend_their_own(count):
    """One platform's questions never spend another's budget."""
    for question in range(3):
        count(question)
    assert count("other", tenant_id=ALICE.tenant_id) == 1


def test_questions_leave_the_window_after_its_days(count):
    """A question counts on its day and the six that follow, and not on the seventh."""
    count("old")
    assert count("new", days=WINDOW_DAYS - 1) == 2
    assert count("newer", days=WINDOW_DAYS) == 2


def test_what_left_the_window_is_deleted(databases, count):
    """No question is kept longer than the window."""
    count("old")
    count("new", days=WINDOW_DAYS)
    with databases.checks.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM probes").scalar_one() == 1


def test_a_question_near_very_many_references_is_counted(count):
    """As many references as a check confirms at most fit into one question."""
    names = [f"ref_{number}" for number in range(20_000)]
    assert set(count("wide", *names).values()) == {1}
