"""The life cycle of takedown requests: every state, event, role and side, against tables written by hand."""

import itertools

import pytest

from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.domain.takedowns.states import (
    EVENT_PERMISSIONS,
    EVENT_REASONS,
    EVENT_SIDES,
    MOVES,
    Side,
    TakedownEvent,
    TakedownReason,
    TakedownState,
    reason_for,
    require_may,
    state_after,
)
from registry.errors import NotPermitted, ReasonUnfit, TakedownForbids

# By hand, on purpose: the state after each event, for the states in this order; "." where nothing may happen.
STATES = [
    "draft",
    "validated",
    "sent",
    "acknowledged",
    "needs_info",
    "overdue",
    "escalated",
    "removed",
    "temp_blocked",
    "rejected",
    "verified_gone",
    "copies_swept",
    "closed",
    "retracted",
    "reinstated",
]
TABLE = {
    "supply": "draft draft . . acknowledged overdue escalated . . . . . . . .",
    "validate": "validated . . . . . . . . . . . . . .",
    "send": ". sent . . . . . . . . . . . . .",
    "acknowledge": ". . acknowledged acknowledged . overdue escalated . . . . . . . .",
    "ask_info": ". . needs_info needs_info . overdue escalated . . . . . . . .",
    "extend": ". . sent acknowledged needs_info . . . . . . . . . .",
    "remove": ". . removed removed removed removed removed . removed removed . . . retracted .",
    "block": ". . temp_blocked temp_blocked temp_blocked temp_blocked temp_blocked . . . . . . . .",
    "reject": ". . rejected rejected rejected rejected rejected . rejected . . . . . .",
    "verify_gone": ". . . . . . . verified_gone . . . . . . .",
    "still_there": ". . . . . . . acknowledged . . acknowledged acknowledged . . .",
    "sweep_copies": ". . . . . . . . . . copies_swept . . . .",
    "close": ". . . . . . . . . closed closed closed . . .",
    "retract": "retracted retracted retracted retracted retracted retracted retracted retracted retracted retracted"
    " retracted retracted . . .",
    "reinstate": ". . . . . . . reinstated reinstated . reinstated reinstated reinstated reinstated .",
    "escalate": ". . . . . escalated . . . escalated . . . . escalated",
    "miss_deadline": ". . overdue overdue overdue . . . . . . . . . .",
    "end_block": ". . . . . . . . reinstated . . . . . .",
}
CLAIMANTS = {"operator", "agency", "claimant"}
PLATFORMS = {"operator", "platform", "reviewer"}
BY_CLAIMANT = {"supply", "send", "verify_gone", "still_there", "close", "retract", "escalate"}
BY_PLATFORM = {
    "acknowledge",
    "ask_info",
    "extend",
    "remove",
    "block",
    "reject",
    "verify_gone",
    "sweep_copies",
    "reinstate",
}
BY_REGISTRY = {"validate", "miss_deadline", "end_block", "retract"}


def actor(role):
    return Actor(tenant_id="ten_1", credential_id="crd_1", permissions=ROLE_PERMISSIONS[role])


def may(event, role, sides, *, outside):
    """Return by hand whether a role on these sides may cause an event."""
    if role is None:
        return event in BY_REGISTRY
    as_claimant = Side.CLAIMANT in sides and role.value in CLAIMANTS
    records = outside and event in BY_PLATFORM - BY_CLAIMANT
    return (as_claimant and (event in BY_CLAIMANT or records)) or (
        event in BY_PLATFORM and not records and Side.PLATFORM in sides and role.value in PLATFORMS
    )


def test_the_moves_are_those_written_here():
    """No move was added, lost or changed unnoticed."""
    written = {
        (state, event): to
        for event, line in TABLE.items()
        for state, to in zip(STATES, line.split(), strict=True)
        if to != "."
    }
    assert {(state.value, event.value): to.value for (state, event), to in MOVES.items()} == written
    assert set(STATES) == {state.value for state in TakedownState}
    assert set(TABLE) == {event.value for event in TakedownEvent}


def test_the_sides_are_those_written_here():
    """No side has gained or lost an event unnoticed, and each event has a permission and reasons."""
    found = {side: {event.value for event in TakedownEvent if side in EVENT_SIDES[event]} for side in Side}
    assert found == {Side.CLAIMANT: BY_CLAIMANT, Side.PLATFORM: BY_PLATFORM, Side.REGISTRY: BY_REGISTRY}
    assert set(EVENT_PERMISSIONS) == {(event, side) for event in TakedownEvent for side in EVENT_SIDES[event]}
    assert set(EVENT_REASONS) == set(TakedownEvent)
    assert {reason for reasons in EVENT_REASONS.values() for reason in reasons} == set(TakedownReason)


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("sides", [set(), {Side.CLAIMANT}, {Side.PLATFORM}, {Side.CLAIMANT, Side.PLATFORM}])
@pytest.mark.parametrize("role", [*Role, None])
def test_every_event_by_every_role_on_every_side(role, sides, outside):
    """A role causes exactly the events of its side; nobody causes by hand what the registry does by itself."""
    by = None if role is None else actor(role)
    for event in TakedownEvent:
        if may(event.value, role, sides, outside=outside):
            require_may(event, by, sides, is_outside=outside)
        else:
            with pytest.raises(NotPermitted):
                require_may(event, by, sides, is_outside=outside)


def test_every_event_in_every_state():
    """Each pair of state and event leads where the table says; an illegal one says what is possible."""
    for state, event in itertools.product(TakedownState, TakedownEvent):
        to = dict(zip(STATES, TABLE[event.value].split(), strict=True))[state.value]
        if to != ".":
            assert state_after(state, event).value == to
        else:
            with pytest.raises(TakedownForbids, match=f"that is {state.value} cannot {event.value}"):
                state_after(state, event)


def test_every_reason_of_every_event():
    """An event has its own reasons alone, and one must be named where there are several."""
    for event, reason in itertools.product(TakedownEvent, TakedownReason):
        if reason in EVENT_REASONS[event]:
            assert reason_for(event, reason) is reason
        else:
            with pytest.raises(ReasonUnfit, match=EVENT_REASONS[event][0].value):
                reason_for(event, reason)
    assert reason_for(TakedownEvent.SEND, None) is TakedownReason.STATED
    with pytest.raises(ReasonUnfit, match="terms"):
        reason_for(TakedownEvent.REMOVE, None)


def test_every_state_can_be_reached():
    """From a draft, events lead to every state."""
    reached = {TakedownState.DRAFT}
    for _ in TakedownState:
        reached |= {to for (state, _), to in MOVES.items() if state in reached}
    assert reached == set(TakedownState)
