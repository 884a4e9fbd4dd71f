"""Verification of cases: records, levels and the ledger in one transaction, in one tenant or all."""

import pytest

from index.verdict.vocabulary import Level
from registry.domain.case_states import CaseState
from registry.domain.roles import Role
from registry.domain.verification import EvidenceKind
from registry.errors import NotFound, OwnCase
from registry.events import LedgerEvent
from registry.usecases.cases.listing import list_cases
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.verifying import Statement, cases_below, verify_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    CHARLIE,
    FRANK,
    Clock,
    colleague,
    draft,
    environment,
    pdq,
)

VERA = colleague(BOB, Role.VERIFIER, "vera")
V1 = Statement(level=Level.V1, evidence=EvidenceKind.CONTACT_CONFIRMED)
LOWER = Statement(level=Level.V0, evidence=EvidenceKind.CLAIM_REFUTED)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def around(sqlite, clock):
    return {"units": sqlite.units, "environment": environment(clock)}


@pytest.fixture
def case(around):
    """A case of Bob's agency with a picture."""
    return open_case(Level.V1, draft(1), actor=BOB, **around).case


def rows(sqlite, case_id):
    with sqlite.units.read() as unit:
        return unit.verifications.of_case(case_id), list(unit.ledger.entries())


def level(sqlite):
    """The level with which the picture of `case` is confirmed; None if it is not."""
    with sqlite.registry.read() as connection:
        ids = connection.exec_driver_sql("SELECT id FROM codes WHERE algorithm = 'pdq'").scalars().all()
    found = sqlite.candidates().confirm(ids, None)
    assert [one.pdq for one in found] == [pdq(1)] * len(found)
    return found[0].level if found else None


def test_a_level_rises_and_falls_at_the_commit(sqlite, case, around):
    """A match is confirmed with the new level at once, by another process too, and the index is told nothing."""
    other = sqlite.another()
    head = sqlite.feed().state().head
    assert level(other) is Level.V0
    done = verify_case(case.id, V1, actor=VERA, **around)
    assert (done.case.level, done.awaits_second) == (Level.V1, False)
    assert level(other) is Level.V1
    verify_case(case.id, LOWER, actor=VERA, **around)
    assert level(other) is Level.V0
    assert sqlite.feed().state().head == head
    other.close()


def test_a_record_is_in_the_ledger(sqlite, case, around):
    """The entry names case, record, level and kind of evidence, its digest is the receipt, and the chain holds."""
    done = verify_case(case.id, V1, actor=VERA, **around)
    records, entries = rows(sqlite, case.id)
    assert records == (done.record,)
    act = entries[-1].act
    assert (act.event, act.case_id, act.credential_id) == (
        LedgerEvent.CASE_VERIFIED,
        case.id,
        VERA.credential_id,
    )
    assert act.detail == f"{done.record.id} V1 contact_confirmed"
    assert done.receipt == entries[-1].digest
    assert verify_ledger(actor=FRANK, units=sqlite.units).first_broken is None
    with sqlite.registry.write() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger_entries SET detail = replace(detail, 'V1', 'V4') WHERE detail IS NOT NULL"
        )
        connection.commit()
    assert verify_ledger(actor=FRANK, units=sqlite.units).first_broken == entries[-1].number


def test_the_same_again_changes_nothing(sqlite, case, around):
    """A repeated command for many cases writes nothing where it has been."""
    first = verify_case(case.id, V1, actor=VERA, **around)
    before = rows(sqlite, case.id)
    again = verify_case(case.id, V1, actor=VERA, **around)
    assert (again.case, again.record, again.receipt) == (first.case, first.record, None)
    assert rows(sqlite, case.id) == before


def test_the_opener_is_refused(sqlite, case, around):
    """The key that opened a case cannot verify it, and nothing is written."""
    opener = colleague(BOB, Role.OPERATOR)
    mine = open_case(Level.V2, draft(2), actor=opener, **around).case
    with pytest.raises(OwnCase):
        verify_case(mine.id, V1, actor=opener, **around)
    assert rows(sqlite, mine.id)[0] == ()
    assert verify_case(case.id, V1, actor=opener, **around).case.level is Level.V1


def test_another_tenants_case_is_not_there(case, around):
    """A verifier of another tenant finds nothing, nor does an operator who does not ask for all tenants."""
    for stranger in (colleague(CHARLIE, Role.VERIFIER), FRANK):
        with pytest.raises(NotFound):
            verify_case(case.id, V1, actor=stranger, **around)
    assert verify_case(case.id, V1, actor=FRANK, any_tenant=True, **around).case.level is Level.V1


def test_a_known_picture_claims_a_higher_level(sqlite, case, around):
    """Registering it again with a higher level claims the level in the case that has it, once."""
    again = open_case(Level.V2, draft(1), actor=BOB, **around)
    assert (again.case.id, again.case.claimed_level, again.case.level) == (case.id, Level.V2, Level.V0)
    entry = rows(sqlite, case.id)[1][-1]
    assert (entry.act.event, entry.act.detail, entry.digest) == (
        LedgerEvent.LEVEL_CLAIMED,
        "V2",
        again.receipt,
    )
    assert open_case(Level.V2, draft(1), actor=BOB, **around).receipt is None


def test_all_cases_of_a_tenant_are_raised(sqlite, around, clock, monkeypatch):
    """Every case that has not ended and is below the level is raised, page by page, and no other tenant's."""
    monkeypatch.setattr("registry.usecases.cases.verifying.PAGE", 2)
    opened = []
    for seed in range(5):
        clock.advance(seconds=seed % 2)
        opened.append(open_case(Level.V1, draft(seed), actor=BOB, **around).case)
    withdraw(opened[3].id, actor=BOB, **around)
    verify_case(opened[1].id, V1, actor=VERA, **around)
    foreign = open_case(Level.V1, draft(9), actor=ALICE, **around).case
    below = cases_below(BOB.tenant_id, Level.V1, actor=FRANK, units=around["units"])
    done = [verify_case(one, V1, actor=FRANK, any_tenant=True, **around) for one in below]
    assert {one.case.id for one in done} == {opened[0].id, opened[2].id, opened[4].id}
    assert {one.case.level for one in done} == {Level.V1}
    with sqlite.units.read() as unit:
        assert unit.cases.get(foreign.id, ALICE.tenant_id).level is Level.V0
    assert list(cases_below(BOB.tenant_id, Level.V1, actor=FRANK, units=around["units"])) == []


def test_cases_are_listed_page_by_page(around, clock):
    """Pages hold the tenant's cases in the order of their opening, each once, and a stranger's cursor is not found."""
    ids = []
    for seed in range(5):
        clock.advance(seconds=seed % 2)  # some at the same time
        ids.append(open_case(Level.V0, draft(seed), actor=BOB, **around).case.id)
    foreign = open_case(Level.V0, draft(9), actor=ALICE, **around).case.id
    listed, after = [], None
    while True:
        page = list_cases(after, 2, actor=BOB, units=around["units"])
        listed += [case.id for case in page.cases]
        if page.next is None:
            break
        after = page.next
    assert sorted(listed) == sorted(ids)
    with pytest.raises(NotFound):
        list_cases(foreign, 2, actor=BOB, units=around["units"])


def test_a_suspended_case_is_raised_without_effect(sqlite, case, around):
    """The level of a suspended case may change, and it stays suspended and unconfirmed."""
    with sqlite.registry.write() as connection:
        connection.exec_driver_sql("UPDATE cases SET state = 'suspended'")
        connection.commit()
    done = verify_case(case.id, V1, actor=VERA, **around)
    assert (done.case.state, done.case.level) == (CaseState.SUSPENDED, Level.V1)
    assert level(sqlite) is None
