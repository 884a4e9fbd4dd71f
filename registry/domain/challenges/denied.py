"""Media of which a challenge was right is not registered again in the same case, nor is a copy of it.

In a new case it is, at V0: somebody else than its opener looks before it blocks. A copy that was altered further than a
loose match is not told.
"""

from collections.abc import Sequence

from index.hashing import Algorithm
from index.verdict import LOOSE_PDQ_BITS, ReferenceKind
from registry.domain.challenges.challenge import Challenge, ChallengeState
from registry.domain.reference import Draft, Reference, StoredCode
from registry.errors import StateForbids


def denied_references(challenges: Sequence[Challenge]) -> frozenset[str]:
    """Return the ids of the references of a case of which a challenge was right."""
    return frozenset(
        one.reference_id
        for one in challenges
        if one.reference_id is not None and one.state is ChallengeState.DENIED
    )


def require_not_denied(draft: Draft, denied: Sequence[Reference]) -> None:
    """Raise `StateForbids` if a draft is, or resembles, one of a case's denied references.

    The photographs of a likeness show one person, so none of them is registered after one was denied.
    """
    for reference in denied:
        if reference.kind is not draft.kind:
            continue
        if draft.kind is ReferenceKind.LIKENESS or any(
            _is_near(one, other) for one in draft.codes for other in reference.codes
        ):
            raise StateForbids(
                "A challenge of this media in this case was right. Register it in a new case, which somebody else"
                " verifies."
            )


def _is_near(one: StoredCode, other: StoredCode) -> bool:
    if one.code.algorithm is not other.code.algorithm:
        return False
    if one.code.algorithm is Algorithm.PDQ:
        return one.code.distance(other.code) <= LOOSE_PDQ_BITS
    return one.code.algorithm is Algorithm.SHA256 and one.code.value == other.code.value
