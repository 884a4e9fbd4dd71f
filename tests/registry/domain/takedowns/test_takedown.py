"""A request's times: clocks start at valid receipt, and no jump of the server's clock moves a deadline."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.bootstrap import load_profiles
from registry.domain.takedowns.profile import Language
from registry.domain.takedowns.states import TakedownEvent, TakedownState
from registry.domain.takedowns.takedown import Takedown, content_ends_at, due_event, moved
from registry.errors import TakedownForbids
from tests.support.databases.registry_parts import NOW

E, S = TakedownEvent, TakedownState
PROFILES = load_profiles()
TIDA, KOREA, BLOCKS, GENERIC = (PROFILES[name] for name in ("US-TIDA", "KR-22-5", "KR-44-2", "GENERIC"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


def after(profile, *events, start=NOW):
    """Return a valid request after events, each with the time that passed before it."""
    takedown = Takedown(
        id="tkd_1",
        case_id="case_1",
        tenant_id="ten_1",
        platform_id="ten_2",
        profile=profile.id,
        profile_version=profile.version,
        language=Language.EN,
        state=S.VALIDATED,
        opened_at=start,
        opened_by="crd_1",
        changed_at=start,
    )
    now = start
    for event, waited in events:
        now += waited
        takedown = moved(takedown, event, now, profile)
    return takedown


def test_the_clock_starts_at_sending_and_is_met_by_removal():
    """No deadline before the platform has the request; afterwards it stands still."""
    assert after(TIDA).due_at is None
    sent = after(TIDA, (E.SEND, HOUR))
    assert (sent.sent_at, sent.due_at) == (NOW + HOUR, NOW + 49 * HOUR)
    removed = moved(moved(sent, E.ACKNOWLEDGE, NOW + 2 * HOUR, TIDA), E.REMOVE, NOW + 3 * HOUR, TIDA)
    assert (removed.state, removed.due_at) == (S.REMOVED, sent.due_at)
    assert removed.decided_at == removed.executed_at == NOW + 3 * HOUR
    assert removed.appeal_ends_at is not None


@pytest.mark.parametrize(("waited", "event"), [(48 * HOUR, None), (48 * HOUR + SECOND, E.MISS_DEADLINE)])
def test_the_deadline_is_missed_after_its_instant(waited, event):
    """At 48:00:00 nothing happens, at 48:00:01 the request is overdue."""
    sent = after(TIDA, (E.SEND, HOUR))
    assert due_event(sent, sent.sent_at + waited) is event


def test_a_server_that_jumped_back_moves_no_deadline():
    """Events keep their order, deadlines stay, and the clock is neither early nor late for it."""
    sent = after(TIDA, (E.SEND, HOUR))
    back = moved(sent, E.ACKNOWLEDGE, NOW - 100 * DAY, TIDA)
    assert back.changed_at == sent.changed_at
    assert back.due_at == sent.due_at
    assert due_event(back, NOW - 100 * DAY) is None
    assert due_event(back, sent.due_at + SECOND) is E.MISS_DEADLINE


def test_a_request_opened_before_a_jump_back_starts_at_its_opening():
    """A valid receipt is never before the request was opened."""
    assert moved(after(TIDA), E.SEND, NOW - DAY, TIDA).sent_at == NOW


def test_one_extension_and_no_second():
    """KR-22-5 allows one extension before the deadline; US-TIDA allows none."""
    sent = after(KOREA, (E.SEND, HOUR))
    longer = moved(sent, E.EXTEND, NOW + DAY, KOREA)
    assert longer.due_at - sent.due_at == 14 * DAY
    assert longer.state is S.SENT
    with pytest.raises(TakedownForbids, match="allows 1 extensions, and 1 were taken"):
        moved(longer, E.EXTEND, NOW + 2 * DAY, KOREA)
    with pytest.raises(TakedownForbids, match="has passed"):
        moved(sent, E.EXTEND, sent.due_at + SECOND, KOREA)
    with pytest.raises(TakedownForbids, match="allows 0 extensions"):
        moved(after(TIDA, (E.SEND, HOUR)), E.EXTEND, NOW + 2 * HOUR, TIDA)


def test_asking_for_more_stops_no_clock_of_a_law():
    """Under US-TIDA the 48 hours go on while the platform asks; under GENERIC they stand still."""
    asked = after(TIDA, (E.SEND, HOUR), (E.ASK_INFO, HOUR))
    assert asked.paused_at is None
    assert due_event(asked, asked.due_at + SECOND) is E.MISS_DEADLINE
    paused = after(GENERIC, (E.SEND, HOUR), (E.ASK_INFO, HOUR))
    assert due_event(paused, paused.due_at + 100 * DAY) is None
    resumed = moved(paused, E.SUPPLY, paused.paused_at + 10 * HOUR, GENERIC)
    assert resumed.due_at == paused.due_at + 10 * HOUR
    assert resumed.paused_at is None


def test_a_block_ends_by_itself_after_30_days():
    """A temporary block is over after its last instant, and the item is back."""
    blocked = after(BLOCKS, (E.SEND, HOUR), (E.BLOCK, HOUR))
    assert blocked.block_ends_at == blocked.decided_at + 30 * DAY
    assert due_event(blocked, blocked.block_ends_at) is None
    assert due_event(blocked, blocked.block_ends_at + SECOND) is E.END_BLOCK
    assert moved(blocked, E.END_BLOCK, blocked.block_ends_at + SECOND, BLOCKS).state is S.REINSTATED


def test_a_profile_without_temporary_blocks_refuses_one():
    """US-TIDA knows removal, no block of 30 days."""
    with pytest.raises(TakedownForbids, match="knows no temporary block"):
        after(TIDA, (E.SEND, HOUR), (E.BLOCK, HOUR))


def test_a_false_report_of_removal_gains_no_time():
    """If the item is still there, the first deadline counts, and may have passed already."""
    again = after(TIDA, (E.SEND, HOUR), (E.REMOVE, HOUR), (E.STILL_THERE, 60 * HOUR))
    assert again.state is S.ACKNOWLEDGED
    assert due_event(again, again.changed_at) is E.MISS_DEADLINE


def test_a_retraction_after_removal_is_told_and_can_be_undone():
    """A platform that had acted is told, and may reinstate; one that acts later is heard and not refused."""
    retracted = after(TIDA, (E.SEND, HOUR), (E.REMOVE, HOUR), (E.RETRACT, HOUR))
    assert (retracted.state, retracted.executed_at) == (S.RETRACTED, NOW + 2 * HOUR)
    assert moved(retracted, E.REINSTATE, NOW + 4 * HOUR, TIDA).state is S.REINSTATED
    late = after(TIDA, (E.SEND, HOUR), (E.RETRACT, HOUR), (E.REMOVE, HOUR))
    assert (late.state, late.executed_at) == (S.RETRACTED, NOW + 3 * HOUR)


def test_content_is_kept_for_the_profiles_days_after_the_last_event():
    """While somebody waits for a decision the content is kept; in every other state for the days of its profile."""
    open_ = after(TIDA, (E.SEND, HOUR))
    assert content_ends_at(open_, TIDA) is None
    ended = moved(open_, E.RETRACT, NOW + 2 * HOUR, TIDA)
    assert content_ends_at(ended, TIDA) == NOW + 2 * HOUR + timedelta(days=183)
    removed = moved(open_, E.REMOVE, NOW + 3 * HOUR, TIDA)
    assert content_ends_at(removed, TIDA) == NOW + 3 * HOUR + timedelta(days=183)
    assert content_ends_at(after(TIDA), TIDA) == NOW + timedelta(days=183)
    escalated = after(TIDA, (E.SEND, HOUR), (E.REJECT, HOUR), (E.ESCALATE, HOUR))
    assert (escalated.ended_at, content_ends_at(escalated, TIDA)) == (None, None)


def test_a_row_without_times_waits():
    """A draft has no clock."""
    draft = replace(after(TIDA), state=S.DRAFT)
    assert due_event(draft, NOW + 1000 * DAY) is None
