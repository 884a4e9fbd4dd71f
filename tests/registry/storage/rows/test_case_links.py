"""`CaseLinks` on both databases."""

from dataclasses import replace

import pytest

from registry.domain.case import withdraw
from tests.support.databases.registry_parts import NOW, a_case


@pytest.fixture
def cases(units):
    """The ids of three open cases and of a withdrawn one, each in their order."""
    opened, gone = [a_case() for _ in range(3)], a_case()
    with units.write() as unit:
        for one in (*opened, gone):
            unit.cases.add(one)
        unit.cases.save(withdraw(gone, NOW))
        unit.commit()
    return sorted(one.id for one in opened), gone.id


def test_links_are_added_and_removed_once(units, cases):
    """Each answer tells what changed, and a link is found from both of its ends."""
    (one, two, three), _ = cases
    with units.write() as unit:
        assert unit.links.add([(one, two), (one, one)], NOW) == {(one, two), (one, one)}
        assert unit.links.add([(one, two), (two, three)], NOW) == {(two, three)}
        unit.commit()
    with units.write() as unit:
        assert [link.case_ids for link in unit.links.all()] == [(one, one), (one, two), (two, three)]
        assert {link.linked_at for link in unit.links.all()} == {NOW}
        assert {link.case_ids for link in unit.links.of(two)} == {(one, two), (two, three)}
        assert unit.links.of(three) == unit.links.all()[2:]
        assert unit.links.remove([(one, two), (one, three)]) == {(one, two)}
        assert [link.case_ids for link in unit.links.all()] == [(one, one), (two, three)]
        assert unit.links.of(one) == unit.links.all()[:1]
        unit.commit()


def test_only_cases_that_are_not_withdrawn_are_linkable(units, cases):
    """Whatever tenant they belong to."""
    opened, gone = cases
    with units.write() as unit:
        assert unit.links.linkable([*opened, gone, "cas_absent"]) == set(opened)
        assert unit.links.linkable([]) == frozenset()


def test_a_link_with_a_withdrawn_case_does_not_count(databases, units, cases):
    """Even if its row were left behind, as by a crash of an older version."""
    (one, two, _), gone = cases
    with units.write() as unit:
        unit.links.add([(one, two), tuple(sorted((one, gone)))], NOW)
        unit.commit()
    assert databases.candidates().standing([one, gone])[one].linked == {two}
    assert databases.candidates().standing([]) == {}


def test_a_case_that_another_verified_says_so(databases):
    """Only a record of another key than the opener's counts, and none of a withdrawn case."""
    by_other, by_none, by_opener, gone = a_case(), a_case(), a_case(), a_case()
    cases = [
        by_other,
        replace(by_none, verified_by=None),
        replace(by_opener, verified_by=by_opener.opened_by),
        withdraw(gone, NOW),
    ]
    with databases.units.write() as unit:
        for case in cases:
            unit.cases.add(case)
        unit.commit()
    standing = databases.candidates().standing([case.id for case in cases])
    assert [standing[case.id].is_verified for case in cases] == [True, False, False, False]
    assert [case.is_verified_by_another for case in cases[:3]] == [True, False, False]
