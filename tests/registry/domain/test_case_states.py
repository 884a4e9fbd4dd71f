"""The life cycles of cases and references: every state, every event and every role, against tables written by hand."""

import itertools

import pytest

from registry.domain.case import Case, erased, erasing, withdraw
from registry.domain.case_states import (
    CASE_MOVES,
    EVENT_PERMISSIONS,
    REFERENCE_MOVES,
    CaseEvent,
    CaseState,
    ReferenceEvent,
    ReferenceState,
    after,
    reference_after,
)
from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.errors import CaseWithdrawn, NotPermitted, StateForbids
from tests.support.databases.registry_parts import FRANK, NOW, a_case

CLAIMS = "operator agency claimant"
# By hand, on purpose: states by their first letters in this order, and "." where nothing may happen.
STATES = [
    "draft",
    "submitted",
    "verifying",
    "active",
    "challenged",
    "suspended",
    "expired",
    "withdrawn",
    "erasing",
    "erased",
]
MOVES = {
    "submit": "submitted . . . . . . . . .",
    "accept": ". active . . . . . . . .",
    "enrol": "draft submitted verifying active challenged . . . . .",
    "claim": ". verifying verifying verifying challenged suspended expired . . .",
    "attest": ". verifying verifying verifying challenged suspended expired . . .",
    "verify": ". active active active challenged suspended expired . . .",
    "challenge": ". challenged challenged challenged challenged . . . . .",
    "uphold": ". . . . active . . . . .",
    "deny": ". . . . suspended . . . . .",
    "suspend": ". suspended suspended suspended suspended . . . . .",
    "resume": ". . . . . active . . . .",
    "expire": ". expired expired expired expired expired . . . .",
    "renew": ". . . . . . active . . .",
    "withdraw": "withdrawn withdrawn withdrawn withdrawn withdrawn withdrawn withdrawn withdrawn erasing erased",
    "begin_erasure": ". . . . . . . erasing . .",
    "end_erasure": ". . . . . . . . erased .",
}
WHO = {
    "submit": CLAIMS,
    "accept": "",
    "enrol": CLAIMS,
    "claim": CLAIMS,
    "attest": "operator verifier",
    "verify": "operator verifier",
    "challenge": f"{CLAIMS} officer platform reviewer",
    "uphold": "operator officer",
    "deny": "operator officer",
    "suspend": "operator officer",
    "resume": "operator officer",
    "expire": "",
    "renew": "operator verifier",
    "withdraw": f"{CLAIMS} officer",
    "begin_erasure": "",
    "end_erasure": "",
}
REFERENCE_STATES = ["new", "indexed", "confirmed", "disputed", "quarantined", "removed"]
REFERENCES = {
    "commit": "indexed . . . . .",
    "confirm": ". confirmed confirmed . . .",
    "dispute": ". disputed disputed disputed quarantined .",
    "quarantine": ". quarantined quarantined quarantined . .",
    "clear": ". . . indexed indexed .",
    "remove": "removed removed removed removed removed removed",
}
REFERENCE_WHO = {
    "commit": CLAIMS,
    "confirm": "operator platform reviewer",
    "dispute": f"{CLAIMS} officer platform reviewer",
    "quarantine": "",
    "clear": "operator officer",
    "remove": f"{CLAIMS} officer",
}
ENDED = {CaseState.WITHDRAWN, CaseState.ERASING, CaseState.ERASED}


def actor(role):
    return Actor(tenant_id="ten_1", credential_id="crd_1", permissions=ROLE_PERMISSIONS[role])


def rows(states, moves):
    return {
        (state, event): to
        for event, line in moves.items()
        for state, to in zip(states, line.split(), strict=True)
        if to != "."
    }


def test_the_tables_are_those_written_here():
    """No move was added, lost or changed unnoticed."""
    assert {(state.value, event.value): to.value for (state, event), to in CASE_MOVES.items()} == rows(
        STATES, MOVES
    )
    assert {(state.value, event.value): to.value for (state, event), to in REFERENCE_MOVES.items()} == rows(
        REFERENCE_STATES, REFERENCES
    )
    assert set(MOVES) == set(WHO) == {event.value for event in CaseEvent}
    assert set(REFERENCES) == set(REFERENCE_WHO) == {event.value for event in ReferenceEvent}
    assert set(EVENT_PERMISSIONS) == {*CaseEvent, *ReferenceEvent}


@pytest.mark.parametrize("role", [*Role, None])
def test_every_case_move_by_every_role(role):
    """A role makes exactly the moves of its events; what is impossible or forbidden is told by its own error."""
    moves = rows(STATES, MOVES)
    for state, event in itertools.product(CaseState, CaseEvent):
        by = None if role is None else actor(role)
        if role is not None and role.value not in WHO[event.value].split():
            with pytest.raises(NotPermitted):
                after(state, event, by)
        elif (state.value, event.value) in moves:
            assert after(state, event, by).value == moves[state.value, event.value]
        else:
            with pytest.raises(CaseWithdrawn if state in ENDED else StateForbids):
                after(state, event, by)


@pytest.mark.parametrize("role", [*Role, None])
def test_every_reference_move_by_every_role(role):
    """The same for references."""
    moves = rows(REFERENCE_STATES, REFERENCES)
    for state, event in itertools.product(ReferenceState, ReferenceEvent):
        by = None if role is None else actor(role)
        if role is not None and role.value not in REFERENCE_WHO[event.value].split():
            with pytest.raises(NotPermitted):
                reference_after(state, event, by)
        elif (state.value, event.value) in moves:
            assert reference_after(state, event, by).value == moves[state.value, event.value]
        else:
            with pytest.raises(StateForbids):
                reference_after(state, event, by)


def test_an_illegal_move_says_what_is_possible():
    """The error names the state, the event and what could be done instead, and nothing of the case."""
    with pytest.raises(StateForbids, match=r"suspended cannot enrol; it can .*resume.*withdraw"):
        after(CaseState.SUSPENDED, CaseEvent.ENROL, FRANK)


def test_what_has_ended_never_begins_again():
    """From a withdrawn case no sequence of events leads back to a state with any effect."""
    reached = {CaseState.WITHDRAWN}
    while new := {to for (state, _), to in CASE_MOVES.items() if state in reached} - reached:
        reached |= new
    assert reached == ENDED


def test_a_case_ends_step_by_step():
    """Withdrawn, erasing and erased keep the first time of each, however often they are told."""
    case = a_case()
    gone = withdraw(case, NOW)
    assert isinstance(gone, Case)
    assert (gone.state, gone.withdrawn_at) == (CaseState.WITHDRAWN, NOW)
    assert withdraw(gone, NOW.replace(year=2030)) == gone
    half = erasing(gone)
    assert (half.state, erasing(half)) == (CaseState.ERASING, half)
    whole = erased(half, NOW)
    assert whole == erased(gone, NOW)
    assert (whole.state, whole.erased_at) == (CaseState.ERASED, NOW)
    assert withdraw(whole, NOW.replace(year=2030)) == whole
    with pytest.raises(CaseWithdrawn):
        erased(whole, NOW)
    with pytest.raises(StateForbids):
        erasing(case)
