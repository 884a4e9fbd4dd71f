"""Links between cases: only active ones, logged for each case, in effect at once, gone with a withdrawal."""

import pytest
from sqlalchemy import select

from registry.domain.candidate import CaseStanding
from registry.errors import NotFound, Refused
from registry.events import LedgerEvent
from registry.storage.schema.tables import case_links, ledger_entries
from registry.usecases.cases.linking import MAX_LINKED_AT_ONCE, link_cases, list_links, unlink_cases
from registry.usecases.cases.withdrawing import withdraw
from tests.support.databases.registry_parts import ALICE, BOB, FRANK, a_case, environment


@pytest.fixture
def cases(sqlite):
    """Three open cases, the third of another tenant, in the order of their ids."""
    opened = [a_case(ALICE), a_case(ALICE), a_case(BOB)]
    with sqlite.units.write() as unit:
        for one in opened:
            unit.cases.add(one)
        unit.commit()
    return sorted(opened, key=lambda one: one.id)


@pytest.fixture
def act(sqlite):
    """Calls a use case as the operator, or as somebody else."""

    def call(use_case, *args, actor=FRANK):
        return use_case(*args, actor=actor, units=sqlite.units, environment=environment())

    return call


def standing(databases, *case_ids):
    """What a check would read now."""
    return databases.another().candidates().standing(case_ids)


def logged(sqlite):
    with sqlite.registry.read() as connection:
        rows = connection.execute(select(ledger_entries).order_by(ledger_entries.c.number)).all()
    return [(row.event, row.case_id, row.credential_id) for row in rows]


def test_each_case_is_linked_with_each(sqlite, cases, act):
    """A link has no direction, is read by the next check of any process, and a second time changes nothing."""
    one, two, three = (case.id for case in cases)
    assert act(link_cases, [three, one, two]) == ((one, two), (one, three), (two, three))
    assert standing(sqlite, one, three) == {
        one: CaseStanding(linked=frozenset({two, three}), is_verified=True),
        three: CaseStanding(linked=frozenset({one, two}), is_verified=True),
    }
    assert act(link_cases, [one, two]) == ()
    assert [link.case_ids for link in list_links(actor=FRANK, units=sqlite.units)] == [
        (one, two), (one, three), (two, three)
    ]  # fmt: skip


def test_one_case_is_linked_with_itself(sqlite, cases, act):
    """Then the operator stands for its releases, once."""
    one = cases[0].id
    assert act(link_cases, [one, one]) == ((one, one),)
    assert standing(sqlite, one)[one].linked == {one}
    assert logged(sqlite) == [(LedgerEvent.CASE_LINKED, one, FRANK.credential_id)]
    assert act(unlink_cases, [one]) == ((one, one),)
    assert standing(sqlite, one)[one].linked == frozenset()


def test_links_end_one_by_one_or_all_of_a_case(sqlite, cases, act):
    """Both ends are logged by their ids; what was no link is told and logs nothing."""
    one, two, three = (case.id for case in cases)
    act(link_cases, [one, two, three])
    assert act(unlink_cases, [two, one]) == ((one, two),)
    assert standing(sqlite, one)[one].linked == {three}
    assert act(unlink_cases, [three]) == ((one, three), (two, three))
    ended = [case_id for event, case_id, _ in logged(sqlite) if event == LedgerEvent.CASE_UNLINKED]
    assert ended == [one, two, one, three, two, three]
    with pytest.raises(NotFound):
        act(unlink_cases, [three])
    assert len(logged(sqlite)) == 12


@pytest.mark.parametrize("which", [0, 1])
def test_a_withdrawal_of_either_case_ends_the_link(sqlite, cases, act, which):
    """It takes the rows with it, and a withdrawn case can be linked with none."""
    pair = [cases[0], cases[1]]
    act(link_cases, [case.id for case in pair])
    gone = pair[which]
    owner = ALICE if gone.tenant_id == ALICE.tenant_id else BOB
    act(withdraw, gone.id, actor=owner)
    assert standing(sqlite, pair[1 - which].id)[pair[1 - which].id].linked == frozenset()
    with sqlite.registry.read() as connection:
        assert connection.execute(select(case_links)).all() == []
    with pytest.raises(NotFound, match=gone.id):
        act(link_cases, [case.id for case in pair])


def test_nothing_is_linked_unless_all_can_be(sqlite, cases, act):
    """A case that does not exist, no case, and too many are refused, and nothing is written."""
    with pytest.raises(NotFound, match="cas_absent"):
        act(link_cases, [cases[0].id, "cas_absent"])
    for case_ids in ([], [f"cas_{number}" for number in range(MAX_LINKED_AT_ONCE + 1)]):
        with pytest.raises(Refused):
            act(link_cases, case_ids)
        with pytest.raises(Refused):
            act(unlink_cases, case_ids)
    assert logged(sqlite) == []
    assert list_links(actor=FRANK, units=sqlite.units) == ()
