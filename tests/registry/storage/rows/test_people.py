"""Registered people whom uploads showed, as rows on both databases: different ones, within a window."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.domain.people import PeopleReport, Told
from registry.domain.probe import Asker
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.days import WINDOW_DAYS
from registry.storage.rows.probes import SqlProbes
from tests.support.databases.registry_parts import ALICE, DANA, NOW, a_probe

ANNA = Asker(tenant_id=DANA.tenant_id, uploader=b"anna")
BEN = replace(ANNA, uploader=b"ben")
POOL = replace(ANNA, uploader=None)
ELSEWHERE = Asker(tenant_id=ALICE.tenant_id, uploader=b"anna")


def yes(_counts):
    return True


def no(_counts):
    return False


class _People:
    """What is kept, day by day."""

    def __init__(self, databases):
        self.probes = SqlProbes(databases.checks)

    def count(self, asker, *people, days=0):
        return self.probes.count(asker, b"digest", [], people, self.day(days)).people

    def tell(self, asker, *people, is_within=yes, days=0):
        return self.probes.tell(asker, people, self.day(days), is_within)

    @staticmethod
    def day(days):
        return (NOW + timedelta(days=days)).date()


@pytest.fixture
def people(databases):
    return _People(databases)


def test_different_people_are_counted(people):
    """Each once, for whoever asked about them and for the tenant."""
    assert people.tell(ANNA, "case_1", "case_2").of_uploader == 2
    assert people.tell(ANNA, "case_2", "case_3").of_uploader == 3
    assert people.tell(BEN, "case_3").of_uploader == 1
    counts = people.count(ANNA, "case_3", "case_4")
    assert (counts.of_uploader, counts.of_tenant) == (3, 3)
    assert counts.told == {"case_3": Told(uploaders=2, is_own=True)}
    assert people.count(BEN, "case_1").told == {"case_1": Told(uploaders=1, is_own=False)}


def test_uploads_without_an_uploader_share_one_count(people):
    """They are one asker more of the tenant."""
    people.tell(POOL, "case_1")
    counts = people.count(POOL, "case_1")
    assert (counts.of_uploader, counts.told["case_1"].is_own) == (1, True)
    assert people.count(ANNA).of_uploader == 0


def test_tenants_are_counted_apart(people):
    """The same name of an uploader at another platform is somebody else."""
    people.tell(ANNA, "case_1")
    counts = people.count(ELSEWHERE, "case_1")
    assert (counts.of_uploader, counts.of_tenant, counts.told) == (0, 0, {})


def test_people_are_judged_with_what_is_counted_with_them(people):
    """Whether they may be told is asked with all of them counted."""
    people.tell(ANNA, "case_1")
    seen = []
    people.tell(ANNA, "case_2", "case_3", is_within=lambda counts: seen.append(counts) or True)
    assert [(counts.of_uploader, counts.of_tenant) for counts in seen] == [(3, 3)]


def test_people_who_are_held_count_for_the_uploader_only(people):
    """Nobody was told of them, so they make nobody known and spend nothing of the tenant's."""
    people.tell(ANNA, "case_1")
    people.tell(ANNA, "case_1", "case_2", is_within=no)
    counts = people.count(ANNA, "case_1", "case_2")
    assert (counts.of_uploader, counts.of_tenant) == (2, 1)
    assert counts.told == {"case_1": Told(uploaders=1, is_own=True)}


def test_a_person_who_was_held_can_be_told_later(people):
    """It is the same person still."""
    people.tell(ANNA, "case_1", is_within=no)
    counts = people.tell(ANNA, "case_1")
    assert (counts.of_uploader, counts.of_tenant) == (1, 1)


def test_people_leave_the_window_after_its_days(people):
    """A person counts on its day and the six that follow, and telling them again begins anew."""
    people.tell(ANNA, "case_1")
    people.probes.add_uploads(ANNA.tenant_id, 50, people.day(0))
    last, gone = (people.count(ANNA, "case_1", days=days) for days in (WINDOW_DAYS - 1, WINDOW_DAYS))
    assert (last.of_uploader, last.of_tenant, last.uploads, len(last.told)) == (1, 1, 50, 1)
    assert (gone.of_uploader, gone.of_tenant, gone.uploads, len(gone.told)) == (0, 0, 0, 0)


def test_what_left_the_window_is_deleted(databases, people):
    """Nothing is kept longer than the window."""
    people.tell(ANNA, "case_1")
    people.probes.add_uploads(ANNA.tenant_id, 50, people.day(0))
    people.tell(ANNA, "case_2", days=WINDOW_DAYS)
    with databases.checks.read() as connection:
        for table, rows in (("people_told", 1), ("face_uploads", 0)):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == rows


def test_uploads_add_up(people):
    """Of one day and of several."""
    for days in (0, 0, 1):
        people.probes.add_uploads(ANNA.tenant_id, 50, people.day(days))
    assert people.count(ANNA, days=1).uploads == 150
    assert people.count(ELSEWHERE, days=1).uploads == 0


def test_a_withdrawn_case_leaves_no_trace(databases, people):
    """After forgetting, no budget names the case, and it counts no more."""
    people.tell(ANNA, "case_1", "case_2")
    SqlChecks(databases.checks).forget_people(["case_1", "case_9"])
    counts = people.count(ANNA, "case_1", "case_2")
    assert (counts.of_uploader, list(counts.told)) == (1, ["case_2"])


def test_the_operator_sees_people_beside_questions(databases, people):
    """Tenants with both, and tenants with one of them."""
    people.tell(ANNA, "case_1", "case_2")
    people.tell(BEN, "case_2", is_within=no)
    people.probes.add_uploads(ELSEWHERE.tenant_id, 50, people.day(0))
    SqlChecks(databases.checks).add_probe(DANA.tenant_id, a_probe("ref_1"), NOW)
    report = {one.tenant_id: one for one in people.probes.report(people.day(0))}
    assert report[DANA.tenant_id].people == PeopleReport(told=2, most=2)
    assert report[DANA.tenant_id].questions == 1
    assert report[ALICE.tenant_id].people == PeopleReport(uploads=50)
    assert report[ALICE.tenant_id].questions == 0


def test_a_cleared_tenant_begins_anew(people):
    """Of the people nothing is left; other tenants keep theirs."""
    people.tell(ANNA, "case_1", "case_2")
    people.tell(ELSEWHERE, "case_1")
    assert people.probes.clear(DANA.tenant_id) == 2
    assert people.count(ANNA, "case_1").told == {}
    assert people.count(ELSEWHERE).of_uploader == 1
