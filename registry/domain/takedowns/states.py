"""The life cycle of a takedown request: states, events, who may cause an event, and with which reasons.

The tables below are the only definition. An actor causes an event if

1. their side of the request may (`EVENT_SIDES`): the claimant's tenant, the platform's tenant, or the registry itself,
2. they hold the permission of the event (`EVENT_PERMISSIONS`), and
3. the present state has a move for it (`MOVES`).

A platform outside of this registry has no key here. The claimant's side records its events, with its own permission.
Every event has a reason of `EVENT_REASONS`.
"""

from collections.abc import Collection
from enum import StrEnum, unique
from typing import Final

from registry.domain.roles import Actor
from registry.errors import NotPermitted, ReasonUnfit, TakedownForbids
from registry.permissions import Permission


@unique
class TakedownState(StrEnum):
    """The state of a takedown request."""

    DRAFT = "draft"
    """Elements that the profile requires are missing. Nobody but the claimant sees it."""
    VALIDATED = "validated"
    """Complete and not yet sent."""
    SENT = "sent"
    """Readable by the platform. Its clock runs."""
    ACKNOWLEDGED = "acknowledged"
    NEEDS_INFO = "needs_info"
    """The platform asks for more. The clock runs on, except where the profile lets it pause."""
    OVERDUE = "overdue"
    """The deadline has passed without a decision."""
    ESCALATED = "escalated"
    """The claimant has turned to an authority."""
    REMOVED = "removed"
    TEMP_BLOCKED = "temp_blocked"
    """Blocked for a limited time, because the claim is disputed."""
    REJECTED = "rejected"
    VERIFIED_GONE = "verified_gone"
    """Somebody has looked, and the item is gone."""
    COPIES_SWEPT = "copies_swept"
    """The platform has looked for identical copies."""
    CLOSED = "closed"
    RETRACTED = "retracted"
    """Ended by the claimant, or by the withdrawal of the case."""
    REINSTATED = "reinstated"
    """The item is back: after an appeal, a retraction, or the end of a block."""


@unique
class TakedownEvent(StrEnum):
    """What can happen to a takedown request."""

    SUPPLY = "supply"
    """The claimant gives elements that are missing or were asked for."""
    VALIDATE = "validate"
    """Nothing that the profile requires is missing."""
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    ASK_INFO = "ask_info"
    EXTEND = "extend"
    """The platform takes the extension that the law allows."""
    REMOVE = "remove"
    BLOCK = "block"
    REJECT = "reject"
    VERIFY_GONE = "verify_gone"
    STILL_THERE = "still_there"
    """The claimant still finds the item, although the platform said that it is gone."""
    SWEEP_COPIES = "sweep_copies"
    CLOSE = "close"
    RETRACT = "retract"
    REINSTATE = "reinstate"
    ESCALATE = "escalate"
    MISS_DEADLINE = "miss_deadline"
    END_BLOCK = "end_block"


@unique
class Side(StrEnum):
    """The part that somebody has in a request."""

    CLAIMANT = "claimant"
    PLATFORM = "platform"
    REGISTRY = "registry"


@unique
class TakedownReason(StrEnum):
    """Why an event happened. The ledger keeps these names and no text."""

    STATED = "stated"
    """The event says it all."""
    ELEMENTS_COMPLETE = "elements_complete"
    ELEMENTS_UNCLEAR = "elements_unclear"
    ITEM_NOT_FOUND = "item_not_found"
    LAW = "law"
    TERMS = "terms"
    """The platform's own terms."""
    DISPUTED = "disputed"
    NOT_DEPICTED = "not_depicted"
    CONSENTED = "consented"
    EXCEPTION = "exception"
    """Satire, news, criticism, or another exception of the law."""
    NOT_COMPETENT = "not_competent"
    UNFOUNDED = "unfounded"
    UNAVOIDABLE_DELAY = "unavoidable_delay"
    NO_LONGER_NEEDED = "no_longer_needed"
    MISTAKE = "mistake"
    CASE_WITHDRAWN = "case_withdrawn"
    APPEAL = "appeal"
    COURT_ORDER = "court_order"
    REQUEST_RETRACTED = "request_retracted"
    NO_COPIES = "no_copies"
    COPIES_REMOVED = "copies_removed"
    DEADLINE_PASSED = "deadline_passed"
    BLOCK_EXPIRED = "block_expired"


_E = TakedownEvent
_R = TakedownReason
_S = TakedownState

EVENT_SIDES: Final[dict[TakedownEvent, frozenset[Side]]] = {
    _E.SUPPLY: frozenset({Side.CLAIMANT}),
    _E.VALIDATE: frozenset({Side.REGISTRY}),
    _E.SEND: frozenset({Side.CLAIMANT}),
    _E.ACKNOWLEDGE: frozenset({Side.PLATFORM}),
    _E.ASK_INFO: frozenset({Side.PLATFORM}),
    _E.EXTEND: frozenset({Side.PLATFORM}),
    _E.REMOVE: frozenset({Side.PLATFORM}),
    _E.BLOCK: frozenset({Side.PLATFORM}),
    _E.REJECT: frozenset({Side.PLATFORM}),
    _E.VERIFY_GONE: frozenset({Side.CLAIMANT, Side.PLATFORM}),
    _E.STILL_THERE: frozenset({Side.CLAIMANT}),
    _E.SWEEP_COPIES: frozenset({Side.PLATFORM}),
    _E.CLOSE: frozenset({Side.CLAIMANT}),
    _E.RETRACT: frozenset({Side.CLAIMANT, Side.REGISTRY}),
    _E.REINSTATE: frozenset({Side.PLATFORM}),
    _E.ESCALATE: frozenset({Side.CLAIMANT}),
    _E.MISS_DEADLINE: frozenset({Side.REGISTRY}),
    _E.END_BLOCK: frozenset({Side.REGISTRY}),
}
"""The sides that may cause an event."""

EVENT_PERMISSIONS: Final[dict[tuple[TakedownEvent, Side], Permission | None]] = {
    (event, side): {
        Side.CLAIMANT: Permission.TAKEDOWN_CREATE,
        Side.PLATFORM: Permission.TAKEDOWN_DECIDE,
        Side.REGISTRY: None,
    }[side]
    for event, sides in EVENT_SIDES.items()
    for side in sides
}
"""The permission that an event needs; None for what happens by itself."""

_REJECTIONS: Final = (
    _R.NOT_DEPICTED,
    _R.CONSENTED,
    _R.EXCEPTION,
    _R.ITEM_NOT_FOUND,
    _R.NOT_COMPETENT,
    _R.UNFOUNDED,
)

EVENT_REASONS: Final[dict[TakedownEvent, tuple[TakedownReason, ...]]] = {
    _E.SUPPLY: (_R.STATED,),
    _E.VALIDATE: (_R.ELEMENTS_COMPLETE,),
    _E.SEND: (_R.STATED,),
    _E.ACKNOWLEDGE: (_R.STATED,),
    _E.ASK_INFO: (_R.ELEMENTS_UNCLEAR, _R.ITEM_NOT_FOUND),
    _E.EXTEND: (_R.UNAVOIDABLE_DELAY,),
    _E.REMOVE: (_R.LAW, _R.TERMS),
    _E.BLOCK: (_R.DISPUTED,),
    _E.REJECT: _REJECTIONS,
    _E.VERIFY_GONE: (_R.STATED,),
    _E.STILL_THERE: (_R.STATED,),
    _E.SWEEP_COPIES: (_R.NO_COPIES, _R.COPIES_REMOVED),
    _E.CLOSE: (_R.STATED,),
    _E.RETRACT: (_R.NO_LONGER_NEEDED, _R.MISTAKE, _R.CONSENTED, _R.CASE_WITHDRAWN),
    _E.REINSTATE: (_R.APPEAL, _R.COURT_ORDER, _R.REQUEST_RETRACTED),
    _E.ESCALATE: (_R.DEADLINE_PASSED, _R.UNFOUNDED),
    _E.MISS_DEADLINE: (_R.DEADLINE_PASSED,),
    _E.END_BLOCK: (_R.BLOCK_EXPIRED,),
}
"""The reasons that an event may have. The first one stands where none is given and there is no other."""

RUNNING: Final = (_S.SENT, _S.ACKNOWLEDGED, _S.NEEDS_INFO)
"""States whose deadline can still be met."""

UNDECIDED: Final = (*RUNNING, _S.OVERDUE, _S.ESCALATED)
"""States in which the claimant waits for the platform."""

UNSENT: Final = (_S.DRAFT, _S.VALIDATED)
"""States that the platform does not see."""

EXECUTED: Final = (_S.REMOVED, _S.TEMP_BLOCKED, _S.VERIFIED_GONE, _S.COPIES_SWEPT, _S.CLOSED)
"""States in which the item is down."""

ENDED: Final = (_S.REJECTED, _S.CLOSED, _S.RETRACTED, _S.REINSTATED)
"""States after which the same address may be asked for anew."""

MOVES: Final[dict[tuple[TakedownState, TakedownEvent], TakedownState]] = {
    **{(state, _E.SUPPLY): _S.DRAFT for state in UNSENT},
    **{(state, _E.SUPPLY): state for state in (_S.OVERDUE, _S.ESCALATED)},
    (_S.NEEDS_INFO, _E.SUPPLY): _S.ACKNOWLEDGED,
    (_S.DRAFT, _E.VALIDATE): _S.VALIDATED,
    (_S.VALIDATED, _E.SEND): _S.SENT,
    **{(state, _E.ACKNOWLEDGE): _S.ACKNOWLEDGED for state in (_S.SENT, _S.ACKNOWLEDGED)},
    # A late acknowledgement or question hides no missed deadline.
    **{(state, _E.ACKNOWLEDGE): state for state in (_S.OVERDUE, _S.ESCALATED)},
    **{(state, _E.ASK_INFO): _S.NEEDS_INFO for state in (_S.SENT, _S.ACKNOWLEDGED)},
    **{(state, _E.ASK_INFO): state for state in (_S.OVERDUE, _S.ESCALATED)},
    **{(state, _E.EXTEND): state for state in RUNNING},
    **{(state, _E.REMOVE): _S.REMOVED for state in (*UNDECIDED, _S.TEMP_BLOCKED, _S.REJECTED)},
    # The platform had acted before it read the retraction: told, so that it can reinstate.
    (_S.RETRACTED, _E.REMOVE): _S.RETRACTED,
    **{(state, _E.BLOCK): _S.TEMP_BLOCKED for state in UNDECIDED},
    **{(state, _E.REJECT): _S.REJECTED for state in (*UNDECIDED, _S.TEMP_BLOCKED)},
    (_S.REMOVED, _E.VERIFY_GONE): _S.VERIFIED_GONE,
    # The first deadline still counts: a false report of removal gains no time.
    **{(state, _E.STILL_THERE): _S.ACKNOWLEDGED for state in (_S.REMOVED, _S.VERIFIED_GONE, _S.COPIES_SWEPT)},
    (_S.VERIFIED_GONE, _E.SWEEP_COPIES): _S.COPIES_SWEPT,
    **{(state, _E.CLOSE): _S.CLOSED for state in (_S.VERIFIED_GONE, _S.COPIES_SWEPT, _S.REJECTED)},
    **{
        (state, _E.RETRACT): _S.RETRACTED
        for state in (*UNSENT, *UNDECIDED, *EXECUTED, _S.REJECTED)
        if state is not _S.CLOSED
    },
    **{(state, _E.REINSTATE): _S.REINSTATED for state in (*EXECUTED, _S.RETRACTED)},
    **{(state, _E.ESCALATE): _S.ESCALATED for state in (_S.OVERDUE, _S.REJECTED, _S.REINSTATED)},
    **{(state, _E.MISS_DEADLINE): _S.OVERDUE for state in RUNNING},
    (_S.TEMP_BLOCKED, _E.END_BLOCK): _S.REINSTATED,
}
"""The state after an event. A pair that is absent is an illegal move."""


def require_may(event: TakedownEvent, by: Actor | None, sides: Collection[Side], *, is_outside: bool) -> None:
    """Raise `NotPermitted` unless the actor may cause the event, whatever the state.

    Args:
        event: what happens.
        by: who causes it; None for the registry itself.
        sides: the sides on which the actor stands. It is ignored for the registry.
        is_outside: whether the platform has no key in this registry.
    """
    if by is None:
        if Side.REGISTRY not in EVENT_SIDES[event]:
            raise NotPermitted(f"The registry does not {event.value} by itself.")
        return
    possible = EVENT_SIDES[event] - {Side.REGISTRY}
    if not possible:
        raise NotPermitted(f"Nobody can {event.value} by hand: the registry does it by itself.")
    if is_outside and possible == {Side.PLATFORM}:
        possible = frozenset({Side.CLAIMANT})  # who records what a platform without a key said
        needed = [Permission.TAKEDOWN_CREATE] if Side.CLAIMANT in sides else []
    else:
        needed = [
            permission
            for side in (Side.CLAIMANT, Side.PLATFORM)
            if side in possible and side in sides
            for permission in [EVENT_PERMISSIONS[event, side]]
            if permission is not None
        ]
    if not needed:
        raise NotPermitted(f"Only the {' or the '.join(sorted(possible))} can {event.value} this request.")
    if not any(permission in by.permissions for permission in needed):
        by.require(needed[0])


def state_after(state: TakedownState, event: TakedownEvent) -> TakedownState:
    """Return the state of a request after an event; raise `TakedownForbids` for an illegal move."""
    found = MOVES.get((state, event))
    if found is None:
        possible = sorted(name.value for known, name in MOVES if known is state)
        raise TakedownForbids(
            f"A request that is {state.value} cannot {event.value}; it can {', '.join(possible)}."
        )
    return found


def reason_for(event: TakedownEvent, given: TakedownReason | None) -> TakedownReason:
    """Return the reason of an event; raise `ReasonUnfit` for a reason that it cannot have, or if it must be named."""
    known = EVENT_REASONS[event]
    if given is None and len(known) == 1:
        return known[0]
    if given in known:
        return given
    raise ReasonUnfit(f"The event {event.value} has one of the reasons {', '.join(known)}.")
