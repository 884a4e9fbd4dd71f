"""Takedown requests on both databases: one transaction an act, sides and tenants, contents sealed and erased."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.domain.ids import NOBODY
from registry.domain.roles import Role
from registry.domain.takedowns import Side, TakedownEvent, TakedownReason, TakedownState
from registry.errors import (
    CaseWithdrawn,
    NotFound,
    TakedownForbids,
    TooManyTakedowns,
)
from registry.events import LedgerEvent, LogEvent
from registry.storage.schema import takedown_contents, takedown_events, takedown_keys, takedowns
from registry.usecases.ledger.verifying import verify_ledger
from tests.support.databases.registry_parts import (
    ALICE,
    BOB,
    CHARLIE,
    DANA,
    FRANK,
    colleague,
)
from tests.support.takedown_office import Office
from tests.support.takedowns import (
    CONTACT,
    PROFILES,
    RULES,
    SEEDED,
    TARGET,
)

E, R, S = TakedownEvent, TakedownReason, TakedownState
ERIN = colleague(DANA, Role.REVIEWER, "erin")
HOUR = timedelta(hours=1)


@pytest.fixture
def office(databases):
    return Office(databases)


def test_the_whole_life_of_a_request(office):
    """Match to closed: every step in the ledger, with actor and reason, and every clock right."""
    opened = office.opened()
    assert (opened.takedown.state, opened.missing, opened.takedown.due_at) == (S.VALIDATED, (), None)
    takedown = office.says(opened.takedown, BOB, E.SEND)
    assert takedown.due_at == office.clock.time + 48 * HOUR
    for actor, event, reason in [
        (DANA, E.ACKNOWLEDGE, None),
        (ERIN, E.REMOVE, R.LAW),
        (BOB, E.VERIFY_GONE, None),
        (DANA, E.SWEEP_COPIES, R.COPIES_REMOVED),
        (BOB, E.CLOSE, None),
        (ERIN, E.REINSTATE, R.APPEAL),
    ]:
        office.clock.advance(hours=1)
        takedown = office.says(takedown, actor, event, reason)
    assert takedown.state is S.REINSTATED
    view = office.read(takedown)
    assert [(move.event.value, move.reason.value, move.credential_id) for move in view.events] == [
        ("validate", "elements_complete", None),
        ("send", "stated", BOB.credential_id),
        ("acknowledge", "stated", DANA.credential_id),
        ("remove", "law", ERIN.credential_id),
        ("verify_gone", "stated", BOB.credential_id),
        ("sweep_copies", "copies_removed", DANA.credential_id),
        ("close", "stated", BOB.credential_id),
        ("reinstate", "appeal", ERIN.credential_id),
    ]
    acts = office.ledger()
    assert [act.event for act in acts] == [LedgerEvent.TAKEDOWN_OPENED, *[LedgerEvent.TAKEDOWN_MOVED] * 8]
    assert acts[0].detail == f"{takedown.id} US-TIDA {PROFILES['US-TIDA'].version}"
    assert [act.detail for act in acts[1:]] == [
        f"{takedown.id} {move.event} {move.reason}" for move in view.events
    ]
    assert acts[1].credential_id == NOBODY
    # What a platform did names no case: its receipts do not say which requests belong together.
    assert {act.case_id for act in acts if act.tenant_id == DANA.tenant_id} == {None}
    assert {act.case_id for act in acts if act.tenant_id == BOB.tenant_id} == {office.case.id}
    assert verify_ledger(actor=FRANK, units=office.databases.units).faults == ()


def test_one_address_has_one_clock_for_each_profile(office):
    """The same address and profile is the same request; another profile is another one with a clock of its own."""
    first = office.sent()
    again = office.opened(target="HTTPS://VIDEO.example:443/watch/1")
    assert (again.takedown, again.is_duplicate, again.receipt) == (first, True, None)
    other = office.sent("KR-22-5")
    assert other.id != first.id
    assert other.due_at != first.due_at
    assert len(office.rows(takedowns)) == 2
    office.says(first, BOB, E.RETRACT, R.MISTAKE)
    assert not office.opened().is_duplicate


def test_two_requests_at_once_become_one(office):
    """Of simultaneous requests for one address one is written."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(office.opened())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({opened.takedown.id for opened in found}) == 1
    assert sorted(opened.is_duplicate for opened in found) == [False, True, True, True]


def test_the_platform_sees_what_was_sent_to_it(office):
    """Before sending nobody but the claimant sees a request; a stranger never does."""
    drafted = office.opened().takedown
    for stranger in (DANA, ERIN, CHARLIE, ALICE):
        with pytest.raises(NotFound):
            office.read(drafted, stranger)
        with pytest.raises(NotFound):
            office.says(drafted, stranger, E.ACKNOWLEDGE)
        assert office.listed(stranger).takedowns == ()
        with pytest.raises(NotFound):
            office.listed(stranger, after=drafted.id)
    sent = office.says(drafted, BOB, E.SEND)
    view = office.read(sent, DANA)
    assert view.sides == {Side.PLATFORM}
    assert view.content.elements["signature"] == SEEDED
    assert [takedown.id for takedown in office.listed(DANA).takedowns] == [sent.id]
    with pytest.raises(NotFound):
        office.read(sent, CHARLIE)


def test_a_late_answer_is_late_even_if_nobody_looked(office):
    """The missed deadline is written before a removal that comes after it."""
    sent = office.sent()
    office.clock.time = sent.due_at + timedelta(seconds=1)
    removed = office.says(sent, DANA, E.REMOVE, R.LAW)
    assert (removed.state, removed.missed_at) == (S.REMOVED, office.clock.time)
    assert [move.event for move in office.read(removed).events][-2:] == [E.MISS_DEADLINE, E.REMOVE]


def test_a_retraction_that_the_platform_executed_already(office):
    """The platform is told, its removal is heard, and it can reinstate."""
    sent = office.sent()
    office.says(sent, BOB, E.RETRACT, R.NO_LONGER_NEEDED)
    heard = office.says(sent, DANA, E.REMOVE, R.LAW)
    assert (heard.state, heard.executed_at) == (S.RETRACTED, office.clock.time)
    assert office.says(sent, DANA, E.REINSTATE, R.REQUEST_RETRACTED).state is S.REINSTATED


def test_a_withdrawal_retracts_what_waits_and_forgets_what_it_said(office):
    """Undecided requests are retracted, removed items stay removed, and no content and no key is left."""
    waits, drafted = office.sent(), office.opened(target="https://video.example/2").takedown
    removed = office.says(office.sent(target="https://video.example/3"), DANA, E.REMOVE, R.LAW)
    assert len(office.rows(takedown_contents)) == 3
    office.clock.advance(hours=1)
    done = office.withdraw()
    assert office.rows(takedown_contents) == office.rows(takedown_keys) == []
    states = {row.id: (row.state, row.erased_at) for row in office.rows(takedowns)}
    now = office.clock.time
    assert states == {
        waits.id: ("retracted", now),
        drafted.id: ("retracted", now),
        removed.id: ("removed", now),
    }
    view = office.read(waits, DANA)
    assert (view.content, view.events[-1].reason) == (None, R.CASE_WITHDRAWN)
    assert {act.detail for act in office.ledger()[-2:]} == {
        f"{one.id} retract case_withdrawn" for one in (waits, drafted)
    }
    assert office.withdraw().receipt is None
    assert done.receipt is not None
    with pytest.raises(CaseWithdrawn):  # the case comes first
        office.says(drafted, BOB, E.SUPPLY, contact=CONTACT)
    assert verify_ledger(actor=FRANK, units=office.databases.units).faults == ()


def test_contents_are_sealed_for_their_request(office):
    """Name, contact and address are nowhere in the rows, and a content moved to another request does not open."""
    first, second = office.sent(), office.sent("KR-22-5")
    everything = repr([office.rows(table) for table in (takedowns, takedown_events, takedown_contents)])
    for secret in (SEEDED, CONTACT, "video.example"):
        assert secret not in everything
    with office.databases.registry.write() as connection:
        sealed = {row.takedown_id: row.sealed for row in connection.execute(select(takedown_contents))}
        connection.execute(
            takedown_contents.update()
            .where(takedown_contents.c.takedown_id == first.id)
            .values(sealed=sealed[second.id])
        )
        connection.commit()
    with pytest.raises(Exception, match="cannot be decrypted"):
        office.read(first)


def test_a_notifier_who_sends_a_thousand_requests_is_stopped(office):
    """The quota of a day holds for the key and for the tenant, over retractions too; a day later it is whole again."""
    office.around["rules"] = replace(RULES, tenant_quota=5, claimant_quota=3)
    for number in range(3):
        opened = office.opened(target=f"{TARGET}?n={number}").takedown
        office.says(opened, BOB, E.RETRACT, R.MISTAKE)
    with pytest.raises(TooManyTakedowns, match="This key may open 3 takedown requests"):
        office.opened()
    for number in range(3, 5):
        office.opened(actor=colleague(BOB, Role.AGENCY, f"c{number}"), target=f"{TARGET}?n={number}")
    with pytest.raises(TooManyTakedowns, match="This tenant may open 5"):
        office.opened(actor=colleague(BOB, Role.AGENCY, "last"))
    office.clock.advance(hours=24, seconds=1)
    office.opened()


def test_requests_are_listed_by_deadline_page_by_page(office):
    """`due_before` lists what waits for a decision, the earliest deadline first, in pages."""
    late = office.sent("KR-22-5")
    made = []
    for number in range(4):
        office.clock.advance(hours=1)
        made.append(office.sent(target=f"{TARGET}?n={number}"))
    office.says(made[0], DANA, E.REMOVE, R.LAW)
    for actor in (BOB, DANA):
        page = office.listed(actor, due_before=made[-1].due_at, limit=2)
        assert [takedown.id for takedown in page.takedowns] == [made[1].id, made[2].id]
        assert page.next is None
        page = office.listed(actor, due_before=late.due_at + HOUR, limit=2)
        rest = office.listed(actor, due_before=late.due_at + HOUR, limit=2, after=page.next)
        assert [t.id for t in (*page.takedowns, *rest.takedowns)] == [made[n].id for n in (1, 2, 3)] + [
            late.id
        ]
        assert rest.next is None
    everything = office.listed(limit=3)
    more = office.listed(limit=3, after=everything.next)
    assert [t.id for t in (*everything.takedowns, *more.takedowns)] == [late.id, *[one.id for one in made]]
    assert [t.id for t in office.listed(states=[S.REMOVED]).takedowns] == [made[0].id]


def test_the_clock_service_writes_what_time_did_once(office):
    """At the deadline nothing, a second later overdue; again changes nothing, and a block ends by itself."""
    sent = office.sent()
    blocked = office.says(office.sent("KR-44-2"), DANA, E.BLOCK, R.DISPUTED)
    told = []
    keeper = office.keeper(lambda event, takedown_id: told.append((event, takedown_id)))
    office.clock.time = sent.due_at
    assert keeper.keep() == []
    office.clock.advance(seconds=1)
    assert keeper.keep() == [sent.id]
    assert keeper.keep() == []
    assert told == [(LogEvent.TAKEDOWN_OVERDUE, sent.id)]
    assert office.read(sent).takedown.missed_at == office.clock.time
    assert office.says(sent, BOB, E.ESCALATE, R.DEADLINE_PASSED).state is S.ESCALATED
    office.clock.time = blocked.block_ends_at + timedelta(seconds=1)
    assert keeper.keep() == [blocked.id]
    view = office.read(blocked)
    assert (view.takedown.state, view.events[-1].reason) == (S.REINSTATED, R.BLOCK_EXPIRED)
    assert office.ledger()[-1].credential_id == NOBODY


def test_two_clock_services_at_once_write_one_event(office):
    """Several machines keep the clocks, and nothing happens twice."""
    sent = office.sent()
    office.clock.time = sent.due_at + HOUR
    threads = [threading.Thread(target=office.keeper().keep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [move.event for move in office.read(sent).events].count(E.MISS_DEADLINE) == 1


def test_a_clock_that_jumped_back_moves_nothing(office):
    """Years back, no request is overdue or reopened, and the deadline is what it was."""
    sent = office.sent()
    office.clock.time = sent.sent_at - timedelta(days=1000)
    assert office.keeper().keep() == []
    acknowledged = office.says(sent, DANA, E.ACKNOWLEDGE)
    assert (acknowledged.due_at, acknowledged.changed_at) == (sent.due_at, sent.changed_at)


def test_contents_are_erased_after_the_profiles_days(office):
    """183 days after their last event requests lose what they said, removed or not; one that waits keeps it."""
    gone = [
        office.says(office.sent(), BOB, E.RETRACT, R.MISTAKE),
        office.says(office.sent("KR-44-2"), DANA, E.REMOVE, R.LAW),
        office.opened("GENERIC").takedown,
    ]
    waits = office.sent("KR-22-5")
    office.clock.time = gone[0].changed_at + timedelta(days=183)
    office.keeper().forget()
    assert all(office.read(one).content is not None for one in gone)
    office.clock.advance(seconds=1)
    office.keeper().forget()
    for one in gone:
        view = office.read(one)
        assert (view.content, view.takedown.erased_at) == (None, office.clock.time)
        assert view.takedown.state is one.state
    with pytest.raises(TakedownForbids, match="open a new one"):
        office.says(gone[2], BOB, E.SEND)
    assert not office.opened("GENERIC").is_duplicate
    assert office.read(waits).content is not None
    assert waits.id in {row.takedown_id for row in office.rows(takedown_contents)}
