"""The life cycles of cases and references: states, events, and who may cause an event.

The tables below are the only definition. An actor may cause an event if it holds the permission of `EVENT_PERMISSIONS`
(`registry.domain.roles` says which roles do); an event without a permission happens by itself, by a clock or a job. A
pair of state and event that `CASE_MOVES` or `REFERENCE_MOVES` lacks is an illegal move.

What a case or a reference in a state can still do to an upload stands in `registry.domain.effects`.
"""

from enum import StrEnum, unique
from typing import Final

from registry.domain.roles import Actor
from registry.errors import CaseWithdrawn, NotPermitted, StateForbids
from registry.permissions import Permission


@unique
class CaseState(StrEnum):
    """The state of a case."""

    DRAFT = "draft"
    """Begun and not yet sent."""
    SUBMITTED = "submitted"
    """Sent and not yet accepted."""
    VERIFYING = "verifying"
    """Active at its present level, while somebody else looks whether it deserves a higher one."""
    ACTIVE = "active"
    CHALLENGED = "challenged"
    """Somebody disputes the claim, and nobody has decided yet."""
    SUSPENDED = "suspended"
    """Put out of effect by a decision, which can be undone."""
    EXPIRED = "expired"
    """Out of effect because a mandate or a term has ended."""
    WITHDRAWN = "withdrawn"
    """Ended by the claimant. Its codes left the database with the same commit."""
    ERASING = "erasing"
    """Erased from the database and its files; the index files of some machine are not overwritten yet."""
    ERASED = "erased"
    """Only ids, states and times are left."""


@unique
class CaseEvent(StrEnum):
    """What can happen to a case."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    ENROL = "enrol"
    """A reference is added."""
    CLAIM = "claim"
    """The claimant asks for a higher level."""
    ATTEST = "attest"
    """One of the two people that a level needs has stated it."""
    VERIFY = "verify"
    """The level rises or falls by a verification record."""
    CHALLENGE = "challenge"
    UPHOLD = "uphold"
    """The case stands against its challenge."""
    DENY = "deny"
    """The challenge was right."""
    SUSPEND = "suspend"
    RESUME = "resume"
    EXPIRE = "expire"
    RENEW = "renew"
    WITHDRAW = "withdraw"
    BEGIN_ERASURE = "begin_erasure"
    END_ERASURE = "end_erasure"


@unique
class ReferenceState(StrEnum):
    """The state of a reference."""

    NEW = "new"
    """Described, and not yet committed."""
    INDEXED = "indexed"
    """Committed. No check is answered by an index that lacks a committed reference (`IndexBehind`)."""
    CONFIRMED = "confirmed"
    """A platform has confirmed a match."""
    DISPUTED = "disputed"
    QUARANTINED = "quarantined"
    """It suddenly matched too much, or platforms said too often that it was no match."""
    REMOVED = "removed"


@unique
class ReferenceEvent(StrEnum):
    """What can happen to a reference."""

    COMMIT = "commit"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    QUARANTINE = "quarantine"
    CLEAR = "clear"
    """A person has looked, and the dispute or the quarantine ends."""
    REMOVE = "remove"


EVENT_PERMISSIONS: Final[dict[CaseEvent | ReferenceEvent, Permission | None]] = {
    CaseEvent.SUBMIT: Permission.CASE_CREATE,
    CaseEvent.ACCEPT: None,
    CaseEvent.ENROL: Permission.REFERENCE_CREATE,
    CaseEvent.CLAIM: Permission.CASE_CREATE,
    CaseEvent.ATTEST: Permission.CASE_VERIFY,
    CaseEvent.VERIFY: Permission.CASE_VERIFY,
    CaseEvent.CHALLENGE: Permission.CASE_CHALLENGE,
    CaseEvent.UPHOLD: Permission.CASE_DECIDE,
    CaseEvent.DENY: Permission.CASE_DECIDE,
    CaseEvent.SUSPEND: Permission.CASE_SUSPEND,
    CaseEvent.RESUME: Permission.CASE_SUSPEND,
    CaseEvent.EXPIRE: None,
    CaseEvent.RENEW: Permission.CASE_VERIFY,
    CaseEvent.WITHDRAW: Permission.CASE_WITHDRAW,
    CaseEvent.BEGIN_ERASURE: None,
    CaseEvent.END_ERASURE: None,
    ReferenceEvent.COMMIT: Permission.REFERENCE_CREATE,
    ReferenceEvent.CONFIRM: Permission.DECISION_CREATE,
    ReferenceEvent.DISPUTE: Permission.CASE_CHALLENGE,
    ReferenceEvent.QUARANTINE: None,
    ReferenceEvent.CLEAR: Permission.CASE_DECIDE,
    ReferenceEvent.REMOVE: Permission.CASE_WITHDRAW,
}
"""The permission that an event needs; None for what happens by itself."""

_S = CaseState
_E = CaseEvent

_IN_EFFECT: Final = (_S.SUBMITTED, _S.VERIFYING, _S.ACTIVE)
_OPEN: Final = (*_IN_EFFECT, _S.CHALLENGED)
_ENDED: Final = (_S.WITHDRAWN, _S.ERASING, _S.ERASED)

CASE_MOVES: Final[dict[tuple[CaseState, CaseEvent], CaseState]] = {
    (_S.DRAFT, _E.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, _E.ACCEPT): _S.ACTIVE,
    **{(state, _E.ENROL): state for state in (_S.DRAFT, *_OPEN)},
    **{(state, _E.CLAIM): _S.VERIFYING for state in _IN_EFFECT},
    **{(state, _E.ATTEST): _S.VERIFYING for state in _IN_EFFECT},
    **{(state, _E.VERIFY): _S.ACTIVE for state in _IN_EFFECT},
    # The level of a case that is out of effect may change all the same, and changes nothing else.
    **{
        (state, event): state
        for state in (_S.CHALLENGED, _S.SUSPENDED, _S.EXPIRED)
        for event in (_E.CLAIM, _E.ATTEST, _E.VERIFY)
    },
    **{(state, _E.CHALLENGE): _S.CHALLENGED for state in _OPEN},
    (_S.CHALLENGED, _E.UPHOLD): _S.ACTIVE,
    (_S.CHALLENGED, _E.DENY): _S.SUSPENDED,
    **{(state, _E.SUSPEND): _S.SUSPENDED for state in _OPEN},
    (_S.SUSPENDED, _E.RESUME): _S.ACTIVE,
    **{(state, _E.EXPIRE): _S.EXPIRED for state in (*_OPEN, _S.SUSPENDED)},
    (_S.EXPIRED, _E.RENEW): _S.ACTIVE,
    **{(state, _E.WITHDRAW): _S.WITHDRAWN for state in (_S.DRAFT, *_OPEN, _S.SUSPENDED, _S.EXPIRED)},
    # Withdrawing again changes nothing and succeeds, however far the erasure is.
    **{(state, _E.WITHDRAW): state for state in _ENDED},
    (_S.WITHDRAWN, _E.BEGIN_ERASURE): _S.ERASING,
    (_S.ERASING, _E.END_ERASURE): _S.ERASED,
}
"""The state after an event. A pair that is absent is an illegal move."""

_R = ReferenceState
_F = ReferenceEvent

REFERENCE_MOVES: Final[dict[tuple[ReferenceState, ReferenceEvent], ReferenceState]] = {
    (_R.NEW, _F.COMMIT): _R.INDEXED,
    **{(state, _F.CONFIRM): _R.CONFIRMED for state in (_R.INDEXED, _R.CONFIRMED)},
    **{(state, _F.DISPUTE): _R.DISPUTED for state in (_R.INDEXED, _R.CONFIRMED, _R.DISPUTED)},
    (_R.QUARANTINED, _F.DISPUTE): _R.QUARANTINED,  # which lasts until a person clears it
    **{(state, _F.QUARANTINE): _R.QUARANTINED for state in (_R.INDEXED, _R.CONFIRMED, _R.DISPUTED)},
    **{(state, _F.CLEAR): _R.INDEXED for state in (_R.DISPUTED, _R.QUARANTINED)},
    **{(state, _F.REMOVE): _R.REMOVED for state in ReferenceState},
}
"""The state of a reference after an event."""


def after(state: CaseState, event: CaseEvent, by: Actor | None) -> CaseState:
    """Return the state of a case after an event.

    Args:
        state: the present state.
        event: what happens.
        by: who causes it; None for the registry itself.

    Raises:
        NotPermitted: this actor may not cause the event.
        CaseWithdrawn: the case has ended.
        StateForbids: the event is impossible in this state.
    """
    _require_may(event, by)
    found = CASE_MOVES.get((state, event))
    if found is not None:
        return found
    if state in _ENDED:
        raise CaseWithdrawn
    possible = sorted(name.value for known, name in CASE_MOVES if known is state)
    raise StateForbids(f"A case that is {state.value} cannot {event.value}; it can {', '.join(possible)}.")


def reference_after(state: ReferenceState, event: ReferenceEvent, by: Actor | None) -> ReferenceState:
    """Return the state of a reference after an event, as `after` does for cases."""
    _require_may(event, by)
    found = REFERENCE_MOVES.get((state, event))
    if found is None:
        possible = sorted(name.value for known, name in REFERENCE_MOVES if known is state)
        raise StateForbids(
            f"A reference that is {state.value} cannot {event.value}; it can {', '.join(possible)}."
        )
    return found


def _require_may(event: CaseEvent | ReferenceEvent, by: Actor | None) -> None:
    needed = EVENT_PERMISSIONS[event]
    if by is None:
        return
    if needed is None:
        raise NotPermitted(f"Nobody can {event.value} by hand: the registry does it by itself.")
    by.require(needed)
